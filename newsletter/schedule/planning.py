"""What the tick makes of a newsletter's timetable: an edition a date, or the reason why a date has none.

An edition is planned at its cut-off, so that it is gathered and ready when it is due. After an outage the latest
date alone is caught up with; each date before it is missed, and says so.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from newsletter import log
from newsletter.edition import store
from newsletter.edition.plan import plan_edition, record_missed, release_for_sending
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import edition as table
from newsletter.publication.calendar import previous_send_date
from newsletter.publication.newsletters import Newsletter
from newsletter.schedule.lateness import UNSENT, is_too_late, miss
from newsletter.schedule.series import TIMETABLE, Series, expected_slots, known_dates, series_of
from newsletter.schedule.timetable import Due, Slot, overtaken_slots, recent_slots

_log = log.get("schedule")

_ENDED_EARLY = frozenset({EditionState.SKIPPED, EditionState.FAILED})


def plan_due(connection: sa.Connection, newsletter: Newsletter, now: datetime) -> None:
    """Plan the editions that are due, wake one that was tried by hand too early, and record those that are lost.

    A weekly edition is planned only while somebody reads it, and lost only where there was one the week before.
    """
    daily, *weekly = series_of(newsletter)
    slots = recent_slots(newsletter, newsletter.scheduled_since, now)
    overtaken = overtaken_slots(newsletter, newsletter.scheduled_since)
    known = known_dates(connection, daily, [slot.on for slot in (*slots, *overtaken)])
    for slot in overtaken:
        had_one_before = known.keys() & {previous_send_date(newsletter, slot.on), slot.on - timedelta(days=1)}
        if had_one_before and slot.on not in known:
            changed = f"{newsletter.scheduled_since:%Y-%m-%d %H:%M} UTC"
            _lose(connection, daily, slot, f"Its time had passed when the timetable was changed at {changed}.")
    _plan_slots(connection, daily, slots, known, now)
    for each in weekly:
        _plan_weekly(connection, each, now)


def _plan_weekly(connection: sa.Connection, weekly: Series, now: datetime) -> None:
    newsletter = weekly.newsletter
    slots = recent_slots(newsletter, newsletter.scheduled_since, now)
    known = known_dates(connection, weekly, [slot.on for slot in slots])
    _plan_slots(connection, weekly, expected_slots(connection, weekly, slots, known), known, now)


def _plan_slots(
    connection: sa.Connection,
    series: Series,
    slots: Sequence[Slot],
    known: Mapping[date, EditionState],
    now: datetime,
) -> None:
    latest = max((slot.on for slot in slots if slot.due in {Due.CUT_OFF, Due.NOW}), default=None)
    for slot in slots:
        if known.get(slot.on) in UNSENT and slot.due is not Due.TOO_LATE:
            _follow(connection, series, slot, now)
        if slot.on == latest:
            _plan_or_wake(connection, series, slot)
        elif slot.due is Due.TOO_LATE and slot.on not in known:
            reason = f"It was due at {slot.at:%H:%M} UTC, and nothing ran until {now:%Y-%m-%d %H:%M} UTC."
            _lose(connection, series, slot, reason)
        elif slot.due is Due.NOW and slot.on not in known:
            reason = f"Nothing ran at its time; the edition of {latest} takes its place."
            _lose(connection, series, slot, reason)
        elif slot.due is Due.TOO_LATE and known.get(slot.on) in UNSENT:
            _miss(connection, series, slot, now)


def _plan_or_wake(connection: sa.Connection, series: Series, slot: Slot) -> None:
    edition_id, is_new = plan_edition(connection, series.request(slot))
    if is_new:
        _log.info("edition_planned", edition_id=edition_id)
    else:
        _wake(connection, store.get_edition(connection, edition_id, lock=True), slot)


def _follow(connection: sa.Connection, series: Series, slot: Slot, now: datetime) -> None:
    """Let an edition that waits for its time wait for the one that the timetable gives it now."""
    columns = table.c
    waits = sa.and_(columns.state.in_(UNSENT), columns.sends_when_ready, columns.due_at > now)
    connection.execute(
        sa.update(table)
        .where(columns.newsletter_id == series.newsletter.id, columns.key == series.request(slot).key)
        .where(columns.requested_by == TIMETABLE, columns.due_at != slot.at, waits)
        .values(due_at=slot.at)
    )


def _wake(connection: sa.Connection, edition: Edition, slot: Slot) -> None:
    """Let an edition that was tried by hand before its time have its time all the same."""
    ended_early = edition.finished_at is not None and edition.finished_at < slot.cut_off_at
    # Nobody came in time for the one asked for by hand: that is no word on this one.
    was_lost_early = edition.state is EditionState.MISSED and edition.due_at < slot.cut_off_at
    if edition.state in UNSENT and not edition.sends_when_ready:
        release_for_sending(connection, edition.id, TIMETABLE)
        connection.execute(sa.update(table).where(table.c.id == edition.id).values(due_at=slot.at))
    elif (edition.state in _ENDED_EARLY and ended_early) or was_lost_early:
        release_for_sending(connection, edition.id, TIMETABLE)
        again = (edition.state, EditionState.PLANNED)
        store.move(connection, edition.id, again, reason="", finished_at=None, due_at=slot.at)


def _lose(connection: sa.Connection, series: Series, slot: Slot, reason: str) -> None:
    edition_id, is_new = record_missed(connection, series.request(slot), reason)
    if is_new:
        _log.error("edition_ended", edition_id=edition_id, state=EditionState.MISSED, reason=reason)


def _miss(connection: sa.Connection, series: Series, slot: Slot, now: datetime) -> None:
    edition_id, _ = plan_edition(connection, series.request(slot))
    edition = store.get_edition(connection, edition_id, lock=True)
    if is_too_late(edition, timedelta(hours=series.newsletter.late_hours), now):
        miss(connection, edition, now)
