"""Submission to the relays over SMTP (RFC 6409): the real :class:`newsletter.delivery.transport.Transport`.

One loop is kept for the process, and on it the connections, from one piece of work to the next.

    smtp      the door: letters one by one, or an edition's work on the pool
    pool      connections to several relays: opened on demand, shared, rested (``lane``); ``letter`` by ``letter``
    session   one connection taking message after message
    greeting  banner, EHLO, STARTTLS, AUTH (``auth``)
    wire      a socket that knows what the kernel has taken; ``reply`` reads what comes back
"""

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from newsletter.delivery.outcome import Receipt
from newsletter.delivery.smtp.auth import CredentialsError
from newsletter.delivery.smtp.pool import ConnectionPool
from newsletter.delivery.smtp.relay import Relay
from newsletter.delivery.smtp.wire import Timeouts
from newsletter.delivery.transport import Message, Pool

__all__ = ["CredentialsError", "SmtpTransport"]

T = TypeVar("T")


class SmtpTransport:
    """Submits through connections that persist. Nothing is opened before the first message is wanted."""

    def __init__(self, relays: Sequence[Relay], timeouts: Timeouts | None = None) -> None:
        """Prepare to use these relays."""
        self._relays = tuple(relays)
        self._timeouts = timeouts or Timeouts()
        self._engine: _Engine | None = None

    @property
    def relays(self) -> Sequence[Relay]:
        """Where it leads."""
        return self._relays

    def submit(self, messages: Iterable[Message]) -> Iterator[Receipt]:
        """Submit one message after another; see :class:`newsletter.delivery.transport.Transport`."""
        waiting = iter(messages)
        is_first = True
        while True:
            engine = self._running()
            # Connected before the next message passes its gate: a relay that is down costs nobody an attempt.
            session = engine.run(engine.pool.ready_session(after_noop=is_first))
            is_first = False
            message = next(waiting, None)
            if message is None:
                return
            yield engine.run(engine.pool.submit(message, session))

    def run(self, work: Callable[[Pool], Awaitable[T]]) -> T:
        """Run ``work`` on the loop that the connections live on, and return what it returns."""
        engine = self._running()

        async def worked() -> T:
            try:
                return await work(engine.pool)
            finally:
                await engine.pool.abandon()

        return engine.run(worked())

    def close(self) -> None:
        """Say QUIT; a relay that is gone already is no error."""
        if self._engine is not None:
            engine, self._engine = self._engine, None
            engine.run(engine.pool.close())
            engine.discard()

    def _running(self) -> "_Engine":
        if self._engine is None:
            self._engine = _Engine(self._relays, self._timeouts)
            # Nobody has to close a transport: what is left open is closed without a word.
            weakref.finalize(self, self._engine.discard)
        return self._engine


class _Engine:
    """A loop and what lives on it."""

    def __init__(self, relays: Sequence[Relay], timeouts: Timeouts) -> None:
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self.pool = self.run(_pool(relays, timeouts))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def discard(self) -> None:
        # Not Runner.close, which runs the loop once more: this may happen while another one runs.
        loop = self._runner.get_loop()
        if not loop.is_closed():
            self.pool.discard()
            loop.close()


async def _pool(relays: Sequence[Relay], timeouts: Timeouts) -> ConnectionPool:
    return ConnectionPool(relays, timeouts)
