"""Complaints: reports of abuse as RFC 5965 has them, and those of Microsoft's programme, which is older. Pure."""

from typing import NamedTuple

from newsletter.inbound.mail.addresses import addresses_in, typed_address
from newsletter.inbound.mail.headers import Headers, read_fields
from newsletter.inbound.mail.mime import Letter, Part, returned_headers
from newsletter.inbound.report.reported import Reason

_REPORT = "message/feedback-report"
_NO_COMPLAINT = "not-spam"
TYPES = {
    "abuse": Reason.ABUSE,
    "fraud": Reason.FRAUD,
    "virus": Reason.VIRUS,
    "auth-failure": Reason.AUTHENTICATION,
}
_TOLD_BY_OPERATORS = (
    *("x-hmxmroriginalrecipient", "x-original-rcpt-to", "x-original-to", "original-recipient", "delivered-to"),
)
"""Fields in which operators tell who complained, in the message that they return."""

_MICROSOFT_SUBJECT = "complaint about message from"


class Complaint(NamedTuple):
    """Who complained, or nobody where the operator keeps it to itself; and of what."""

    recipients: list[str]
    reason: Reason
    diagnostic: str


def read_complaint(letter: Letter) -> Complaint | None:
    """Return the complaint, or None where the message is none: "this is not spam" is not one."""
    returned = next((part for part in letter.parts if part.is_returned), None)
    original = returned_headers(returned) if returned else Headers([])
    for part in letter.parts:
        if part.content_type == _REPORT:
            return _read(part, original)
    if returned and letter.headers["subject"].strip().lower().startswith(_MICROSOFT_SUBJECT):
        return Complaint(_who(original), Reason.ABUSE, "")
    return None


def _read(part: Part, original: Headers) -> Complaint | None:
    told = Headers(list(read_fields([line for line in part.text.split("\n") if line.strip()])))
    kind = told["feedback-type"].partition("(")[0].strip().lower()
    if kind == _NO_COMPLAINT:
        return None
    named = [address for value in told.all("original-rcpt-to") if (address := typed_address(value))]
    removal = [address for value in told.all("removal-recipient") if (address := typed_address(value))]
    agent = told["user-agent"]
    about = "; ".join(f"{name}: {told[name]}" for name in ("auth-failure", "delivery-result") if told[name])
    diagnostic = " ".join(filter(None, (f"Feedback-Type: {kind or 'none'}", agent and f"({agent})", about)))
    return Complaint(
        list(dict.fromkeys(named or removal or _who(original))), TYPES.get(kind, Reason.OTHER), diagnostic
    )


def _who(original: Headers) -> list[str]:
    """Return whom the complained-of message was for; a reader's name may have been blacked out."""
    for name in _TOLD_BY_OPERATORS:
        address = typed_address(original[name])
        if address:
            return [address]
    return [each for each in addresses_in(original["to"]) if "redacted" not in each.lower()]
