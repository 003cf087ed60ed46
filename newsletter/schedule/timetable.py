"""Which editions are to be gathered, sent or given up at a moment, by local date and zone. Pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from newsletter.publication.calendar import Calendar, cut_off, edition_due_at, is_send_date
from newsletter.publication.newsletters import Newsletter

LOOK_BACK = timedelta(days=7)
"""After an outage, dates up to this old get their verdict; of older ones nobody wants to hear any more."""

WEEKLY_LATE_HOURS = 24
"""How late a weekly edition is still sent: who reads once a week would wait for another week."""

_DAY = timedelta(days=1)


class Timetable(Calendar, Protocol):
    """A calendar that also says how late is too late."""

    @property
    def late_hours(self) -> int: ...


def weekly_timetable(newsletter: Newsletter) -> Newsletter | None:
    """Return a newsletter with the timetable of its weekly edition in place of its own; None where it has none.

    That is one day a week at the same hour, whether or not a digest appears on it. Days off hold for it too: the
    next weekly reaches back to the one before.
    """
    if not newsletter.weekly_day:
        return None
    late_hours = max(newsletter.late_hours, WEEKLY_LATE_HOURS)
    return replace(newsletter, send_days=newsletter.weekly_day, late_hours=late_hours)


class Due(StrEnum):
    """What the timetable says of one date's edition."""

    NOT_YET = "not yet"
    CUT_OFF = "cut off"
    NOW = "now"
    TOO_LATE = "too late"


@dataclass(frozen=True, slots=True)
class Slot:
    """One date of a newsletter's timetable: gathered from ``cut_off_at``, sent at ``at``."""

    on: date
    cut_off_at: datetime
    at: datetime
    due: Due


def recent_slots(settings: Timetable, since: datetime, now: datetime) -> list[Slot]:
    """Return the slots of LOOK_BACK, of today and of tomorrow by the local calendar, none before ``since``."""
    today = now.astimezone(settings.timezone).date()
    first = today - LOOK_BACK
    dates = (first + _DAY * ahead for ahead in range((today - first).days + 2))
    slots = (_slot(settings, on, now) for on in dates if is_send_date(settings, on))
    return [slot for slot in slots if slot.at >= since]


def overtaken_slots(settings: Timetable, since: datetime) -> list[Slot]:
    """Return the slots whose time had passed by when the timetable became what it is, of the dates around then.

    A newsletter that moves east may so lose a date, which was not due before and is past now.
    """
    today = since.astimezone(settings.timezone).date()
    dates = (today - 2 * _DAY, today - _DAY, today)
    slots = (_slot(settings, on, since) for on in dates if is_send_date(settings, on))
    return [slot for slot in slots if slot.at < since]


def _slot(settings: Timetable, on: date, now: datetime) -> Slot:
    at, cut_off_at = edition_due_at(settings, on), cut_off(settings, on)
    if now < cut_off_at:
        due = Due.NOT_YET
    elif now < at:
        due = Due.CUT_OFF
    else:
        due = Due.NOW if now - at <= timedelta(hours=settings.late_hours) else Due.TOO_LATE
    return Slot(on, cut_off_at, at, due)
