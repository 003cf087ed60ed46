"""When an edition is due: a local date and time of day in an IANA zone, as one instant. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

LATE_WINDOW = timedelta(hours=6)
"""An edition this late is still today's news; after that it is missed, never sent stale."""


def due_at(on: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which a local clock shows ``at`` on that date.

    Where the clock jumps over that time the instant moves forward with it; where it shows the time twice the
    first one counts. With one edition for each local date, neither change sends twice or skips a day.
    """
    return datetime.combine(on, at, tzinfo=zone).replace(fold=0).astimezone(UTC)


def next_due_at(at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the first instant after ``now`` at which an edition is due."""
    today = now.astimezone(zone).date()
    moments = (due_at(today + timedelta(days=ahead), at, zone) for ahead in range(3))
    return next(moment for moment in moments if moment > now)


class Due(StrEnum):
    """What the timetable says of one date's edition."""

    NOT_YET = "not yet"
    NOW = "now"
    TOO_LATE = "too late"


@dataclass(frozen=True, slots=True)
class Slot:
    """One date of a newsletter's timetable."""

    on: date
    at: datetime
    due: Due


def recent_slots(at: time, zone: ZoneInfo, since: datetime, now: datetime) -> list[Slot]:
    """Return yesterday's and today's slots by the local calendar, without any from before ``since``."""
    today = now.astimezone(zone).date()
    slots = []
    for on in (today - timedelta(days=1), today):
        moment = due_at(on, at, zone)
        if moment >= since and _exists(on, zone):
            due = Due.NOT_YET if moment > now else Due.NOW if now - moment <= LATE_WINDOW else Due.TOO_LATE
            slots.append(Slot(on, moment, due))
    return slots


def _exists(on: date, zone: ZoneInfo) -> bool:
    """Whether the zone had that date at all: Samoa crossed the date line and had no 30 December 2011."""
    return due_at(on, time.min, zone) < due_at(on + timedelta(days=1), time.min, zone)
