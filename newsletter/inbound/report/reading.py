"""The door of what comes back by mail: which message is a bounce or a complaint, about whom, and what it means.

Bytes in, values out; whatever the bytes, nothing is raised, and time and memory are bounded by what
``newsletter.inbound.mail.mime`` reads. Whether to believe a report is not decided here: the sender of a report is
anybody, and only a signed address (``newsletter.addressed``) says that it is about a message of ours.
"""

from collections.abc import Iterable

from newsletter.inbound.mail.addresses import address_in
from newsletter.inbound.mail.headers import Headers
from newsletter.inbound.mail.mime import Letter, read_letter, returned_headers
from newsletter.inbound.report.arf import Complaint, read_complaint
from newsletter.inbound.report.classify import judge
from newsletter.inbound.report.dsn import MOST_RECIPIENTS, Notice, read_status, status_in_text
from newsletter.inbound.report.freeform import read_free_text
from newsletter.inbound.report.notice import FreeText, is_from_a_system, is_notice, take_apart
from newsletter.inbound.report.reported import ARRIVED, Kind, Reason, Reported, one_line
from newsletter.inbound.report.ses import read_notification

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ENVELOPE = ("x-envelope-to", "envelope-to", "x-original-to", "delivered-to", "to")
"""Fields in which mail systems write where a message was really sent, surest first."""

_DEEPEST_WRAPPING = 2
"""Reports that were themselves sent on as an attachment, by a system."""


def read_report(raw: bytes) -> list[Reported]:
    """Return what a message reports of each address; nothing where it is neither bounce nor complaint.

    Reports that a message arrived (RFC 3464 ``delivered``, ``relayed``, ``expanded``), automatic answers of people
    and "this is not spam" are neither. A report of a delay is a transient bounce with the action ``delayed``.
    """
    return _read(raw, _DEEPEST_WRAPPING)


def _read(raw: bytes, deepest: int) -> list[Reported]:
    letter = read_letter(raw)
    notified = _notification(letter)
    complaint = notified if isinstance(notified, Complaint) else read_complaint(letter)
    if complaint is not None:
        return _complained(letter, complaint)
    if any(part.content_type == "message/feedback-report" for part in letter.parts):
        return []
    free = take_apart(letter)
    notices = notified if isinstance(notified, list) else _by_status(letter, free)
    if notices or notified is not None:
        return _reported(letter, free, notices)
    inner = _wrapped(letter) if deepest else None
    if inner is not None:
        return _read(inner, deepest - 1)
    return _reported(letter, free, _in_words(letter, free, raw))


def _notification(letter: Letter) -> list[Notice] | Complaint | None:
    """Read a notification in JSON, which stands alone in its mail."""
    first = next((part for part in letter.parts if part.content_type == "text/plain"), None)
    return read_notification(first.text) if first else None


def _in_words(letter: Letter, free: FreeText, raw: bytes) -> list[Notice]:
    """Read a report in free text; other people's rules are not asked about a message made to be a nuisance."""
    return read_free_text(free, raw if letter.is_whole else b"") if is_notice(free) else []


def _wrapped(letter: Letter) -> bytes | None:
    """Return the report that a system sent on as an attachment: no report is ever returned for having failed."""
    if not is_from_a_system(letter.headers):
        return None
    inner = (part.octets for part in letter.parts if part.content_type == "message/rfc822")
    return next(
        (octets for octets in inner if read_letter(octets).headers.content_type == "multipart/report"), None
    )


def _by_status(letter: Letter, free: FreeText) -> list[Notice]:
    """Return the groups of a delivery status that name a recipient, or one where our message had only one."""
    notices = [
        notice
        for part in letter.parts
        if part.content_type in _STATUS_TYPES
        for notice in read_status(part.text)
        if notice.recipient or notice.diagnostic
    ][:MOST_RECIPIENTS]
    if not notices and is_from_a_system(letter.headers):
        notices = status_in_text(free.text)
    named = [notice for notice in notices if notice.recipient]
    if named or not notices or len(free.mailed) != 1:
        return named
    return [notices[-1]._replace(recipient=free.mailed[0])]


def _reported(letter: Letter, free: FreeText, notices: Iterable[Notice]) -> list[Reported]:
    """Judge each recipient once; what arrived is not reported."""
    found: dict[str, Reported] = {}
    for notice in notices:
        if notice.action in ARRIVED:
            continue
        text = notice.diagnostic
        verdict = judge(notice.action, notice.status, text)
        if verdict.reason in {Reason.UNKNOWN, Reason.DELAYED} and not text:
            again = judge(notice.action, notice.status, free.text)
            verdict, text = (again, free.text) if again.reason is not verdict.reason else (verdict, text)
        found.setdefault(
            notice.recipient.casefold(),
            Reported(
                recipient=notice.recipient,
                kind=verdict.kind,
                reason=verdict.reason,
                action=notice.action,
                status=verdict.status,
                diagnostic=one_line(text),
                original_recipient=notice.original_recipient,
                original_message_id=one_line(free.original["message-id"]),
                envelope_to=_envelope_to(letter.headers),
            ),
        )
    return list(found.values())


def _complained(letter: Letter, complaint: Complaint) -> list[Reported]:
    original = next((returned_headers(part) for part in letter.parts if part.is_returned), Headers([]))
    return [
        Reported(
            recipient=recipient,
            kind=Kind.COMPLAINT,
            reason=complaint.reason,
            diagnostic=one_line(complaint.diagnostic),
            original_message_id=one_line(original["message-id"]),
            envelope_to=_envelope_to(letter.headers),
        )
        for recipient in complaint.recipients or [""]
    ]


def _envelope_to(headers: Headers) -> str:
    return next((address for name in _ENVELOPE if (address := address_in(headers[name]))), "")
