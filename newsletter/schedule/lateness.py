"""Too late is too late: an edition that was not sent within the window is missed, never sent stale."""

from datetime import datetime

import sqlalchemy as sa

from newsletter import log
from newsletter.edition import store
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.schedule.timetable import LATE_WINDOW

_log = log.get("schedule")

_UNSENT = frozenset({EditionState.PLANNED, EditionState.GATHERING, EditionState.READY})


def is_too_late(edition: Edition, now: datetime) -> bool:
    """Whether an edition that has not been sent must not be any more."""
    return edition.state in _UNSENT and now > edition.due_at + LATE_WINDOW


def miss(connection: sa.Connection, edition: Edition, now: datetime) -> None:
    """Move an unsent edition to missed. Raises ConflictError when it went on meanwhile."""
    reason = f"It was due at {edition.due_at:%Y-%m-%d %H:%M} UTC and not sent by {now:%Y-%m-%d %H:%M} UTC."
    move = (edition.state, EditionState.MISSED)
    store.move(connection, edition.id, move, reason=reason, finished_at=now)
    _log.error("edition_ended", edition_id=edition.id, state=EditionState.MISSED, reason=reason)
