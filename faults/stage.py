"""A whole installation for one run after another, and one sending that is watched to its end."""

import random
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from faults.checker import Findings, Kept, check
from faults.crew import BEAT, WORKER, Crew, beat, worker
from faults.press import Press
from faults.relay import Relay
from faults.rules import Rule
from faults.servers import Broker, Postgres
from newsletter.bell import TaskName
from newsletter.broker import create_broker
from newsletter.cli.session import migrate_database
from newsletter.config import Settings
from newsletter.embedded import socket_folder

_SECRET = "a-secret-only-for-faults-0123456789abcdef"  # noqa: S105 — it guards nothing
_LOOK = 0.1
_STILL = 0.5


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a run is. ``lease`` is in seconds; ``connections`` are those of one process to the relay.

    Readers are at ``domains`` domains: by default so many that a relay's words about one say nothing about the
    others. ``hurry`` is how many times shorter the product's pauses are where a scenario wants them shorter.
    """

    recipients: int = 2_000
    kills: int = 20
    seed: int = 1
    policy: str = "resend"
    lease: float = 3.0
    connections: int = 4
    processes: int = 4
    patience: float = 240.0
    domains: int = 97
    hurry: int = 20

    @property
    def few(self) -> int:
        """How often to do what takes seconds each time."""
        return 3 if self.kills >= 10 else 1

    @property
    def batch_size(self) -> int:
        """Deliveries of a batch: enough batches that several processes share the edition."""
        return max(20, min(2_000, self.recipients // 20))


class Stage:
    """PostgreSQL, the broker, the relay and the staff, all of this run alone. A context manager."""

    def __init__(self, folder: Path, scale: Scale) -> None:
        """Choose the places; nothing runs yet."""
        self.scale = scale
        self.dice = random.Random(scale.seed)
        self._folder = folder
        self._opened = ExitStack()
        sockets = socket_folder()
        self._opened.callback(shutil.rmtree, sockets, ignore_errors=True)
        self.postgres = Postgres(folder / "data", sockets)
        self.broker = Broker(folder, sockets)
        self.relay = Relay(folder, scale.seed)
        self.crew = Crew(folder / "logs")

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.push(self._opened)
            (self._folder / "data").mkdir(parents=True, exist_ok=True)
            self.postgres.start()
            opening.callback(self.postgres.stop)
            self.broker.start()
            opening.callback(self.broker.stop)
            self.relay.start()
            opening.callback(self.relay.kill)
            migrate_database(Settings.from_environment(database_url=self.postgres.url, secret_key=_SECRET))
            self.press = Press(self.postgres.url)
            opening.callback(self.press.close)
            opening.callback(self._end_crew)
            self._opened = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _end_crew(self) -> None:
        self.crew.stop()

    def environment(self, **given: str) -> dict[str, str]:
        """Return the settings that the staff works under."""
        return {
            **{name.upper(): "" for name in Settings.model_fields},
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.broker.url,
            "SMTP_URL": self.relay.url(self.scale.connections),
            "SECRET_KEY": _SECRET,
            "DATA_DIR": str(self._folder / "data"),
            "JOURNAL": str(self._folder / "journal"),
            "TICK_INTERVAL": "1",
            "LEASE_SECONDS": str(self.scale.lease),
            "BATCH_SIZE": str(self.scale.batch_size),
            "UNCERTAIN_POLICY": self.scale.policy,
            **given,
        }

    def ring(self, edition_id: int) -> None:
        """Ring for an edition, if the broker hears it."""
        with suppress(Exception):  # the tick rings again, which is part of what is tried
            self._ringer.send_task(TaskName.ADVANCE_EDITION, args=[edition_id], retry=False)

    def send(
        self,
        rules: Sequence[Rule] = (),
        pace: float = 0.0,
        beats: int = 1,
        addresses: Sequence[str] = (),
        **given: str,
    ) -> "Sending":
        """Begin an edition's sending to new readers, with new staff under the relay's new script.

        ``pace`` is messages a second at the relay, 0 for no limit; ``given`` are settings, and FAULTS_HURRY, with
        which the worker's pauses are shorter.
        """
        self.crew.abandon()
        self.relay.follow(rules, pace)
        self.press.clear()
        self.broker.command("FLUSHALL")
        self.crew = Crew(self._folder / "logs")
        newsletter = self.press.add_newsletter("daily")
        self.press.add_readers(newsletter, self.scale.recipients, self.scale.domains)
        if addresses:
            self.press.add_addresses(newsletter, *addresses)
        edition_id = self.press.make_ready(newsletter)
        environment = self.environment(**given)
        self._ringer = create_broker(self.broker.url)
        app = "faults.hurried" if "FAULTS_HURRY" in given else "worker"
        self.crew.start(worker(environment, self.scale.processes, app))
        for number in range(beats):
            name = BEAT if not number else f"{BEAT}{number + 1}"
            self.crew.start(beat(name, environment, self._folder))
        before = self.relay.tell()["kept"]
        self.press.begin(edition_id)
        self.ring(edition_id)
        return Sending(self, edition_id, self.scale.recipients + len(addresses), before)


@dataclass(frozen=True, slots=True)
class Hit:
    """A fault that was injected, and whether mail was in flight at that moment."""

    what: str
    in_flight: bool


@dataclass
class Sending:
    """One edition on its way to ``audience`` readers; ``before`` is how much the relay had kept at its start."""

    stage: Stage
    edition_id: int
    audience: int
    before: int
    began: float = field(default_factory=time.monotonic)
    hits: list[Hit] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Return the relay's figures."""
        return self.stage.relay.tell()

    def count(self) -> int:
        """Return how many messages the relay has kept of this sending."""
        return int(self.figures()["kept"]) - self.before

    def kept(self) -> list[Kept]:
        """Return what the relay has kept of this sending."""
        return self.stage.relay.kept(self.before)

    def state(self) -> str:
        """Return the edition's state."""
        return self.stage.press.state(self.edition_id)[0]

    def findings(self) -> Findings:
        """Compare the ledger with the relay's log as they are now."""
        return check(self.stage.press.rows(self.edition_id), self.kept())

    def wait(self, check: Callable[[], bool], patience: float | None = None) -> bool:
        """Wait until ``check`` holds; False when patience ends first."""
        deadline = time.monotonic() + (patience or self.stage.scale.patience)
        while not check():
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK)
        return True

    def wait_for(self, share: float) -> None:
        """Wait until a share of the audience has been mailed."""
        self.wait(lambda: self.count() >= share * self.audience)

    def finish(self, patience: float | None = None) -> float:
        """Let time pass until the edition ends, is paused, or patience does; return its seconds so far."""

        def has_ended() -> bool:
            if self.state() != "sending":
                return True
            self.stage.press.forward(self.edition_id)
            return False

        self.wait(has_ended, patience)
        return time.monotonic() - self.began

    def hit(self, what: str) -> None:
        """Note that a fault is about to be injected."""
        figures = self.figures()
        is_moving = figures["kept"] > self.before and figures["idle"] < _STILL
        self.hits.append(Hit(what, bool(figures["open"]) or is_moving))

    def strike(self, every: float, times: int, deed: Callable[[], bool]) -> None:
        """Do a deed ``times`` times, a number of seconds apart, while the edition is being sent.

        The deed returns False when there was nobody to do it to; that does not count.
        """
        done = 0
        while done < times and self.state() == "sending":
            time.sleep(every)
            done += deed()
            self.stage.press.forward(self.edition_id)


__all__ = ["WORKER", "Hit", "Scale", "Sending", "Stage"]
