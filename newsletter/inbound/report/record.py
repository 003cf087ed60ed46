"""A report is written down, once, and what follows from it is done in the same transaction.

However often and by whichever doors the same thing is reported, a reader has one row for each door, one point for
each delivery, and at most one point a day.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter import log
from newsletter.inbound.report.reported import Kind, Reported, one_line
from newsletter.inbound.report.score import Ruling, Standing, rule
from newsletter.inbound.tables import report
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import unsubscribe
from newsletter.readers.suppressions import suppress
from newsletter.readers.tables import SubscriptionState, SuppressionReason, subscriber, subscription

_log = log.get("inbound")


class Outcome(StrEnum):
    """What became of a report, in a word or two."""

    SUPPRESSED = "suppressed"
    COUNTED = "counted"
    """A point was added."""
    NOTED = "noted"
    """It is in the figures, and changes nothing for the reader."""
    REPEATED = "repeated"
    NOT_OURS = "not ours"
    """Nothing in it is signed by us, or its reader is not here any more."""


@dataclass(frozen=True, slots=True)
class Told:
    """A report that is believed. ``source`` is its door, ``event`` what it is known by there."""

    source: str
    event: str
    reported: Reported
    subscriber_id: int
    edition_id: int | None


def record_report(connection: sa.Connection, told: Told, limit: float, now: datetime) -> Outcome:
    """Write a report down and do what follows: a point, a suppression, the end of a reader's subscriptions.

    ``limit`` is BOUNCE_LIMIT. The reader's row is locked, so that reports of one reader come one after another.
    """
    columns = subscriber.c
    of_reader = sa.select(columns.address, columns.bounce_score, columns.bounced_on)
    reader = connection.execute(of_reader.where(columns.id == told.subscriber_id).with_for_update()).one_or_none()
    if reader is None:
        return Outcome.NOT_OURS
    standing = Standing(reader.bounce_score, reader.bounced_on)
    ruling = rule(standing, told.reported, now.astimezone(UTC).date(), limit)
    if ruling.added and _has_counted(connection, told):
        ruling = Ruling(standing)
    if not _put(connection, told, ruling.added, now):
        return Outcome.REPEATED
    if ruling.standing != standing:
        values = ruling.standing._asdict()
        changed = sa.update(subscriber).where(columns.id == told.subscriber_id)
        connection.execute(changed.values(bounce_score=values["points"], bounced_on=values["bounced_on"]))
    if ruling.suppresses is not None:
        _end_mail(connection, told, str(reader.address), ruling, now)
    _log.info("report_recorded", source=told.source, kind=told.reported.kind, reason=told.reported.reason)
    if ruling.suppresses is not None:
        return Outcome.SUPPRESSED
    return Outcome.COUNTED if ruling.added else Outcome.NOTED


def _has_counted(connection: sa.Connection, told: Told) -> bool:
    """Whether the same delivery was counted before: a report by another door may come on another day."""
    if told.edition_id is None:
        return False
    is_same = sa.and_(report.c.subscriber_id == told.subscriber_id, report.c.edition_id == told.edition_id)
    query = sa.select(sa.exists().where(is_same, report.c.points > 0))
    return bool(connection.execute(query).scalar_one())


def _put(connection: sa.Connection, told: Told, points: float, now: datetime) -> bool:
    reported = told.reported
    row = insert(report).values(
        reported_at=now,
        source=told.source,
        event=told.event,
        kind=reported.kind,
        reason=reported.reason,
        status=reported.status,
        diagnostic=one_line(reported.diagnostic),
        points=points,
        subscriber_id=told.subscriber_id,
        edition_id=told.edition_id,
    )
    once = row.on_conflict_do_nothing(index_elements=["source", "event"]).returning(report.c.id)
    return connection.execute(once).one_or_none() is not None


def _end_mail(connection: sa.Connection, told: Told, address: str, ruling: Ruling, now: datetime) -> None:
    reported, reason = told.reported, ruling.suppresses
    assert reason is not None
    detail = one_line(f"{reported.reason}: {reported.diagnostic}" if reported.diagnostic else reported.reason)
    suppress(connection, address, reason, detail, now, expires_at=now + ruling.rest if ruling.rest else None)
    if reason is SuppressionReason.COMPLAINT:
        for subscription_id in _subscriptions(connection, told.subscriber_id):
            unsubscribe(connection, subscription_id, Origin(Kind.COMPLAINT, source=told.source), now)


def _subscriptions(connection: sa.Connection, subscriber_id: int) -> list[int]:
    """Return what a reader has not left yet, in the order in which rows are locked everywhere."""
    has_not_left = subscription.c.state != SubscriptionState.UNSUBSCRIBED
    query = sa.select(subscription.c.id).where(subscription.c.subscriber_id == subscriber_id, has_not_left)
    return list(connection.execute(query.order_by(subscription.c.id)).scalars())
