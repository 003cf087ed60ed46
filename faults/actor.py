"""One side of a session: what comes in, what goes out, and the rules that come between."""

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from typing import Protocol

from faults.rules import CLOSE, DRIP, HANG, RESET, Rule, Script


class House(Protocol):
    """What the sessions of a relay share.

    ``open`` counts messages in hand, ``broken`` those that clients left, and ``in_clear`` those that came without
    the TLS which was offered.
    """

    script: Script
    offers: tuple[str, ...]
    open: int
    broken: int
    in_clear: int

    def join(self, session: "Actor") -> int:
        """Count a session in; return its number from 1."""

    def leave(self, session: "Actor") -> None:
        """Count a session out."""

    def keep(self, line: str) -> None:
        """Take responsibility for a message: its line is on record before its reply goes out."""

    def slot(self) -> float:
        """Return how many seconds the next message has to wait for the relay's pace."""

    def secure(self, session: "Actor") -> None:
        """Start TLS on a session."""


class Actor(asyncio.Protocol):
    """Follows the script at every step. A step that waits holds up its own session only."""

    def __init__(self, house: House) -> None:
        """Wait for the connection."""
        self.house = house
        self.transport: asyncio.Transport | None = None
        self.buffer = bytearray()
        self.blocked = False
        self.recipient = ""
        self.is_open = False
        self.is_hung = False
        self.is_secure = False
        self._loop = asyncio.get_running_loop()
        self._out: list[bytes] = []
        self._number = 0

    @property
    def number(self) -> int:
        """The session's number, from 1."""
        return self._number

    @property
    def peer(self) -> int:
        """The client's port, 0 before there is one."""
        name = self.transport.get_extra_info("peername") if self.transport is not None else None
        return int(name[1]) if name else 0

    def read(self) -> bool:
        """Take one command or text from the buffer; False while it is not whole."""
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or do what the script says instead."""
        assert isinstance(transport, asyncio.Transport)
        is_new, self.transport = self.transport is None, transport
        vars(transport)["max_size"] = 65_536  # the loop would ask the kernel for four times that each time
        if is_new:  # else TLS has been started on it
            self._number = self.house.join(self)
            self.decide("connect", lambda: self.answer("banner", "220 relay.example ESMTP scripted"))
            self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note whether the client left in the middle of a message."""
        del exc
        # A transport that we closed is closing before the connection is lost.
        self.house.broken += self.is_open
        self.transaction(is_open=False)
        self.blocked = True
        self.house.leave(self)

    def data_received(self, data: bytes) -> None:
        """Take what came and answer as much of it as is whole."""
        self.buffer += data
        self.work()

    def work(self) -> None:
        """Answer what has been read, all in one write."""
        while not self.blocked and self.read():
            pass
        self.flush()

    def flush(self) -> None:
        """Write what has been said."""
        if self._out and self.transport is not None:
            self.transport.write(b"".join(self._out))
            self._out.clear()

    def say(self, reply: str) -> None:
        """Say a reply; it is written with the others."""
        self._out.append(f"{reply}\r\n".encode())

    def transaction(self, *, is_open: bool) -> None:
        """Note that a message is in hand, or no longer."""
        self.house.open += is_open - self.is_open
        self.is_open = is_open

    def answer(self, step: str, usual: str, then: Callable[[], None] = lambda: None, address: str = "") -> None:
        """Give the usual reply and go on with ``then``, unless a rule says otherwise."""
        rule = self.house.script.decide(step, address or self.recipient, time.monotonic())
        if rule is not None and rule.does == DRIP:
            self.flush()
            self.blocked = True
            self._drip(f"{usual}\r\n".encode(), rule.wait or 1.0, then)
            return

        def go_on() -> None:
            self.say(usual)
            then()

        self._follow(rule, go_on)

    def decide(self, step: str, then: Callable[[], None]) -> None:
        """Pass a step at which a good relay says nothing."""
        self._follow(self.house.script.decide(step, self.recipient, time.monotonic()), then)

    def block(self, seconds: float, then: Callable[[], None]) -> None:
        """Read nothing for a while, then go on."""
        self.flush()
        self.blocked = True
        self._loop.call_later(seconds, self._unblock, then)

    def abort(self) -> None:
        """End the session at once, without a word."""
        self.blocked = True
        self.transaction(is_open=False)
        if self.transport is not None:
            self.transport.abort()

    def close(self) -> None:
        """Say what there is to say and hang up."""
        self.flush()
        self.blocked = True
        self.transaction(is_open=False)
        if self.transport is not None:
            self.transport.close()

    def _follow(self, rule: Rule | None, usual: Callable[[], None]) -> None:
        if rule is None:
            usual()
        elif rule.wait > 0:
            self.block(rule.wait, lambda: self._act(rule, usual))
        else:
            self._act(rule, usual)

    def _act(self, rule: Rule, usual: Callable[[], None]) -> None:
        if rule.does == "":
            usual()
        elif rule.does == CLOSE:
            self.close()
        elif rule.does == RESET:
            self._reset()
        elif rule.does == HANG:
            self.blocked = self.is_hung = True
        else:
            self.say(rule.does)
            if rule.does.startswith("421"):
                self.close()
            elif rule.step in {"text", "dot", "reply"}:
                self.recipient = ""
                self.transaction(is_open=False)

    def _unblock(self, then: Callable[[], None]) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.blocked = False
            then()
            self.work()

    def _drip(self, left: bytes, wait: float, then: Callable[[], None]) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        self.transport.write(left[:1])
        if len(left) > 1:
            self._loop.call_later(wait, self._drip, left[1:], wait, then)
        else:
            self._unblock(then)

    def _reset(self) -> None:
        raw = self.transport.get_extra_info("socket") if self.transport is not None else None
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()
