"""The scripted relay: a process of its own that takes mail fast, keeps a log of it, and fails as it is told.

``python -m faults.sink --log FILE [--port N]`` prints ``{"port": …, "control": …}`` and serves until it is killed.
Each line of the log is ``recipient message-id connection accepted_at begun_at digest`` between tabs, written
before the final reply: what a client may have been told is on record, whatever is killed. Times are seconds of
CLOCK_MONOTONIC, which every process of a host shares. ``begun_at`` is when the first octet of the text came.

The control port takes one JSON object a line and answers each with the relay's figures: ``rules`` replaces the
script, ``offers`` the EHLO keywords, ``pace`` the messages a second (0: as fast as they come), ``listen`` opens or
shuts the door, where shut also ends every session.
"""

import argparse
import asyncio
import json
import os
import random
import ssl
import sys
import time
from pathlib import Path
from typing import Any

from faults.actor import Actor
from faults.rules import Script, read_rules
from faults.session import Session

OFFERS = ("PIPELINING", "8BITMIME", "SIZE 52428800", "ENHANCEDSTATUSCODES", "SMTPUTF8")
_LOOPBACK = "127.0.0.1"


class Sink:
    """The relay: its sessions, its script, its log and its figures."""

    def __init__(self, log: Path, seed: int = 0, tls: ssl.SSLContext | None = None) -> None:
        """Open the log for appending; nothing listens yet."""
        self.script = Script(started=time.monotonic(), dice=random.Random(seed))
        self.offers: tuple[str, ...] = OFFERS
        self.open = self.broken = self.in_clear = self.kept = self.connections = 0
        self.port = 0
        self._seed = seed
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._tls = tls
        self._sessions: set[Actor] = set()
        self._server: asyncio.Server | None = None
        self._pace = self._next_slot = self._kept_at = 0.0
        self._starting_tls: set[asyncio.Task[None]] = set()

    async def listen(self, port: int) -> None:
        """Open the door at ``port``, or at a free one for 0."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Session(self), _LOOPBACK, port, backlog=512)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def shut(self) -> None:
        """Shut the door, and end every session without a word."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for session in list(self._sessions):
            session.abort()

    def join(self, session: Actor) -> int:
        """Count a session in; return its number from 1."""
        self._sessions.add(session)
        self.connections += 1
        return self.connections

    def leave(self, session: Actor) -> None:
        """Count a session out."""
        self._sessions.discard(session)

    def keep(self, line: str) -> None:
        """Write a message's line; the kernel has it when this returns, so killing this process loses none."""
        os.write(self._log, f"{line}\n".encode())
        self.kept += 1
        self._kept_at = time.monotonic()

    def slot(self) -> float:
        """Return how many seconds the next message has to wait for the pace."""
        if not self._pace:
            return 0.0
        now = time.monotonic()
        self._next_slot = max(now, self._next_slot + 1 / self._pace)
        return self._next_slot - now

    def secure(self, session: Actor) -> None:
        """Start TLS on a session (RFC 3207)."""
        task = asyncio.create_task(self._secure(session))
        self._starting_tls.add(task)
        task.add_done_callback(self._starting_tls.discard)

    async def obey(self, told: dict[str, Any]) -> dict[str, Any]:
        """Do what the harness says, and return the figures."""
        if "rules" in told:
            dice = random.Random(self._seed)
            self.script = Script(read_rules(told["rules"]), time.monotonic(), dice)
        if "offers" in told:
            self.offers = tuple(told["offers"])
        if "pace" in told:
            self._pace, self._next_slot = float(told["pace"]), 0.0
        if told.get("listen") is False:
            await self.shut()
        elif told.get("listen") and self._server is None:
            await self.listen(self.port)
        fired = [self.script.fired[number] for number in range(len(self.script.rules))]
        return {
            "kept": self.kept,
            "idle": time.monotonic() - self._kept_at,
            "open": self.open,
            "broken": self.broken,
            "in_clear": self.in_clear,
            "connections": self.connections,
            "sessions": len(self._sessions),
            "hung": [session.peer for session in self._sessions if session.is_hung],
            "fired": fired,
        }

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the control port."""
        while line := await reader.readline():
            try:
                answer = await self.obey(json.loads(line))
            except (ValueError, TypeError) as error:
                answer = {"error": str(error)}
            writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    async def _secure(self, session: Actor) -> None:
        assert self._tls is not None
        assert session.transport is not None
        loop = asyncio.get_running_loop()
        session.buffer.clear()  # RFC 3207 §4.2: what came before TLS is forgotten
        try:
            transport = await loop.start_tls(session.transport, session, self._tls, server_side=True)
        except OSError:  # the client has left
            session.abort()
            return
        assert transport is not None
        session.transport = transport
        session.is_secure = True
        session.blocked = False
        session.work()  # what came in one segment with the end of the handshake has been read already


async def serve(arguments: argparse.Namespace) -> None:
    """Listen, say where, and serve for ever."""
    tls = None
    if arguments.certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(arguments.certificate)
    sink = Sink(arguments.log, arguments.seed, tls)
    await sink.listen(arguments.port)
    door = await asyncio.start_server(sink.control, _LOOPBACK, arguments.control)
    where = {"port": sink.port, "control": door.sockets[0].getsockname()[1]}
    print(json.dumps(where), flush=True)
    await asyncio.Event().wait()


def main(argv: list[str]) -> None:
    """Run the relay."""
    parser = argparse.ArgumentParser(prog="python -m faults.sink")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--certificate", type=Path, help="PEM with key and chain, for STARTTLS")
    asyncio.run(serve(parser.parse_args(argv)))


if __name__ == "__main__":
    main(sys.argv[1:])
