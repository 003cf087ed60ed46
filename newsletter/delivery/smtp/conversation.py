"""Commands out, replies in, strictly in order, each in its time: what every SMTP connection does.

What the replies mean for messages is :mod:`newsletter.delivery.smtp.session`'s.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from newsletter.delivery.smtp.greeting import SERVICE_CLOSING
from newsletter.delivery.smtp.reply import Reply, ReplyParser
from newsletter.delivery.smtp.wire import Timeouts, Wire
from newsletter.delivery.transport import Envelope


class Step(IntEnum):
    """What a reply that is waited for will answer."""

    MAIL = 0
    RCPT = 1
    DATA = 2
    TEXT = 3
    """The final dot, or the last octet of BDAT LAST."""
    NOBODY = 4
    """The dot that ends a text without readers: its reply is about no message."""
    RSET = 5
    NOOP = 6


@dataclass(eq=False, slots=True)
class Taken:
    """A message between its fetching and its receipt. ``ends_at`` is where its text ends on the wire."""

    envelope: Envelope
    rcpt: bytes
    parameters: str
    is_pipelined: bool
    ends_at: int = -1
    is_refused: bool = False


class Conversation(ABC):
    """One connection, greeted already. Everything here runs on the loop's thread, and only coroutines wait."""

    def __init__(self, wire: Wire, timeouts: Timeouts) -> None:
        loop = asyncio.get_running_loop()
        self.is_over = False
        self.gone: asyncio.Future[None] = loop.create_future()
        self._clock = loop.time
        self._wire, self._timeouts = wire, timeouts
        self._parser = ReplyParser()
        self._expected: deque[tuple[Step, Taken | None]] = deque()
        self._out: list[bytes] = []
        self._position = wire.queued
        self._since = self._clock()
        self._quiet: asyncio.Future[None] | None = None
        wire.listen(self._hear, self._hear_end, self._hear_handed)

    # What it means is for the session to say. Each of these may raise what a desk raises.

    _hearers: tuple[Callable[[Reply, Taken], None], ...]
    """Who hears the answers to MAIL, RCPT, DATA and TEXT of a message."""

    @abstractmethod
    def _go_on(self) -> None:
        """Write what is to be written next: all replies that had arrived have been heard."""

    @abstractmethod
    def _is_closing(self, reply: Reply) -> None:
        """Hear a 421 that is no answer to a text."""

    @abstractmethod
    def _out_of_step(self, reply: Reply) -> None:
        """Hear a reply that no command explains."""

    @abstractmethod
    def _break_off(self, why: str) -> None:
        """Give the connection up."""

    @abstractmethod
    def _hung_up(self, why: str) -> None:
        """Hear that the relay gave it up."""

    @abstractmethod
    def _failed(self, error: Exception) -> None:
        """Hear that one of these raised; the connection is closed."""

    # How it is used.

    async def answers(self) -> bool:
        """Say whether the relay still answers on a connection that was kept for a while."""
        self._say(b"NOOP\r\n", Step.NOOP)
        self.pull()
        await self.quiet()
        return not self.is_over

    async def quiet(self) -> None:
        """Wait until no reply is outstanding, or the connection is over."""
        if self._expected and not self.is_over:
            self._quiet = asyncio.get_running_loop().create_future()
            await self._quiet

    def pull(self) -> None:
        """Write what may be written now."""
        if not self.is_over:
            try:
                self._go_on()
            except Exception as error:  # noqa: BLE001 — it is raised again where somebody waits
                self._fail(error)

    def check(self) -> None:
        """Give the relay up if it has taken longer than it may."""
        if self.is_over or not self._expected:
            return
        if self._wire.handed < self._wire.queued:
            limit, what = self._timeouts.text, "it has not taken the text"
        elif self._expected[0][0] is Step.TEXT:
            limit, what = self._timeouts.final, "no final reply"
        else:
            limit, what = self._timeouts.command, "no reply"
        if self._clock() - self._since > limit:
            try:
                self._break_off(f"{what} within {limit:g} s")
            except Exception as error:  # noqa: BLE001 — same
                self._fail(error)

    def leave(self) -> None:
        """Say QUIT; ``gone`` is done when the relay has said farewell, or has taken too long over it."""
        self.is_over = True
        if not self._wire.closed:
            self._wire.listen(lambda _: self._close(), lambda _: self._close())
            self._wire.send([b"QUIT\r\n"])
            asyncio.get_running_loop().call_later(self._timeouts.farewell, self._close)

    def drop(self) -> None:
        """Close without a word, and without telling anybody."""
        self.is_over = True
        self._close()

    def _say(self, command: bytes, step: Step, taken: Taken | None = None) -> None:
        if not self._expected:
            self._since = self._clock()
        self._out.append(command)
        self._position += len(command)
        self._expected.append((step, taken))

    def _write(self) -> None:
        if self._out:
            out, self._out = self._out, []
            self._wire.send(out)
        if not self._expected:
            self._end_quiet()

    def _is_handed(self, taken: Taken) -> bool:
        """Say whether the kernel has taken the last octet of a text: from then on it may have arrived."""
        return 0 <= taken.ends_at <= self._wire.handed

    def _close(self) -> None:
        self._wire.close()
        self._end_quiet()
        if not self.gone.done():
            self.gone.set_result(None)

    def _end_quiet(self) -> None:
        if self._quiet is not None and not self._quiet.done():
            self._quiet.set_result(None)

    # What the wire says.

    def _hear(self, octets: bytes) -> None:
        if not self.is_over:
            try:
                self._receive(octets)
            except Exception as error:  # noqa: BLE001 — same
                self._fail(error)

    def _hear_end(self, why: str) -> None:
        if not self.is_over:
            try:
                self._hung_up(why)
            except Exception as error:  # noqa: BLE001 — same
                self._fail(error)

    def _hear_handed(self) -> None:
        self._since = self._clock()
        self.pull()

    def _fail(self, error: Exception) -> None:
        self.drop()
        self._failed(error)

    def _receive(self, octets: bytes) -> None:
        replies = self._parser.feed(octets)
        if replies:
            self._since = self._clock()
        for reply in replies:
            self._match(reply)
            if self.is_over:
                return
        if self._parser.fault:
            self._break_off(self._parser.fault)
        else:
            self._go_on()

    def _match(self, reply: Reply) -> None:
        if not self._expected:
            if reply.code == SERVICE_CLOSING:
                self._break_off(reply.text)
            else:
                self._out_of_step(reply)
            return
        step, taken = self._expected.popleft()
        if reply.code == SERVICE_CLOSING and not (
            step is Step.TEXT and taken is not None and self._is_handed(taken)
        ):
            self._is_closing(reply)
        elif taken is not None:
            self._hearers[step](reply, taken)
        elif not reply.is_good and step is not Step.NOBODY:
            self._break_off(str(reply))
