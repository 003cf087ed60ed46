"""The desk: where the connections of a process fetch an edition's messages, and where outcomes come in.

All of it happens on the loop's thread and touches no database: pages of readers are put here by the drain, which
also carries the outcomes away. What a kill must not lose is in the journal before any text leaves.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from newsletter import log
from newsletter.delivery.accounting import journal as records
from newsletter.delivery.accounting.settle import Outcome
from newsletter.delivery.line import Called, Line, Stopping
from newsletter.delivery.outcome import Receipt, ReceiptKind
from newsletter.delivery.smtp.relay import Relay
from newsletter.delivery.throttling.breaker import Breaker
from newsletter.delivery.throttling.throttle import Throttle
from newsletter.delivery.transport import Envelope
from newsletter.edition.store import Wish
from newsletter.errors import ContentError, LeaseLostError

_log = log.get("delivery")

BEHIND = timedelta(minutes=1)
"""How long a delivery waits at which the relay hung up before its message was handed over."""

LOW_WATER = 1000
"""Readers left in the line below which the next page is wanted."""

MOST_UNWRITTEN = 10
"""Messages that cannot be written, where most cannot, before the edition itself is thought to be at fault."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Whose messages the desk gives out: the edition, how each is composed, also in 8bit, and from whom.

    ``sender`` takes a delivery and returns the envelope sender that reports about its message go to.
    To compose takes a subscription, its reader's address, and which of the edition's contents they get.
    """

    edition_id: int
    newsletter: str
    sender: Callable[[int], str]
    size: int
    compose: Callable[[int, str, Wish], bytes]
    compose_8bit: Callable[[int, str, Wish], bytes] | None = None


@dataclass(frozen=True, slots=True)
class Brakes:
    """What holds the desk back: stops, throttle, breaker, and what relays being warmed up may still take today."""

    stops: Stopping
    throttle: Throttle
    breaker: Breaker
    allowances: Mapping[str, int]


@dataclass(slots=True)
class _Hand:
    called: Called
    relay: str
    is_written: bool = False


class EditionDesk:
    """Serves the connections of one process with the messages of one edition."""

    def __init__(self, counter: Counter, brakes: Brakes) -> None:
        """Give out nothing yet."""
        self._counter = counter
        self._stops, self._throttle, self._breaker = brakes.stops, brakes.throttle, brakes.breaker
        self._allowances = dict(brakes.allowances)
        self._hands: dict[int, _Hand] = {}
        self._fresh: list[_Hand] = []
        self._is_closed = False
        self._is_alone = False
        self._unwritten = 0
        self._now = time.monotonic
        self.line = Line(brakes.stops, brakes.throttle)
        self.tripped: str | None = None
        self.is_lost = False
        self.settled = 0
        self.nudge = asyncio.Event()

    def close(self) -> None:
        """Give out nothing more; what is in hand comes to its end."""
        self._is_closed = True
        self.line.clear()

    def abandon(self) -> None:
        """Let go of what is still in hand, of which nobody will tell any more."""
        for hand in self._hands.values():
            if hand.called.is_counted:
                self._throttle.ended(hand.called.operator, None, self._now())
        self._hands.clear()

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is given out: told so, or because something stopped it."""
        return self._is_closed or self._must_stop()

    def serves(self, relay: Relay) -> bool:
        """Whether a relay may take messages of this newsletter, and more of them today."""
        has_allowance = not self._allowances or self._allowances.get(relay.name, 1) > 0
        return has_allowance and relay.serves(self._counter.newsletter)

    def take(self, relay: Relay) -> Envelope | None:
        """Return the next message for a connection to this relay, or None for nothing now."""
        if self.is_closed or not self.serves(relay):
            return None
        if self._is_alone or self._stops.is_deaf:
            self.line.was_refused = True
            return None
        called = self.line.call(relay, is_idle=not self._hands)
        if called is None:
            return None
        due, page = called.due, called.page
        hand = self._hands[due.delivery_id] = _Hand(called, relay.name)
        self._fresh.append(hand)
        self._is_alone = due.open_gates > 0
        page.in_hand += 1
        page.unwritten += records.taken(due.delivery_id, due.attempts)
        if self._allowances and relay.name in self._allowances:
            self._allowances[relay.name] -= 1
        if self.line.left == LOW_WATER:
            self.nudge.set()
        counter = self._counter
        is_8bit = counter.compose_8bit is not None
        return Envelope(due.delivery_id, counter.sender(due.delivery_id), due.address, counter.size, is_8bit)

    def begin(self, envelope: Envelope) -> bytes | None:
        """Open the gate of one message and return its text; None when it must not be begun any more."""
        hand = self._hands[envelope.delivery_id]
        due, page = hand.called.due, hand.called.page
        if self._must_stop() or self._stops.is_deaf or due.subscription_id in self._stops.subscriptions:
            return None
        if not hand.is_written:
            # Composing may kill this process: who was composed for must be known by then.
            self.commit()
        try:
            compose = (envelope.is_8bit and self._counter.compose_8bit) or self._counter.compose
            text = compose(due.subscription_id, due.address, due.wish)
        except (ContentError, ValueError) as error:
            _log.error("message_unwritten", delivery_id=due.delivery_id, error=str(error))
            page.poisonous.append(due.delivery_id)
            self._unwritten += 1
            if self._unwritten >= MOST_UNWRITTEN and self._unwritten > self.settled:
                self._trip(f"{self._unwritten} messages could not be written, the last because: {error}")
            return None
        page.unwritten += records.begun(envelope.delivery_id)
        return text

    def settle(self, receipt: Receipt) -> None:
        """Take note of what became of a message that was taken."""
        hand = self._put_down(receipt.delivery_id)
        called = hand.called
        called.page.unwritten += records.settled(receipt)
        called.page.outcomes.append(Outcome(receipt, called.due.attempts, hand.relay))
        if called.is_counted or receipt.kind is not ReceiptKind.ACCEPTED or not self._throttle.is_free:
            self._throttle.ended(called.operator, receipt, self._now(), counted=called.is_counted)
            self.line.ask_again(called.operator)
        self.settled += 1
        reason = self._breaker.note(receipt)
        if reason is not None:
            self._trip(reason)

    def give_back(self, envelope: Envelope, relay_said: str) -> None:
        """Take back a message of which nothing was delivered; it waits a moment where the relay hung up at it."""
        hand = self._put_down(envelope.delivery_id)
        called = hand.called
        called.page.unwritten += records.given_back(envelope.delivery_id)
        if relay_said:
            called.page.behind[envelope.delivery_id] = BEHIND
        if hand.relay in self._allowances:
            self._allowances[hand.relay] += 1
        if called.is_counted:
            self._throttle.ended(called.operator, None, self._now())
            self.line.ask_again(called.operator)

    def commit(self) -> None:
        """Write down what was taken, begun and settled since the last time."""
        if self.is_lost:
            raise LeaseLostError("The journal could not be written before.")
        try:
            for page in self.line.pages:
                if page.unwritten:
                    page.journal.write(bytes(page.unwritten))
                    page.unwritten.clear()
        except (LeaseLostError, OSError) as error:
            self.is_lost = True
            self.nudge.set()
            raise LeaseLostError(f"The journal cannot be written: {error}.") from None
        for hand in self._fresh:
            hand.is_written = True
        self._fresh.clear()

    def _must_stop(self) -> bool:
        return self._counter.edition_id in self._stops.editions or self.is_lost or self.tripped is not None

    def _trip(self, reason: str) -> None:
        if self.tripped is None:
            self.tripped = reason
            self.nudge.set()

    def _put_down(self, delivery_id: int) -> _Hand:
        hand = self._hands.pop(delivery_id)
        page = hand.called.page
        page.in_hand -= 1
        self._is_alone = False
        if page.is_over or (not self._hands and self.line.was_refused):
            self.nudge.set()
        return hand
