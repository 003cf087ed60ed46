"""The tick: looks at the tables, creates what is due and rings for everything that waits.

Idempotent and safe in parallel: two beats, an operator's ring and a retry are all the same statement. Whatever
the broker forgets is rung again here.
"""

from datetime import datetime

import sqlalchemy as sa

from newsletter import log
from newsletter.bell import Bell, TaskName
from newsletter.delivery.confirmation import due_confirmations
from newsletter.delivery.reconcile import cancel_leftovers
from newsletter.edition import store
from newsletter.edition.plan import EditionRequest, plan_edition, record_missed, release_for_sending
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition, unfinished_editions
from newsletter.gather.sources import due_source_ids
from newsletter.publication.newsletters import Newsletter, list_newsletters
from newsletter.schedule.lateness import is_too_late, miss
from newsletter.schedule.timetable import Due, recent_slots

_log = log.get("schedule")


def tick(connection: sa.Connection, now: datetime) -> list[Bell]:
    """Create the editions that are due and return the bells to ring after the commit."""
    for newsletter in list_newsletters(connection):
        if newsletter.scheduled:
            _plan_due(connection, newsletter, now)
    cancel_leftovers(connection)
    return [
        *(Bell(TaskName.GATHER_SOURCE, each) for each in due_source_ids(connection, now)),
        *(Bell(TaskName.ADVANCE_EDITION, each.id) for each in unfinished_editions(connection, now)),
        *(Bell(TaskName.SUBMIT_CONFIRMATION, each) for each in due_confirmations(connection, now)),
    ]


def _plan_due(connection: sa.Connection, newsletter: Newsletter, now: datetime) -> None:
    for slot in recent_slots(newsletter.send_time, newsletter.timezone, newsletter.scheduled_since, now):
        request = EditionRequest(newsletter.id, slot.on, slot.at, requested_by="timetable")
        if slot.due is Due.NOW:
            edition_id, is_new = plan_edition(connection, request)
            if is_new:
                _log.info("edition_planned", edition_id=edition_id)
            else:
                _wake(connection, store.get_edition(connection, edition_id, lock=True), slot.at)
        elif slot.due is Due.TOO_LATE:
            reason = f"It was due at {slot.at:%H:%M} UTC, and nothing ran until {now:%Y-%m-%d %H:%M} UTC."
            edition_id, is_new = record_missed(connection, request, reason)
            edition = store.get_edition(connection, edition_id, lock=True)
            if is_new:
                _log.error("edition_ended", edition_id=edition_id, state=EditionState.MISSED, reason=reason)
            elif is_too_late(edition, now):
                miss(connection, edition, now)


def _wake(connection: sa.Connection, edition: Edition, due_at: datetime) -> None:
    """Let an edition that was tried by hand before its time have its time all the same."""
    release_for_sending(connection, edition.id, "timetable")
    ended_early = edition.finished_at is not None and edition.finished_at < due_at
    if edition.state in {EditionState.SKIPPED, EditionState.FAILED} and ended_early:
        store.move(
            connection,
            edition.id,
            (edition.state, EditionState.PLANNED),
            reason="",
            finished_at=None,
            due_at=due_at,
        )
