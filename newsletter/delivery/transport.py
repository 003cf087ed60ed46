"""The door to the relays, and the fake that ships beside the real one.

Two ways through it: ``submit`` for a few finished letters, and ``run`` for an edition, whose connections fetch
message after message from a desk.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol, TypeVar

from newsletter.delivery.outcome import Receipt, receipt_for
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.errors import RelayError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Message:
    """One RFC 5322 message on its way: finished bytes with CRLF line ends, and its envelope."""

    delivery_id: int
    envelope_from: str
    envelope_to: str
    content: bytes


class Envelope(NamedTuple):
    """What the relay is told before it sees the text. ``size`` is an estimate in octets (RFC 1870), 0 for none.

    ``is_8bit`` on a desk says that the text may be in 8bit (RFC 6152); before ``begin`` the connection takes it
    back where its relay does not announce that it takes it.
    """

    delivery_id: int
    envelope_from: str
    envelope_to: str
    size: int = 0
    is_8bit: bool = False


class Desk(Protocol):
    """Where connections fetch their work and report it. Nothing here may block: it runs on the loop's thread."""

    def serves(self, relay: Relay) -> bool:
        """Whether this relay may take anything from here at all, now or later today."""

    def take(self, relay: Relay) -> Envelope | None:
        """Return the next message for a connection to this relay, or None for nothing now."""

    def begin(self, envelope: Envelope) -> bytes | None:
        """Open the gate: the relay is ready for the text, which is returned without its final dot.

        Its lines end in CRLF and none begins with a dot; in 8bit it is only where the envelope is. None when the
        message must not be begun any more.
        """

    def settle(self, receipt: Receipt) -> None:
        """Take note of what became of a message that was taken."""

    def give_back(self, envelope: Envelope, relay_said: str) -> None:
        """Take back a message whose text was not handed over whole: nothing was delivered."""

    def commit(self) -> None:
        """Record, in one durable write, what was begun and settled since the last one.

        Called before any text that ``begin`` returned goes out. Raises LeaseLostError when another task took
        over: nothing more may be sent.
        """


class Pool(Protocol):
    """The connections of one process, kept from one desk to the next. Everything here runs on its loop."""

    def serve(self, desk: Desk) -> None:
        """Let every connection fetch from this desk, opening connections as they are needed."""

    def wake(self) -> None:
        """Say that the desk has work again."""

    async def settled(self) -> None:
        """Wait until no connection has a message in hand."""

    def release(self) -> None:
        """Fetch from the desk no longer; connections stay open. Only once settled."""

    @property
    def trouble(self) -> RelayError | None:
        """Why none of the relays that the desk serves can be used now, or None."""

    @property
    def is_broken(self) -> bool:
        """Whether the desk raised an error: nothing is fetched any more, and ``settled`` raises it."""


class Transport(Protocol):
    """A way out. :class:`newsletter.delivery.smtp.client.SmtpTransport` is the real one."""

    @property
    def relays(self) -> Sequence[Relay]:
        """Where it leads."""

    def submit(self, messages: Iterable[Message]) -> Iterator[Receipt]:
        """Submit finished messages, and give a receipt for each.

        The next message is taken only when the relay is ready for it. Raises RelayError when the relay refuses
        us rather than a reader; every message whose text may have arrived has had its receipt by then.
        """

    def run(self, work: Callable[[Pool], Awaitable[T]]) -> T:
        """Run ``work`` on the loop that the connections live on, and return what it returns."""

    def close(self) -> None:
        """End the connections politely."""


_MEMORY = Relay("memory", 0, Tls.IF_OFFERED)


@dataclass
class MemoryTransport:
    """Keeps messages instead of submitting them; ``answer`` decides each reply."""

    relays: ClassVar[Sequence[Relay]] = (_MEMORY,)

    answer: Callable[[Message], tuple[int, str]] = lambda _: (250, "2.0.0 kept")
    submitted: list[Message] = field(default_factory=list)

    def submit(self, messages: Iterable[Message]) -> Iterator[Receipt]:
        """Keep each message and give the reply that ``answer`` chooses."""
        for message in messages:
            yield self.keep(message)

    def run(self, work: Callable[[Pool], Awaitable[T]]) -> T:
        """Run ``work`` with a pool of one connection that never leaves this process."""

        async def worked() -> T:
            return await work(_MemoryPool(self))

        return asyncio.run(worked())

    def keep(self, message: Message) -> Receipt:
        """Keep one message."""
        self.submitted.append(message)
        return receipt_for(message.delivery_id, *self.answer(message))

    def close(self) -> None:
        """Nothing is open."""


class NoRelay:
    """Stands where no relay is configured: everything but submitting works, and that says what is missing."""

    relays: Sequence[Relay] = ()

    def submit(self, messages: Iterable[Message]) -> Iterator[Receipt]:  # noqa: ARG002 — none is taken
        """Raise RelayError."""
        raise _nowhere_to_go()

    def run(self, work: Callable[[Pool], Awaitable[T]]) -> T:  # noqa: ARG002 — none is done
        """Raise RelayError."""
        raise _nowhere_to_go()

    def close(self) -> None:
        """Nothing is open."""


class _MemoryPool:
    """One connection whose relay answers at once."""

    trouble: RelayError | None = None
    is_broken = False

    def __init__(self, transport: MemoryTransport) -> None:
        self._transport = transport
        self._desk: Desk | None = None

    def serve(self, desk: Desk) -> None:
        self._desk = desk
        self.wake()

    def wake(self) -> None:
        desk = self._desk
        while desk is not None and (envelope := desk.take(_MEMORY)) is not None:
            content = desk.begin(envelope)
            if content is None:
                desk.give_back(envelope, "")
                continue
            desk.commit()
            ends = Message(envelope.delivery_id, envelope.envelope_from, envelope.envelope_to, content)
            desk.settle(self._transport.keep(ends))
            desk.commit()

    async def settled(self) -> None:
        await asyncio.sleep(0)

    def release(self) -> None:
        self._desk = None


def _nowhere_to_go() -> RelayError:
    return RelayError("SMTP_URL is not set.", "Set it to your relay, or use `newsletter up`.")
