"""An edition that was mailed, and what comes back of it: reports of our own making, in the shapes of the RFCs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from newsletter.addressed import address_maker
from newsletter.inbound.door.received import Received
from newsletter.inbound.report.accept import accept_report
from newsletter.inbound.tables import report
from newsletter.readers.tables import subscriber, subscription, suppression
from newsletter.tokens import Purpose
from tests.delivery.press import NOW, Press

DOMAIN = "back.paper.example"
LIMIT = 5.0
_STATUS = """\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
To: {to}
Subject: Undelivered mail
Date: Mon, 2 Mar 2026 13:00:08 +0000
Message-ID: <{number}@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

{groups}
--b--
"""
_GROUP = """\
Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}
"""
_COMPLAINT = """\
From: feedback@operator.example
To: {to}
Subject: FW: News
Date: Mon, 2 Mar 2026 13:00:08 +0000
Message-ID: <{number}@operator.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Feedback/1
Version: 1
{fields}

--b
Content-Type: message/rfc822

From: The Daily <news@paper.example>
To: redacted@operator.example
Subject: News
{returned}

News.

--b--
"""


def failure(
    to: str, recipient: str = "ann@example.org", status: str = "5.1.1", said: str = "", action: str = "failed"
) -> bytes:
    """Return a delivery status notification (RFC 3464) of one recipient."""
    return failures(to, (recipient, status, said, action))


def failures(to: str, *told: tuple[str, str, str, str]) -> bytes:
    """Return one of several recipients: address, status, what was said, action."""
    groups = "\n".join(
        _GROUP.format(recipient=recipient, status=status, said=said or f"550 {status} no", action=action)
        for recipient, status, said, action in told
    )
    return _STATUS.format(to=to, groups=groups, number=next(_NUMBERS)).encode()


def complaint(to: str, *, kind: str = "abuse", fields: str = "X-None: 1", returned: str = "X-None: 1") -> bytes:
    """Return a complaint (RFC 5965), with more fields in its report and in the message that it returns."""
    return _COMPLAINT.format(to=to, kind=kind, fields=fields, returned=returned, number=next(_NUMBERS)).encode()


_NUMBERS = count(1)


@dataclass
class Returning:
    """What the tests of reports do: mail comes back for the readers of one edition."""

    press: Press
    now: datetime = NOW
    edition_id: int = 0
    deliveries: dict[str, int] = field(default_factory=dict)
    _count: int = 0

    def mail(self, *names: str) -> None:
        """Plan an edition for new readers of these names, each at example.org."""
        readers = self.press.add_readers(*names)
        self.edition_id = self.press.make_ready([])
        self.press.start(self.edition_id)
        rows = {row.subscription_id: row.id for row in self.press.rows(self.edition_id)}
        self.deliveries = {name: rows[reader] for name, reader in zip(names, readers, strict=True)}

    def address(self, name: str, purpose: Purpose = Purpose.BOUNCE, issued_at: datetime = NOW) -> str:
        """Return the envelope sender of a reader's message."""
        return address_maker(self.press.tokens, purpose, DOMAIN, issued_at)(self.deliveries[name])

    def receive(self, octets: bytes, to: str = "", *, days: float = 0) -> str:
        """Take what came, some days later; return what became of it."""
        self._count += 1
        now = self.now + timedelta(days=days)
        received = Received(self._count, "lmtp", "", to, octets, now)
        with self.press.database.transaction() as connection:
            return accept_report(connection, self.press.tokens, LIMIT, received, now)

    def bounce(self, name: str, status: str = "5.2.2", said: str = "", *, days: float = 0) -> str:
        """Take a report about a reader's message."""
        to = self.address(name)
        return self.receive(failure(to, f"{name}@example.org", status, said), to, days=days)

    def score(self, name: str) -> float:
        """Return a reader's points."""
        query = sa.select(subscriber.c.bounce_score).where(subscriber.c.address == f"{name}@example.org")
        with self.press.database.transaction() as connection:
            return float(connection.execute(query).scalar_one())

    def suppressed(self) -> dict[str, tuple[str, datetime | None]]:
        """Return who is mailed no more: the reason, and until when."""
        columns = suppression.c
        query = sa.select(columns.canonical_address, columns.reason, columns.expires_at)
        with self.press.database.transaction() as connection:
            rows = connection.execute(query)
            return {row.canonical_address.partition("@")[0]: (row.reason, row.expires_at) for row in rows}

    def states(self) -> list[str]:
        """Return how each subscription stands, in their order."""
        with self.press.database.transaction() as connection:
            query = sa.select(subscription.c.state).order_by(subscription.c.id)
            return list(connection.execute(query).scalars())

    def reports(self) -> list[dict[str, Any]]:
        """Return what is written down, in order."""
        with self.press.database.transaction() as connection:
            return [dict(row) for row in connection.execute(sa.select(report).order_by(report.c.id)).mappings()]
