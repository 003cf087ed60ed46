"""Figures of the timetable's work, counted from rows when they are asked for."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.states import DeliveryState
from newsletter.edition.states import UNFINISHED, EditionState
from newsletter.edition.tables import edition
from newsletter.insight.figures import count_deliveries
from newsletter.publication.tables import newsletter
from newsletter.schedule.heartbeat import TICK
from newsletter.schedule.tables import heartbeat, verdict
from newsletter.schedule.verdict import VerdictKind


def count_verdicts(connection: sa.Connection) -> dict[str, dict[VerdictKind, int]]:
    """Return how many editions of each newsletter have each verdict, by its slug."""
    query = (
        sa.select(newsletter.c.slug, verdict.c.kind, sa.func.count(verdict.c.edition_id))
        .outerjoin_from(newsletter, edition, edition.c.newsletter_id == newsletter.c.id)
        .outerjoin(verdict, verdict.c.edition_id == edition.c.id)
        .group_by(newsletter.c.slug, verdict.c.kind)
        .order_by(newsletter.c.slug)
    )
    counts: dict[str, dict[VerdictKind, int]] = {}
    for slug, kind, count in connection.execute(query):
        of_newsletter = counts.setdefault(slug, {})
        if kind is not None:
            of_newsletter[VerdictKind(kind)] = count
    return counts


def seconds_since_tick(connection: sa.Connection) -> float | None:
    """Return how long ago the tick was done, by the database's clock, or None."""
    age = sa.extract("epoch", sa.func.clock_timestamp() - heartbeat.c.beaten_at)
    found = connection.execute(sa.select(age).where(heartbeat.c.name == TICK)).scalar_one_or_none()
    return None if found is None else float(found)


def oldest_unjudged(connection: sa.Connection, now: datetime) -> datetime | None:
    """Return when the oldest edition was due that is due, is to be sent and has not ended, or None."""
    columns = edition.c
    is_open = sa.and_(
        columns.state.in_(UNFINISHED), columns.state != EditionState.PAUSED, columns.sends_when_ready
    )
    query = sa.select(sa.func.min(columns.due_at)).where(is_open, columns.due_at <= now)
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def running_deliveries(connection: sa.Connection) -> dict[str, dict[DeliveryState, int]]:
    """Return the deliveries in each state of each edition that is sending or paused, by its name."""
    running = (EditionState.SENDING, EditionState.PAUSED)
    query = (
        sa.select(edition.c.id, newsletter.c.slug.concat("/").concat(edition.c.key))
        .join_from(edition, newsletter, newsletter.c.id == edition.c.newsletter_id)
        .where(edition.c.state.in_(running))
        .order_by(edition.c.id)
    )
    return {name: count_deliveries(connection, number) for number, name in connection.execute(query).all()}
