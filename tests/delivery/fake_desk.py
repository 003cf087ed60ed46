"""A desk with plain messages on it that writes down everything that is asked of it."""

import asyncio
from collections.abc import Callable
from typing import Any

from newsletter.delivery.outcome import Receipt, ReceiptKind
from newsletter.delivery.smtp.client import SmtpTransport
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.smtp.wire import Timeouts
from newsletter.delivery.transport import Envelope, Pool
from newsletter.errors import RelayError

QUICK = Timeouts(connect=5, command=5, text=5, final=5, farewell=1)


class FakeDesk:
    """``waiting`` is what may be taken; what is given back waits again, behind the others."""

    def __init__(self, *numbers: int, text: bytes = b"Hello\r\n", size: int = 0) -> None:
        self.waiting = [self.envelope(number, size=size) for number in numbers]
        self.text = text
        self.receipts: list[Receipt] = []
        self.given_back: list[tuple[int, str]] = []
        self.taken_by: list[tuple[str, int]] = []
        self.events: list[tuple[str, int]] = []
        self.unrecorded = 0
        self.commits = 0
        self.refuse_to_begin: set[int] = set()
        self.closed_to: set[str] = set()
        self.asked = 0
        self.on_change: Callable[[], None] = lambda: None
        self.on_begin: Callable[[], None] = lambda: None

    @staticmethod
    def envelope(number: int, to: str = "", size: int = 0) -> Envelope:
        """Return the envelope of a numbered message."""
        return Envelope(number, "news@paper.example", to or f"reader{number}@example.org", size)

    def message(self, number: int) -> bytes:
        """Return the text of a numbered message."""
        return f"Message-ID: <{number}@paper.example>\r\n\r\n".encode() + self.text

    def serves(self, relay: Relay) -> bool:
        """Serve every relay but those that a test keeps out."""
        return relay.name not in self.closed_to

    def take(self, relay: Relay) -> Envelope | None:
        """See :class:`newsletter.delivery.transport.Desk`, as for the others."""
        self.asked += 1
        if not self.waiting or not self.serves(relay):
            return None
        envelope = self.waiting.pop(0)
        self.taken_by.append((relay.name, envelope.delivery_id))
        self.events.append(("take", envelope.delivery_id))
        return envelope

    def begin(self, envelope: Envelope) -> bytes | None:
        """Open the gate."""
        self.events.append(("begin", envelope.delivery_id))
        if envelope.delivery_id in self.refuse_to_begin:
            return None
        self.unrecorded += 1
        self.on_begin()
        return self.message(envelope.delivery_id)

    def settle(self, receipt: Receipt) -> None:
        """Keep a receipt."""
        self.events.append(("settle", receipt.delivery_id))
        self.unrecorded += 1
        self.receipts.append(receipt)
        self.on_change()

    def give_back(self, envelope: Envelope, relay_said: str) -> None:
        """Let a message wait again, unless it must not be begun any more."""
        self.given_back.append((envelope.delivery_id, relay_said))
        if envelope.delivery_id not in self.refuse_to_begin:
            self.waiting.append(envelope)
        self.on_change()

    def commit(self) -> None:
        """Record."""
        self.commits += 1
        self.unrecorded = 0

    def kinds(self) -> dict[int, ReceiptKind]:
        """Return what became of each message."""
        assert len(self.receipts) == len({each.delivery_id for each in self.receipts})
        return {each.delivery_id: each.kind for each in self.receipts}


async def drain(pool: Pool, desk: FakeDesk) -> RelayError | None:
    """Serve the desk until nothing is left on it or no relay can be used; return the trouble there was."""
    changed = asyncio.Event()
    desk.on_change = changed.set
    pool.serve(desk)
    trouble = None
    while True:
        await pool.settled()
        trouble = pool.trouble
        if not desk.waiting or trouble is not None:
            break
        changed.clear()
        try:
            async with asyncio.timeout(0.02):
                await changed.wait()
        except TimeoutError:
            pass
    pool.release()
    return trouble


def submit_all(desk: FakeDesk, *relays: Relay, timeouts: Timeouts = QUICK) -> RelayError | None:
    """Drain the desk over one transport and close it."""
    transport = SmtpTransport(relays, timeouts)
    try:
        return transport.run(lambda pool: drain(pool, desk))
    finally:
        transport.close()


def relay_at(port: int, **more: Any) -> Relay:
    """Return a relay on loopback with one connection."""
    return Relay("127.0.0.1", port, more.pop("tls", Tls.IF_OFFERED), **{"connections": 1, **more})
