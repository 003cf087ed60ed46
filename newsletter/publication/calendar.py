"""On which dates a newsletter appears, when each edition is due and cut off, and how far back it looks. Pure.

Every moment follows from a local date and the newsletter's zone, and is returned in UTC: a change of the clock
moves it, and neither doubles nor loses it.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""In the order of ``date.weekday``."""

_LEAP_YEAR = "2000"
"""The 29th of February can be a day off."""

_FURTHEST = 40 * 366
"""Days to look for a date on which a newsletter appears; the rules of the settings leave one long before."""

_DAY = timedelta(days=1)

LONGEST_CUT_OFF = timedelta(hours=12)
"""The most that ``cutoff_minutes`` can be."""


class Calendar(Protocol):
    """What these questions need of a newsletter's settings; docs/settings.md describes each."""

    @property
    def send_time(self) -> time: ...

    @property
    def timezone(self) -> ZoneInfo: ...

    @property
    def cutoff_minutes(self) -> int: ...

    @property
    def window_hours(self) -> int: ...

    @property
    def carry_hours(self) -> int: ...

    @property
    def send_days(self) -> str: ...

    @property
    def days_off(self) -> str: ...


def read_send_days(text: str) -> frozenset[int]:
    """Return days of the week as ``date.weekday`` counts them. Raises ValueError for none, and for others."""
    days = frozenset(WEEKDAYS.index(word) for word in text.split())
    if not days:
        raise ValueError("no day of the week")
    return days


def read_days_off(text: str) -> tuple[frozenset[date], frozenset[tuple[int, int]]]:
    """Return the dates written ``2026-12-25``, and the month and day of those written ``12-25``, for every year.

    Raises ValueError for what is no date.
    """
    dates, yearly = set(), set()
    for word in text.split():
        every_year = len(word) == len("12-25")
        read = date.fromisoformat(f"{_LEAP_YEAR}-{word}" if every_year else word)
        if read.isoformat()[-len(word) :] != word:
            raise ValueError(f"{word} is no date")
        if every_year:
            yearly.add((read.month, read.day))
        else:
            dates.add(read)
    return frozenset(dates), frozenset(yearly)


def due_at(on: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which a local clock shows ``at`` on that date.

    Where the clock jumps over that time the instant moves forward with it; where it shows the time twice the
    first one counts. With one edition for each local date, neither change sends twice or skips a day.
    """
    return datetime.combine(on, at, tzinfo=zone).replace(fold=0).astimezone(UTC)


def has_date(on: date, zone: ZoneInfo) -> bool:
    """Whether the zone had that date at all: Samoa crossed the date line and had no 30 December 2011."""
    return due_at(on, time.min, zone) < due_at(on + _DAY, time.min, zone)


def is_send_date(settings: Calendar, on: date) -> bool:
    """Whether an edition appears on a local date: its weekday is one of them, and it is no day off."""
    dates, yearly = read_days_off(settings.days_off)
    return (
        on.weekday() in read_send_days(settings.send_days)
        and on not in dates
        and (on.month, on.day) not in yearly
        and has_date(on, settings.timezone)
    )


def previous_send_date(settings: Calendar, on: date) -> date:
    """Return the last date before ``on`` on which an edition appears."""
    return next(each for back in range(1, _FURTHEST) if is_send_date(settings, each := on - back * _DAY))


def next_send_date(settings: Calendar, on: date) -> date:
    """Return the first date from ``on`` on which an edition appears."""
    return next(each for ahead in range(_FURTHEST) if is_send_date(settings, each := on + ahead * _DAY))


def edition_due_at(settings: Calendar, on: date) -> datetime:
    """Return when the edition of a date is due."""
    return due_at(on, settings.send_time, settings.timezone)


def cut_off(settings: Calendar, on: date) -> datetime:
    """Return when an edition's gathering begins, which is when its window ends."""
    return edition_due_at(settings, on) - timedelta(minutes=settings.cutoff_minutes)


def next_due_at(settings: Calendar, now: datetime) -> datetime:
    """Return the first instant after ``now`` at which an edition is due."""
    on = next_send_date(settings, _local_date(settings, now) - _DAY)
    while edition_due_at(settings, on) <= now:
        on = next_send_date(settings, on + _DAY)
    return edition_due_at(settings, on)


def next_cut_off(settings: Calendar, now: datetime) -> datetime:
    """Return the first cut-off after ``now``."""
    on = next_send_date(settings, _local_date(settings, now) - _DAY)
    while cut_off(settings, on) <= now:
        on = next_send_date(settings, on + _DAY)
    return cut_off(settings, on)


def window_start(settings: Calendar, on: date, last_cut_off: datetime | None = None) -> datetime:
    """Return from when on an article is new enough for the edition of a date.

    That is ``window_hours`` before the cut-off, or the cut-off of the date before where weekends and days off lie
    between: what they brought is in the next edition. ``last_cut_off`` is when the last edition that went out was
    cut off, None where none ever did: editions missed or skipped since then are caught up with in one, by up to
    ``carry_hours`` more.
    """
    start = min(
        cut_off(settings, on) - timedelta(hours=settings.window_hours),
        cut_off(settings, previous_send_date(settings, on)),
    )
    if last_cut_off is None or last_cut_off >= start:
        return start
    return max(last_cut_off, start - timedelta(hours=settings.carry_hours))


def _local_date(settings: Calendar, now: datetime) -> date:
    return now.astimezone(settings.timezone).date()
