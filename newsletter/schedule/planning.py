"""What the tick makes of a newsletter's timetable: an edition a date, or the reason why a date has none.

An edition is planned at its cut-off, so that it is gathered and ready when it is due. After an outage the latest
date alone is caught up with; each date before it is missed, and says so.
"""

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from newsletter import log
from newsletter.edition import store
from newsletter.edition.plan import EditionRequest, plan_edition, record_missed, release_for_sending
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import edition as table
from newsletter.publication.calendar import previous_send_date
from newsletter.publication.newsletters import Newsletter
from newsletter.schedule.lateness import UNSENT, is_too_late, miss
from newsletter.schedule.timetable import Due, Slot, overtaken_slots, recent_slots

_log = log.get("schedule")

_TIMETABLE = "timetable"
"""Who asks for an edition that no person asked for."""

_ENDED_EARLY = frozenset({EditionState.SKIPPED, EditionState.FAILED})


def plan_due(connection: sa.Connection, newsletter: Newsletter, now: datetime) -> None:
    """Plan the edition that is due, wake one that was tried by hand too early, and record those that are lost."""
    slots = recent_slots(newsletter, newsletter.scheduled_since, now)
    overtaken = overtaken_slots(newsletter, newsletter.scheduled_since)
    known = _known_dates(connection, newsletter.id, [slot.on for slot in (*slots, *overtaken)])
    latest = max((slot.on for slot in slots if slot.due in {Due.CUT_OFF, Due.NOW}), default=None)
    for slot in overtaken:
        had_one_before = known.keys() & {previous_send_date(newsletter, slot.on), slot.on - timedelta(days=1)}
        if had_one_before and slot.on not in known:
            changed = f"{newsletter.scheduled_since:%Y-%m-%d %H:%M} UTC"
            _lose(
                connection, newsletter, slot, f"Its time had passed when the timetable was changed at {changed}."
            )
    for slot in slots:
        if known.get(slot.on) in UNSENT and slot.due is not Due.TOO_LATE:
            _follow(connection, newsletter, slot, now)
        if slot.on == latest:
            _plan_or_wake(connection, newsletter, slot)
        elif slot.due is Due.TOO_LATE and slot.on not in known:
            reason = f"It was due at {slot.at:%H:%M} UTC, and nothing ran until {now:%Y-%m-%d %H:%M} UTC."
            _lose(connection, newsletter, slot, reason)
        elif slot.due is Due.NOW and slot.on not in known:
            _lose(
                connection, newsletter, slot, f"Nothing ran at its time; the edition of {latest} takes its place."
            )
        elif slot.due is Due.TOO_LATE and known.get(slot.on) in UNSENT:
            _miss(connection, newsletter, slot, now)


def _known_dates(connection: sa.Connection, newsletter_id: int, dates: list[date]) -> dict[date, EditionState]:
    """Return the state of each of these dates' editions for all readers."""
    columns = table.c
    before = min(dates, default=date.max) - timedelta(days=7)
    query = sa.select(columns.edition_on, columns.state).where(
        columns.newsletter_id == newsletter_id,
        columns.edition_on >= before,
        columns.key == sa.cast(columns.edition_on, sa.Text),
    )
    return {on: EditionState(state) for on, state in connection.execute(query)} if dates else {}


def _plan_or_wake(connection: sa.Connection, newsletter: Newsletter, slot: Slot) -> None:
    edition_id, is_new = plan_edition(connection, _request(newsletter, slot))
    if is_new:
        _log.info("edition_planned", edition_id=edition_id)
    else:
        _wake(connection, store.get_edition(connection, edition_id, lock=True), slot)


def _follow(connection: sa.Connection, newsletter: Newsletter, slot: Slot, now: datetime) -> None:
    """Let an edition that waits for its time wait for the one that the timetable gives it now."""
    columns = table.c
    waits = sa.and_(columns.state.in_(UNSENT), columns.sends_when_ready, columns.due_at > now)
    connection.execute(
        sa.update(table)
        .where(columns.newsletter_id == newsletter.id, columns.key == slot.on.isoformat())
        .where(columns.requested_by == _TIMETABLE, columns.due_at != slot.at, waits)
        .values(due_at=slot.at)
    )


def _wake(connection: sa.Connection, edition: Edition, slot: Slot) -> None:
    """Let an edition that was tried by hand before its time have its time all the same."""
    ended_early = edition.finished_at is not None and edition.finished_at < slot.cut_off_at
    # Nobody came in time for the one asked for by hand: that is no word on this one.
    was_lost_early = edition.state is EditionState.MISSED and edition.due_at < slot.cut_off_at
    if edition.state in UNSENT and not edition.sends_when_ready:
        release_for_sending(connection, edition.id, _TIMETABLE)
        connection.execute(sa.update(table).where(table.c.id == edition.id).values(due_at=slot.at))
    elif (edition.state in _ENDED_EARLY and ended_early) or was_lost_early:
        release_for_sending(connection, edition.id, _TIMETABLE)
        again = (edition.state, EditionState.PLANNED)
        store.move(connection, edition.id, again, reason="", finished_at=None, due_at=slot.at)


def _lose(connection: sa.Connection, newsletter: Newsletter, slot: Slot, reason: str) -> None:
    edition_id, is_new = record_missed(connection, _request(newsletter, slot), reason)
    if is_new:
        _log.error("edition_ended", edition_id=edition_id, state=EditionState.MISSED, reason=reason)


def _miss(connection: sa.Connection, newsletter: Newsletter, slot: Slot, now: datetime) -> None:
    edition_id, _ = plan_edition(connection, _request(newsletter, slot))
    edition = store.get_edition(connection, edition_id, lock=True)
    if is_too_late(edition, timedelta(hours=newsletter.late_hours), now):
        miss(connection, edition, now)


def _request(newsletter: Newsletter, slot: Slot) -> EditionRequest:
    return EditionRequest(newsletter.id, slot.on, slot.at, requested_by=_TIMETABLE)
