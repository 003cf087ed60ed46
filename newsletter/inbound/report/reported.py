"""What a report says of one address: the values that all who read reports share."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_DIAGNOSTIC = 500
"""Characters of a diagnostic that are kept."""


class Kind(StrEnum):
    """What a report means for the address."""

    PERMANENT = "permanent"
    """This address will never work."""
    TRANSIENT = "transient"
    """All else that kept a message from arriving, whatever its status says."""
    COMPLAINT = "complaint"
    """It arrived, and somebody reported it (RFC 5965)."""


class Action(StrEnum):
    """What became of the message (RFC 3464 §2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


ARRIVED = frozenset({Action.DELIVERED, Action.RELAYED, Action.EXPANDED})
"""What is no bounce: nobody asks for such reports, and they change nothing."""


class Reason(StrEnum):
    """Why, in one word that an operator can count."""

    NO_SUCH_ADDRESS = "no-such-address"
    NO_SUCH_DOMAIN = "no-such-domain"
    DISABLED = "mailbox-disabled"
    MOVED = "moved"
    MAILBOX_FULL = "mailbox-full"
    TOO_LARGE = "too-large"
    THROTTLED = "throttled"
    BLOCKED = "blocked"
    """Our host or domain is refused, for its name or its reputation."""
    CONTENT = "content"
    AUTHENTICATION = "authentication"
    POLICY = "policy"
    EXPIRED = "expired"
    LOOP = "loop"
    UNREACHABLE = "unreachable"
    SYSTEM = "system"
    DELAYED = "delayed"
    """Not yet given up, and no cause is named."""
    UNKNOWN = "unknown"
    ABUSE = "abuse"
    FRAUD = "fraud"
    VIRUS = "virus"
    OTHER = "other"
    """This and the three before it are what a complaint says of itself (RFC 5965 §7.3)."""


OURS = frozenset(
    {
        *(Reason.TOO_LARGE, Reason.THROTTLED, Reason.BLOCKED, Reason.CONTENT, Reason.AUTHENTICATION),
        Reason.POLICY,
    }
)
"""Reasons for which a message of ours is refused whoever it is for: no reader can help it."""

PERMANENT = frozenset({Reason.NO_SUCH_ADDRESS, Reason.NO_SUCH_DOMAIN, Reason.DISABLED, Reason.MOVED})
"""Reasons for which an address will never work."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report says of one address; what it does not say is empty.

    ``recipient`` is the address that failed, which may be the last of several forwardings;
    ``original_recipient`` is the one that we mailed, where the report knows it. ``status`` is an enhanced status
    (RFC 3463). ``envelope_to`` is where the report itself was sent: the address to read as VERP.
    """

    recipient: str
    kind: Kind
    reason: Reason
    action: Action | None = None
    status: str = ""
    diagnostic: str = ""
    original_recipient: str = ""
    original_message_id: str = ""
    envelope_to: str = ""

    @property
    def ends_mail(self) -> bool:
        """Whether this alone is cause to mail the address no more.

        A failed authentication (RFC 6591) is reported in the form of a complaint, and is nobody's complaint.
        """
        if self.kind is Kind.COMPLAINT:
            return self.reason is not Reason.AUTHENTICATION
        return self.kind is Kind.PERMANENT

    @property
    def is_our_fault(self) -> bool:
        """Whether it was refused for what we are or sent, which says nothing about the address."""
        return self.kind is Kind.TRANSIENT and self.reason in OURS


def one_line(text: str) -> str:
    """Return what a stranger wrote as it can be stored and shown: printable, on one line, of bounded length."""
    told = " ".join(text.split())
    readable = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in told)
    return readable if len(readable) <= LONGEST_DIAGNOSTIC else f"{readable[: LONGEST_DIAGNOSTIC - 1]}…"
