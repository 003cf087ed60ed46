"""Advance an edition: do the next thing that it needs, whatever that is, and say whom to ring.

Called by the tick, by every poll of one of its sources and by every end of a batch. Each step is a guarded move,
so that calling it twice, or from two tasks at once, does each thing once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter import log
from newsletter.bell import Bell, TaskName
from newsletter.delivery.reconcile import close_edition, is_due, reconcile
from newsletter.delivery.start import start_sending
from newsletter.edition import store
from newsletter.edition.assemble import Workshop, assemble
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.gather.store import source_ids_of, unpolled_source_ids
from newsletter.schedule.lateness import is_too_late, miss

_log = log.get("schedule")


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the steps may take. ``submitters`` is the number of tasks that submit one edition together."""

    gather_limit: timedelta
    delivery_lifetime: timedelta
    uncertain_policy: str
    submitters: int = 2


def advance(
    connection: sa.Connection, edition_id: int, workshop: Workshop, pace: Pace, now: datetime
) -> list[Bell]:
    """Take an edition as far as it can go now; return the bells to ring after the commit."""
    edition = store.get_edition(connection, edition_id)
    if is_too_late(edition, now) and edition.sends_when_ready:
        miss(connection, edition, now)
        return []
    if edition.state is EditionState.PLANNED:
        start = (EditionState.PLANNED, EditionState.GATHERING)
        store.move(connection, edition.id, start, gathering_at=now)
        edition = store.get_edition(connection, edition_id)
    if edition.state is EditionState.GATHERING:
        waiting = _unpolled(connection, edition)
        if waiting and edition.gathering_at and now < edition.gathering_at + pace.gather_limit:
            return [Bell(TaskName.GATHER_SOURCE, each) for each in waiting]
        assemble(connection, edition_id, workshop, now)
        edition = store.get_edition(connection, edition_id)
    if edition.state is EditionState.READY and edition.sends_when_ready:
        start_sending(connection, edition_id, now)
        edition = store.get_edition(connection, edition_id)
    if edition.state is EditionState.SENDING:
        reconcile(connection, edition_id, pace.delivery_lifetime, pace.uncertain_policy)
        if not close_edition(connection, edition_id, now) and is_due(connection, edition_id):
            return [Bell(TaskName.SUBMIT_EDITION, edition_id)] * pace.submitters
    return []


def bells_for_source(connection: sa.Connection, source_id: int, now: datetime) -> list[Bell]:
    """Return a bell for each edition that has just been waiting for this source."""
    waiting = [each for each in store.unfinished_editions(connection, now) if each.state is EditionState.GATHERING]
    return [
        Bell(TaskName.ADVANCE_EDITION, each.id)
        for each in waiting
        if source_id in _source_ids(connection, each) and not _unpolled(connection, each)
    ]


def _source_ids(connection: sa.Connection, edition: Edition) -> list[int]:
    if edition.source_ids is not None:
        return edition.source_ids
    return source_ids_of(connection, edition.newsletter_id)


def _unpolled(connection: sa.Connection, edition: Edition) -> list[int]:
    since = edition.gathering_at or edition.created_at
    return unpolled_source_ids(connection, _source_ids(connection, edition), since)
