"""When an edition waits for the last look at its articles' pages, and when it goes on without."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.edition.store import Edition
from newsletter.gather.polling.sources import source_ids_of
from newsletter.gather.tables import source

OVERDUE = "The articles' pages were not looked at once more: that took too long."
"""The note of an edition that went on without."""


def waits_for_recheck(
    connection: sa.Connection, edition: Edition, limits: tuple[timedelta, timedelta], now: datetime
) -> bool:
    """Whether an edition whose sources are gathered still waits for its last look.

    ``limits`` are how long the gathering may take, and then the look; with nothing for the look none waits.
    """
    to_gather, to_look = limits
    if not to_look or edition.rechecked_at is not None:
        return False
    return now < _gathered_at(connection, edition, to_gather) + to_look


def notes_on_recheck(edition: Edition, limit: timedelta) -> tuple[str, ...]:
    """Return what is to be told of a last look that did not come about."""
    return (OVERDUE,) if limit and edition.rechecked_at is None else ()


def _gathered_at(connection: sa.Connection, edition: Edition, limit: timedelta) -> datetime:
    """Return since when it could be looked at: its sources were polled, or it is chosen anew."""
    began_at = edition.gathering_at or edition.created_at
    source_ids = edition.source_ids
    if source_ids is None:
        source_ids = source_ids_of(connection, edition.newsletter_id)
    last = sa.select(sa.func.max(source.c.polled_at)).where(source.c.id.in_(source_ids))
    # They are polled all day: what comes after the time for gathering is no reason to wait on.
    polled_at = min(connection.execute(last).scalar_one() or began_at, began_at + limit)
    # One that is chosen anew was ready before.
    return max(began_at, polled_at, edition.ready_at or began_at)
