"""The door to a relay, and the fake that ships beside the real one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from newsletter.delivery.outcome import Receipt, receipt_for
from newsletter.errors import RelayError


@dataclass(frozen=True, slots=True)
class Message:
    """One RFC 5322 message on its way: finished bytes with CRLF line ends, and its envelope."""

    delivery_id: int
    envelope_from: str
    envelope_to: str
    content: bytes


class Transport(Protocol):
    """A way out. :class:`newsletter.delivery.smtp.SmtpTransport` is the real one."""

    def submit(self, messages: Iterable[Message]) -> Iterator[Receipt]:
        """Submit messages as they are asked for, and give a receipt for each.

        The next message is taken only when the relay is ready for it, because taking it is what passes its gate.
        Raises RelayError when the relay refuses us rather than a reader; every message whose text may have
        arrived has had its receipt by then, and any other one taken was not begun.
        """

    def close(self) -> None:
        """End the connection politely."""


@dataclass
class MemoryTransport:
    """Keeps messages instead of submitting them; ``answer`` decides each reply."""

    answer: Callable[[Message], tuple[int, str]] = lambda _: (250, "2.0.0 kept")
    submitted: list[Message] = field(default_factory=list)

    def submit(self, messages: Iterable[Message]) -> Iterator[Receipt]:
        """Keep each message and give the reply that ``answer`` chooses."""
        for message in messages:
            self.submitted.append(message)
            yield receipt_for(message.delivery_id, *self.answer(message))

    def close(self) -> None:
        """Nothing is open."""


class NoRelay:
    """Stands where no relay is configured: everything but submitting works, and that says what is missing."""

    def submit(self, messages: Iterable[Message]) -> Iterator[Receipt]:  # noqa: ARG002 — none is taken
        """Raise RelayError."""
        raise RelayError("SMTP_URL is not set.", "Set it to your relay, or use `newsletter up`.")

    def close(self) -> None:
        """Nothing is open."""
