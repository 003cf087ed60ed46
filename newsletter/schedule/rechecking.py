"""When an edition waits for the last look at its articles' pages, and when it goes on without."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.edition.store import Edition
from newsletter.gather.polling.sources import source_ids_of
from newsletter.gather.tables import source

OVERDUE = "The articles' pages were not looked at once more: that took too long."
"""The note of an edition that went on without."""


def waits_for_recheck(connection: sa.Connection, edition: Edition, limit: timedelta, now: datetime) -> bool:
    """Whether an edition whose sources are gathered still waits for its last look; with no ``limit`` none does."""
    return bool(limit) and edition.rechecked_at is None and now < _gathered_at(connection, edition) + limit


def notes_on_recheck(edition: Edition, limit: timedelta) -> tuple[str, ...]:
    """Return what is to be told of a last look that did not come about."""
    return (OVERDUE,) if limit and edition.rechecked_at is None else ()


def _gathered_at(connection: sa.Connection, edition: Edition) -> datetime:
    """Return since when it could be looked at: its sources were polled, or it is chosen anew."""
    source_ids = edition.source_ids
    if source_ids is None:
        source_ids = source_ids_of(connection, edition.newsletter_id)
    last = sa.select(sa.func.max(source.c.polled_at)).where(source.c.id.in_(source_ids))
    last_polled = connection.execute(last).scalar_one()
    # One that is chosen anew was ready before.
    moments = (edition.gathering_at or edition.created_at, edition.ready_at, last_polled)
    return max(each for each in moments if each is not None)
