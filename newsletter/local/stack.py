"""Everything the product needs on one machine, from nothing to running and back.

``newsletter up`` opens a stack and keeps it; ``newsletter day`` joins the one that is up, or opens its own
for as long as the day takes.
"""

import json
import shutil
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from newsletter.config import Settings
from newsletter.embedded import socket_folder
from newsletter.errors import EmbeddedError
from newsletter.local import environment, folder, ports, runfile
from newsletter.local.commands import COMMANDS, Command, Part, servers
from newsletter.local.mailbox import LocalMailbox
from newsletter.local.processes import Status, Supervisor

__all__ = ["LocalStack", "Part"]

_LOOPBACK = "127.0.0.1"
_SERVERS_PATIENCE = timedelta(minutes=3)
_WEB_PATIENCE = timedelta(minutes=1)


class LocalStack:
    """The wanted ``parts``, started on entering and ended on leaving, in reverse order.

    Servers whose URL the settings give are the operator's own and are neither started nor stopped.
    ``migrate`` is called with the completed settings between the servers' start and the first process that
    uses them. With ``join``, a stack that is up on the same data directory is used as it is: this one then
    starts and stops nothing. ``commands`` replaces how a part is run.

    Entering raises EmbeddedError when a part does not start, after ending those that did.
    """

    def __init__(
        self,
        settings: Settings,
        parts: Collection[Part],
        migrate: Callable[[Settings], None],
        *,
        join: bool = False,
        commands: Mapping[Part, Command] = COMMANDS,
    ) -> None:
        self.settings = settings
        self.joined = False
        self._parts = frozenset(parts)
        self._migrate = migrate
        self._join = join
        self._commands = commands
        self._supervisor: Supervisor | None = None
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        live = runfile.joined(self.settings) if self._join else None
        if live is not None:
            self.settings, self.joined = live, True
            return self
        with ExitStack() as opening:
            self._open(opening)
            self._opened = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def status(self) -> list[Status]:
        """Return how each process is, in order of start; none when this stack joined another."""
        return self._supervisor.status() if self._supervisor else []

    def _open(self, opening: ExitStack) -> None:
        data = folder.prepare(self.settings.data_dir)
        opening.enter_context(folder.owned(data))
        runfile.forget(data)
        opening.callback(runfile.forget, data)
        if Part.WEB in self._parts:
            ports.check_free(self.settings.web_host, self.settings.web_port, "WEB_PORT")
        if Part.LMTP in self._parts and self.settings.inbound_domain:
            ports.check_free(self.settings.lmtp_host, self.settings.lmtp_port, "LMTP_PORT")
        self._complete(DATA_DIR=str(data))
        if not self.settings.secret_key.get_secret_value():
            self._complete(SECRET_KEY=folder.secret_key(data))
        # Entered before the supervisor and so left after it: the worker may still submit while it ends.
        if Part.MAILBOX in self._parts and not self.settings.smtp_url.get_secret_value():
            self._open_mailbox(opening, data / "mailbox")
        sockets = socket_folder()
        opening.callback(shutil.rmtree, sockets, ignore_errors=True)
        self._supervisor = opening.enter_context(Supervisor(data / "logs"))
        if Part.SERVERS in self._parts:
            self._start_servers(self._supervisor, data, sockets)
        self._migrate(self.settings)
        self._start_processes(self._supervisor)
        runfile.write(data, environment.of(self.settings))

    def _open_mailbox(self, opening: ExitStack, mailbox: Path) -> None:
        port = self.settings.mailbox_port
        opening.enter_context(LocalMailbox(mailbox, _LOOPBACK, port))
        self._complete(SMTP_URL=f"smtp://{_LOOPBACK}:{port}", MAILBOX_DIR=str(mailbox))

    def _start_servers(self, supervisor: Supervisor, data: Path, sockets: Path) -> None:
        given = {"postgres": self.settings.database_url, "valkey": self.settings.redis_url}
        without = [name for name, url in given.items() if url.get_secret_value()]
        if len(without) == len(given):
            return
        child = servers(data, sockets, without)
        answers = data / "logs" / "servers.json"
        supervisor.start(child)
        supervisor.wait_until(child.name, lambda: _first_line(answers) is not None, _SERVERS_PATIENCE, "answered")
        said = json.loads(_first_line(answers) or "{}")
        if "error" in said:
            raise EmbeddedError(said["error"], said["mend"])
        self._complete(**{name.upper(): url for name, url in said.items()})

    def _start_processes(self, supervisor: Supervisor) -> None:
        wanted = self._parts if self.settings.inbound_domain else self._parts - {Part.LMTP}
        for part in (Part.WORKER, Part.BEAT, Part.WEB, Part.LMTP):
            if part in wanted:
                child = self._commands[part](self.settings)
                inherited = environment.of(self.settings)
                supervisor.start(replace(child, environment={**inherited, **child.environment}))
        settings = self.settings
        doors = {
            Part.WEB: (settings.web_host, settings.web_port),
            Part.LMTP: (settings.lmtp_host, settings.lmtp_port),
        }
        for part in doors.keys() & wanted:
            host, port = doors[part]
            supervisor.wait_until(
                part.value, partial(ports.answers, host, port), _WEB_PATIENCE, f"answered on port {port}"
            )

    def _complete(self, **given: str) -> None:
        self.settings = environment.changed(self.settings, given)


def _first_line(path: Path) -> str | None:
    """Return the first line of a file once it is whole."""
    try:
        line, end, _ = path.read_text().partition("\n")
    except OSError:
        return None
    return line if end else None
