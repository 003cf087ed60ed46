"""What a relay's reply means for a delivery. Pure: reply in, settlement out.

Only the recipient's own faults are held against the recipient. A refusal of our content or our reputation
(5.6.x, 5.7.x, 5.3.4) fails this delivery and says nothing about the address.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from newsletter.delivery.states import DeliveryState

BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 60))
"""Pauses before a deferred delivery is tried again; the last one repeats until the delivery expires."""

JITTER = 0.2
UNCERTAIN_PAUSE = timedelta(minutes=20)
"""An uncertain delivery waits until a late acceptance would have been recorded."""

NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""Enhanced statuses (RFC 3463, RFC 7505) by which an address will never work."""

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")


class ReceiptKind(StrEnum):
    """What the relay answered about one message."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    # The final dot was handed to the kernel and no reply came: it may have been accepted (RFC 1047).
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A relay's answer for one delivery."""

    delivery_id: int
    kind: ReceiptKind
    code: int | None = None
    text: str = ""

    @property
    def enhanced_status(self) -> str:
        """The enhanced status code (RFC 2034) at the start of the reply, or nothing."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else ""

    @property
    def condemns_address(self) -> bool:
        """Whether the address itself will never work and must be suppressed."""
        return self.kind is ReceiptKind.FAILED and self.enhanced_status in NO_SUCH_ADDRESS


def receipt_for(delivery_id: int, code: int, text: str) -> Receipt:
    """Return the receipt for a reply to RCPT, DATA or the final dot (RFC 5321 §4.2.1)."""
    kinds = {2: ReceiptKind.ACCEPTED, 5: ReceiptKind.FAILED}
    return Receipt(delivery_id, kinds.get(code // 100, ReceiptKind.DEFERRED), code, text)


def state_after(receipt: Receipt, uncertain_policy: str) -> DeliveryState:
    """Return the state in which a receipt leaves its delivery."""
    if receipt.kind is ReceiptKind.UNCERTAIN and uncertain_policy == "hold":
        return DeliveryState.HELD
    return DeliveryState(receipt.kind)


def pause_after(receipt: Receipt, attempts: int, dice: float) -> timedelta:
    """Return how long the next attempt waits. ``attempts`` counts from 1; ``dice`` lies in [0, 1)."""
    if receipt.kind is ReceiptKind.UNCERTAIN:
        return UNCERTAIN_PAUSE
    pause = BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1]
    return pause * (1 - JITTER + 2 * JITTER * dice)
