"""Too late is too late: an edition that was not sent within ``late_hours`` is missed, never sent stale."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter import log
from newsletter.edition import store
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import EditionKind
from newsletter.publication.tables import newsletter
from newsletter.schedule.timetable import WEEKLY_LATE_HOURS

_log = log.get("schedule")

UNSENT = frozenset({EditionState.PLANNED, EditionState.GATHERING, EditionState.READY})
"""States in which no reader has a delivery. What is being sent goes on, however late its last wave is."""


def late_limit(connection: sa.Connection, edition: Edition) -> timedelta:
    """Return how late an edition is still today's news (``limit_of``)."""
    query = sa.select(newsletter.c.late_hours).where(newsletter.c.id == edition.newsletter_id)
    return limit_of(edition.kind, connection.execute(query).scalar_one())


def limit_of(kind: EditionKind, late_hours: int) -> timedelta:
    """Return how late an edition of a kind may be, by its newsletter's setting: a weekly has a day at least."""
    return timedelta(hours=max(late_hours, WEEKLY_LATE_HOURS) if kind is EditionKind.WEEKLY else late_hours)


def is_too_late(edition: Edition, limit: timedelta, now: datetime) -> bool:
    """Whether an edition that has not been sent must not be any more."""
    return edition.state in UNSENT and now > edition.due_at + limit


def miss(connection: sa.Connection, edition: Edition, now: datetime) -> None:
    """Move an unsent edition to missed. Raises ConflictError when it went on meanwhile."""
    reason = f"It was due at {edition.due_at:%Y-%m-%d %H:%M} UTC and not sent by {now:%Y-%m-%d %H:%M} UTC."
    if edition.state is EditionState.READY and edition.reason:
        reason += f" {edition.reason}"
    move = (edition.state, EditionState.MISSED)
    store.move(connection, edition.id, move, reason=reason, finished_at=now)
    _log.error("edition_ended", edition_id=edition.id, state=EditionState.MISSED, reason=reason)
