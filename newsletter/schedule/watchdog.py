"""The watchdog: raises the alarm when no tick is done, no verdict comes in time, or articles wait for an editor.

It leans on nothing that it watches: the web process looks every minute, and so does a thread of every worker,
neither of them by way of beat, the broker or a task.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.edition.states import EditionState
from newsletter.edition.tables import EditionKind, edition
from newsletter.publication.newsletters import Newsletter, list_newsletters
from newsletter.publication.tables import newsletter as newsletter_table
from newsletter.schedule.alarms import Cause, end_alarms, raise_alarm
from newsletter.schedule.checking import watch_checks
from newsletter.schedule.flood import watch_sign_ups
from newsletter.schedule.heartbeat import is_tick_overdue, last_tick
from newsletter.schedule.held import watch_imports
from newsletter.schedule.lateness import UNSENT, limit_of
from newsletter.schedule.reputation import watch_complaints
from newsletter.schedule.series import Series, expected_slots, known_dates, series_of
from newsletter.schedule.tables import AlarmKind, alarm, verdict
from newsletter.schedule.timetable import Due, recent_slots
from newsletter.schedule.verdict import VerdictKind

_NAME = newsletter_table.c.slug.concat("/").concat(edition.c.key)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what is watched may take: without a tick, and to send an edition."""

    tick: timedelta
    delivery_lifetime: timedelta


def watch(connection: sa.Connection, patience: Patience, now: datetime, *, has_waited: bool = True) -> None:
    """Raise the alarms that there is cause for, and end those whose cause is gone.

    ``has_waited`` says that who looks has been there for ``patience.tick``: an installation that was stopped as a
    whole, and is started again, is not silent.
    """
    _watch_tick(connection, patience.tick, now, has_waited=has_waited)
    has_verdict = sa.exists().where(verdict.c.edition_id == edition.c.id)
    is_over: sa.ColumnElement[bool] = alarm.c.about.in_(sa.select(_NAME).join(newsletter_table).where(has_verdict))
    if has_waited:
        owed = _watch_verdicts(connection, patience, now)
        # A date of which nobody wants to hear any more, or that the timetable does not have now, has no edition.
        begun = sa.select(_NAME).join(newsletter_table)
        is_over = sa.or_(is_over, ~alarm.c.about.in_(owed) & ~alarm.c.about.in_(begun))
    end_alarms(connection, sa.and_(alarm.c.kind == AlarmKind.NO_VERDICT, is_over), now)
    sent_since = (
        sa.exists()
        .where(verdict.c.kind == VerdictKind.SENT, verdict.c.given_at > alarm.c.raised_at)
        .where(edition.c.id == verdict.c.edition_id, edition.c.newsletter_id == alarm.c.newsletter_id)
    )
    end_alarms(connection, sa.and_(alarm.c.kind == AlarmKind.MISSED, sent_since), now)
    watch_imports(connection, now)
    watch_checks(connection, now)
    watch_sign_ups(connection, now)
    watch_complaints(connection, now)


def _watch_tick(connection: sa.Connection, limit: timedelta, now: datetime, *, has_waited: bool) -> None:
    if not is_tick_overdue(connection, limit):
        end_alarms(connection, alarm.c.kind == AlarmKind.TICK, now)
    elif has_waited:
        beaten_at = last_tick(connection)
        since = f"since {beaten_at:%Y-%m-%d %H:%M} UTC" if beaten_at else "yet"
        reason = (
            f"No tick was done {since}: workers, beat or the broker are down, and nothing is gathered or sent."
        )
        about = beaten_at.isoformat() if beaten_at else "never"
        raise_alarm(connection, Cause(AlarmKind.TICK, about, reason), now)


def _watch_verdicts(connection: sa.Connection, patience: Patience, now: datetime) -> list[str]:
    """Raise an alarm for each edition that owes a verdict; return the names of them all."""
    owed = []
    for each in list_newsletters(connection):
        for series in series_of(each) if each.scheduled else ():
            owed += _watch_series(connection, series, now - patience.tick)
        for name, due_at, state in _without_verdict(connection, each, patience, now):
            reason = (
                f"{name} was due at {due_at:%Y-%m-%d %H:%M} UTC; it is {state}, and nobody says what became of it."
            )
            raise_alarm(connection, Cause(AlarmKind.NO_VERDICT, name, reason, each.id), now)
            owed.append(name)
    return owed


def _watch_series(connection: sa.Connection, series: Series, then: datetime) -> list[str]:
    """Raise an alarm for each date that was too late already and has no edition; return their names."""
    newsletter = series.newsletter
    slots = recent_slots(newsletter, newsletter.scheduled_since, then)
    known = known_dates(connection, series, [slot.on for slot in slots])
    names = []
    for slot in expected_slots(connection, series, slots, known):
        if slot.due is Due.TOO_LATE and slot.on not in known:
            name = f"{newsletter.slug}/{series.request(slot).key}"
            reason = f"{name} was due at {slot.at:%Y-%m-%d %H:%M} UTC, and nothing was begun."
            raise_alarm(connection, Cause(AlarmKind.NO_VERDICT, name, reason, newsletter.id), then)
            names.append(name)
    return names


def _without_verdict(
    connection: sa.Connection, newsletter: Newsletter, patience: Patience, now: datetime
) -> list[tuple[str, datetime, str]]:
    """Return the editions that should have ended by now: name, when they were due, and how they stand."""
    late, weekly_late = (
        limit_of(kind, newsletter.late_hours) + patience.tick for kind in (EditionKind.DIGEST, EditionKind.WEEKLY)
    )
    columns = edition.c
    then = sa.case((columns.kind == EditionKind.WEEKLY, now - weekly_late), else_=now - late)
    # A wave may wait for a day, and each of its deliveries has its whole lifetime then.
    sending = late + timedelta(days=1) + patience.delivery_lifetime
    is_stuck = sa.or_(
        sa.and_(columns.state.in_(UNSENT), columns.sends_when_ready, columns.due_at < then),
        sa.and_(columns.state == EditionState.SENDING, columns.sending_at < now - sending),
    )
    has_verdict = sa.exists().where(verdict.c.edition_id == columns.id)
    query = sa.select(columns.key, columns.due_at, columns.state).where(
        columns.newsletter_id == newsletter.id, is_stuck, ~has_verdict
    )
    return [(f"{newsletter.slug}/{key}", due_at, state) for key, due_at, state in connection.execute(query)]
