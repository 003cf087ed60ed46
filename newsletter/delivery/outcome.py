"""What a relay's reply means for a delivery. Pure: reply in, settlement out.

Only the recipient's own faults are held against the recipient: an address that will never work is condemned. A
full mailbox (452, 4.2.2, 5.2.2) is not, nor is one that a bare 550 refuses, which may mean anything. A refusal of
our content or our reputation (5.6.x, 5.7.x, 5.3.4) fails this delivery and says nothing about the address either.
"""

import re
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from newsletter.delivery.states import DeliveryState

BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 60))
"""Pauses before a deferred delivery is tried again; the last one repeats until the delivery expires."""

JITTER = 0.2
UNCERTAIN_PAUSE = timedelta(minutes=20)
"""An uncertain delivery waits until a late acceptance would have been recorded."""

NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""Enhanced statuses (RFC 3463, RFC 7505) by which an address will never work."""

SLOW_DOWN = frozenset({421, 451})
"""Replies by which a relay closes the session, or has a fault of its own (RFC 5321 §4.2.3)."""

_NO_SUCH_SCRIPT = frozenset({"7", "8", "9", "10"})
"""Details of X.6.x that are about addresses beyond ASCII and who takes them, not about content (RFC 6531 §3.5)."""

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")


class ReceiptKind(StrEnum):
    """What the relay answered about one message."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    # The final dot was handed to the kernel and no reply came: it may have been accepted (RFC 1047).
    UNCERTAIN = "uncertain"


class Stage(StrEnum):
    """What a reply answers."""

    RECIPIENT = "recipient"
    # DATA, the final dot or BDAT: the recipient had been taken.
    CONTENT = "content"


class Fault(StrEnum):
    """A fault of ours that a relay refuses messages for, whoever the recipient (RFC 3463 §3)."""

    POLICY = "5.7.x"
    CONTENT = "5.6.x"
    SIZE = "5.3.4"
    UNNAMED = "unnamed"


class Receipt(NamedTuple):
    """A relay's answer for one delivery."""

    delivery_id: int
    kind: ReceiptKind
    code: int | None = None
    text: str = ""
    stage: Stage = Stage.RECIPIENT

    @property
    def enhanced_status(self) -> str:
        """The enhanced status code (RFC 2034) at the start of the reply, or nothing."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else ""

    @property
    def condemns_address(self) -> bool:
        """Whether the address itself will never work and must be suppressed."""
        return self.kind is ReceiptKind.FAILED and self.enhanced_status in NO_SUCH_ADDRESS

    @property
    def asks_us_to_slow_down(self) -> bool:
        """Whether the relay defers us rather than this message, so that fewer should go to it for a while."""
        is_policy = self.enhanced_status.startswith("4.7.")
        return self.kind is ReceiptKind.DEFERRED and (self.code in SLOW_DOWN or is_policy)

    @property
    def our_fault(self) -> Fault | None:
        """What of ours this message was refused for, or None.

        The class digit is not looked at: "550 4.7.1" is as final as its 550. A refusal without an enhanced
        status is ours once the recipient had been taken. 5.5.x is not ours: large providers say 5.5.0 of a
        mailbox that does not exist. Nor are 5.6.7 to 5.6.10: an address beyond ASCII is its reader's own, and a
        relay without SMTPUTF8 takes all the others.
        """
        if self.kind is not ReceiptKind.FAILED:
            return None
        if not self.enhanced_status:
            return Fault.UNNAMED if self.stage is Stage.CONTENT else None
        _, subject, detail = self.enhanced_status.split(".")
        if (subject, detail) == ("3", "4"):
            return Fault.SIZE
        if subject == "6" and detail in _NO_SUCH_SCRIPT:
            return None
        return {"7": Fault.POLICY, "6": Fault.CONTENT}.get(subject)


_KINDS = {2: ReceiptKind.ACCEPTED, 5: ReceiptKind.FAILED}


def receipt_for(delivery_id: int, code: int, text: str, stage: Stage = Stage.RECIPIENT) -> Receipt:
    """Return the receipt for a reply to RCPT, DATA or the final dot (RFC 5321 §4.2.1)."""
    return Receipt(delivery_id, _KINDS.get(code // 100, ReceiptKind.DEFERRED), code, text, stage)


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
