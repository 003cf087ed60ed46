"""What a relay's operator tells us by itself, over the web: believed because the call is signed, not the address.

A relay writes an envelope sender of its own, and some a Message-ID; whose message a report is about is found by
what it left of ours. Reports about mail that others send over the same account are none of our business.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.inbound.report.classify import judge
from newsletter.inbound.report.dsn import Notice
from newsletter.inbound.report.mailed import (
    Mailed,
    find_by_address,
    find_by_message_id,
    find_by_sender,
    has_moved,
    is_our_kind,
)
from newsletter.inbound.report.record import Outcome, Told, record_report
from newsletter.inbound.report.reported import Kind, Reason, Reported, one_line
from newsletter.inbound.tables import hook_call
from newsletter.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Pushed:
    """One report. ``event`` is what its teller knows it by; what it does not say is empty.

    ``envelope_from``, ``message_id`` and ``sender`` (its From) are of the message that the report is about.
    """

    event: str
    reported: Reported
    envelope_from: str = ""
    message_id: str = ""
    sender: str = ""


def bounced(notice: Notice) -> Reported:
    """Return a bounce judged as one that came by mail is: by its words, then by its status."""
    verdict = judge(notice.action, notice.status, notice.diagnostic)
    return Reported(
        recipient=notice.recipient,
        kind=verdict.kind,
        reason=verdict.reason,
        action=notice.action,
        status=verdict.status,
        diagnostic=one_line(notice.diagnostic),
    )


def complained(recipient: str, reason: Reason = Reason.ABUSE, diagnostic: str = "") -> Reported:
    """Return a complaint."""
    return Reported(recipient, Kind.COMPLAINT, reason, diagnostic=one_line(diagnostic))


@dataclass(frozen=True, slots=True)
class Believed:
    """How reports of one source are taken: who signs our addresses, and BOUNCE_LIMIT."""

    source: str
    tokens: Tokens
    limit: float


def accept_pushed(connection: sa.Connection, believed: Believed, pushed: Pushed, now: datetime) -> Outcome:
    """Record a report whose teller is known to be who they say; return what became of it."""
    reported = pushed.reported
    mailed = _find(connection, believed.tokens, pushed, now)
    if mailed is None or has_moved(connection, mailed, reported):
        return Outcome.NOT_OURS
    # One event may be about several readers.
    event = hashlib.sha256(f"{pushed.event} {reported.recipient} {reported.kind}".encode(errors="replace"))
    told = Told(believed.source, event.hexdigest()[:32], reported, mailed.subscriber_id, mailed.edition_id)
    return record_report(connection, told, believed.limit, now)


def use_once(connection: sa.Connection, source: str, token: str, now: datetime) -> bool:
    """Note that a call was heard which may be heard once; False when it was heard before.

    ``token`` is what its signature covers, so that no other call can carry it.
    """
    digest = hashlib.sha256(token.encode(errors="replace")).digest()
    row = insert(hook_call).values(source=source, digest=digest, heard_at=now)
    return connection.execute(row.on_conflict_do_nothing().returning(hook_call.c.source)).one_or_none() is not None


def forget_calls(connection: sa.Connection, before: datetime) -> None:
    """Forget calls that are too old to be made again."""
    connection.execute(sa.delete(hook_call).where(hook_call.c.heard_at < before))


def _find(connection: sa.Connection, tokens: Tokens, pushed: Pushed, now: datetime) -> Mailed | None:
    mailed = find_by_address(connection, tokens, [pushed.envelope_from], now)
    if mailed is not None:
        return mailed
    recipient = pushed.reported.recipient
    if is_our_kind(pushed.message_id):
        return find_by_message_id(connection, tokens, pushed.message_id, recipient)
    return find_by_sender(connection, pushed.sender, recipient)
