"""Advance an edition: do the next thing that it needs, whatever that is, and say whom to ring.

Called by the tick, by every poll of one of its sources and by every end of a batch. Each step is a guarded move,
so that calling it twice, or from two tasks at once, does each thing once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter import log
from newsletter.bell import Bell, TaskName
from newsletter.delivery import control
from newsletter.delivery.plan import Slicing
from newsletter.delivery.reconcile import close_edition, is_due, reconcile
from newsletter.delivery.start import start_sending
from newsletter.edition import store
from newsletter.edition.assemble import Workshop, assemble
from newsletter.edition.breaking import assemble_breaking
from newsletter.edition.correction import assemble_correction
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import EditionKind
from newsletter.edition.weekly import assemble_weekly
from newsletter.errors import ConflictError
from newsletter.gather.polling.sources import source_ids_of, unpolled_source_ids, was_polled_since
from newsletter.publication.calendar import LONGEST_CUT_OFF
from newsletter.schedule.checking import Way, look_at_gate, note_unheld
from newsletter.schedule.lateness import is_too_late, late_limit, miss
from newsletter.schedule.rechecking import notes_on_recheck, waits_for_recheck
from newsletter.schedule.verdicts import give_verdicts

_log = log.get("schedule")

_LONGEST_SAID = 200
"""Characters of an unforeseen error that an edition's reason repeats."""

_MAKERS = {
    EditionKind.DIGEST: assemble,
    EditionKind.WEEKLY: assemble_weekly,
    EditionKind.BREAKING: assemble_breaking,
    EditionKind.CORRECTION: assemble_correction,
}
"""What brings an edition from gathering to ready, or to its end, by its kind."""

_JUST_NOW = timedelta(minutes=1)
"""No source is asked twice in this time because a bell was rung twice."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the steps may take. ``submitters`` is the number of tasks that submit one edition together.

    ``recheck_limit`` is how long an edition waits for the last look at its articles' pages, once its sources are
    polled; with none there is no such look. ``preflight_limit`` is how long it waits, ready and due, for the check
    before its sending; with none it is not checked.
    """

    gather_limit: timedelta
    delivery_lifetime: timedelta
    slicing: Slicing = field(default_factory=Slicing)
    submitters: int = 2
    recheck_limit: timedelta = timedelta(0)
    preflight_limit: timedelta = timedelta(0)


def advance(
    connection: sa.Connection, edition_id: int, workshop: Workshop, pace: Pace, now: datetime
) -> list[Bell]:
    """Take an edition as far as it can go now; return the bells to ring after the commit.

    One of the timetable is gathered before it is due; ready, it waits for its time.
    """
    bells = _advance(connection, edition_id, workshop, pace, now)
    give_verdicts(connection, now, edition_id)
    return bells


def _advance(
    connection: sa.Connection, edition_id: int, workshop: Workshop, pace: Pace, now: datetime
) -> list[Bell]:
    edition = store.get_edition(connection, edition_id)
    if edition.sends_when_ready and is_too_late(edition, late_limit(connection, edition), now):
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
        if waits_for_recheck(connection, edition, (pace.gather_limit, pace.recheck_limit), now):
            return [Bell(TaskName.RECHECK_EDITION, edition_id)]
        notes = notes_on_recheck(edition, pace.recheck_limit)
        assemble_or_fail(connection, edition_id, workshop, now, notes)
        edition = store.get_edition(connection, edition_id)
    if edition.state is EditionState.READY:
        gate = look_at_gate(connection, edition, pace.preflight_limit, workshop.public_url, now)
        if gate.way is Way.GO and edition.sends_when_ready and edition.due_at <= now:
            note_unheld(connection, edition_id, gate)
            start_sending(connection, edition_id, now, pace.slicing)
            edition = store.get_edition(connection, edition_id)
        elif gate.needs_check:
            return [Bell(TaskName.PREFLIGHT_EDITION, edition_id)]
    return _go_on(connection, edition_id, pace, now) if edition.state is EditionState.SENDING else []


def _go_on(connection: sa.Connection, edition_id: int, pace: Pace, now: datetime) -> list[Bell]:
    """Bring what is being sent closer to its end; return a bell for each task that can submit of it."""
    # Locked before any of its batches, as everywhere; it may have stopped meanwhile.
    if store.get_edition(connection, edition_id, lock=True).state is not EditionState.SENDING:
        return []
    reason = reconcile(connection, edition_id, pace.delivery_lifetime)
    if reason:
        control.pause(connection, edition_id, reason)
    elif not close_edition(connection, edition_id, now) and is_due(connection, edition_id):
        return [Bell(TaskName.SUBMIT_EDITION, edition_id)] * pace.submitters
    return []


def assemble_or_fail(
    connection: sa.Connection, edition_id: int, workshop: Workshop, now: datetime, notes: Sequence[str] = ()
) -> None:
    """Assemble an edition; whatever is wrong with it or with us ends it, so that none is assembled for ever.

    Raises ConflictError when another task did so first, and what the database says when it is the database that
    is away or busy: those pass, and the tick comes back.
    """
    try:
        with connection.begin_nested():
            make = _MAKERS[store.get_edition(connection, edition_id).kind]
            make(connection, edition_id, workshop, now, notes)
    except (ConflictError, sa.exc.OperationalError, sa.exc.InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 — a template, a library or we: none may keep an edition for ever
        first_line = next(iter(str(error).splitlines()), "no message")[:_LONGEST_SAID]
        said = "".join(each if each.isprintable() else "?" for each in first_line)
        reason = (
            f"It could not be assembled ({type(error).__name__}: {said}). "
            "The log has the rest; ask for it again once that is mended."
        )
        states = (EditionState.GATHERING, EditionState.FAILED)
        store.move(connection, edition_id, states, reason=reason, finished_at=now)
        _log.exception("edition_ended", edition_id=edition_id, state=EditionState.FAILED, reason=reason)


def under_way(connection: sa.Connection, now: datetime) -> list[Edition]:
    """Return the editions that have begun and not ended; before they are due, those past their cut-off."""
    # None is planned before its cut-off, so whatever there is has begun.
    return store.unfinished_editions(connection, now + LONGEST_CUT_OFF)


def is_stale(connection: sa.Connection, source_id: int, now: datetime) -> bool:
    """Whether a bell for a source came too late: it was polled just now, and no edition waits for more."""
    if not was_polled_since(connection, source_id, now - _JUST_NOW):
        return False
    waiting = [each for each in under_way(connection, now) if each.state is EditionState.GATHERING]
    return not any(source_id in _unpolled(connection, each) for each in waiting)


def bells_for_source(connection: sa.Connection, source_id: int, now: datetime) -> list[Bell]:
    """Return a bell for each edition that has just been waiting for this source."""
    waiting = [each for each in under_way(connection, now) if each.state is EditionState.GATHERING]
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
