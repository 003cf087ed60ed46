"""When an edition is due, across every change of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.schedule.timetable import LATE_WINDOW, Due, Slot, due_at, recent_slots

ZONES = ["Europe/Paris", "America/New_York", "Asia/Amman", "Pacific/Apia", "Australia/Lord_Howe", "UTC"]
EVER = datetime(1990, 1, 1, tzinfo=UTC)

zones = st.sampled_from(ZONES).map(ZoneInfo)
times = st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0))
days = st.dates(date(2000, 1, 1), date(2040, 1, 1))
DAY = timedelta(days=1)


def slots_over(at: time, zone: ZoneInfo, first: datetime, hours: int) -> dict[date, set[datetime]]:
    """Return every slot seen by looking each hour, by its date."""
    seen: dict[date, set[datetime]] = {}
    for hour in range(hours):
        for slot in recent_slots(at, zone, EVER, first + timedelta(hours=hour)):
            seen.setdefault(slot.on, set()).add(slot.at)
    return seen


@pytest.mark.parametrize(
    ("expected", "on", "at", "zone"),
    [
        ("2026-03-28T06:00:00Z", "2026-03-28", "07:00", "Europe/Paris"),
        ("2026-03-29T05:00:00Z", "2026-03-29", "07:00", "Europe/Paris"),
        # 02:30 does not exist on the day the clock goes forward, and exists twice on the day it goes back.
        ("2026-03-29T01:30:00Z", "2026-03-29", "02:30", "Europe/Paris"),
        ("2026-10-25T00:30:00Z", "2026-10-25", "02:30", "Europe/Paris"),
        ("2026-03-08T07:30:00Z", "2026-03-08", "02:30", "America/New_York"),
        ("2026-11-01T05:30:00Z", "2026-11-01", "01:30", "America/New_York"),
        # Amman's clock went forward at midnight: that day began at one.
        ("2021-03-25T22:00:00Z", "2021-03-26", "00:00", "Asia/Amman"),
        ("2022-02-01T05:00:00Z", "2022-02-01", "07:00", "Asia/Amman"),
        ("2023-03-01T04:00:00Z", "2023-03-01", "07:00", "Asia/Amman"),
        ("2011-12-29T17:00:00Z", "2011-12-29", "07:00", "Pacific/Apia"),
        ("2011-12-30T17:00:00Z", "2011-12-31", "07:00", "Pacific/Apia"),
    ],
)
def test_a_local_time_is_one_instant(expected: str, on: str, at: str, zone: str) -> None:
    """Each date's edition is due when a clock on the wall says so, or just after the hour it skips."""
    moment = due_at(date.fromisoformat(on), time.fromisoformat(at), ZoneInfo(zone))
    assert datetime.fromisoformat(expected) == moment
    assert timedelta(0) == moment.utcoffset()


@given(zones, times, days)
def test_days_follow_each_other(zone: ZoneInfo, at: time, day: date) -> None:
    """The next date's edition is due between 22 and 26 hours later, except where a zone crosses the date line."""
    gap = due_at(day + DAY, at, zone) - due_at(day, at, zone)
    if day in {date(2011, 12, 29), date(2011, 12, 30)} and zone.key == "Pacific/Apia":
        assert timedelta(0) <= gap <= timedelta(hours=26)
    else:
        assert timedelta(hours=22) <= gap <= timedelta(hours=26)


@given(zones, times, days)
def test_every_date_has_exactly_one_slot(zone: ZoneInfo, at: time, day: date) -> None:
    """Looking every hour for four days shows each date once, at one instant, and later dates later."""
    first = datetime.combine(day, time(), UTC)
    seen = slots_over(at, zone, first, 96)
    assert all(1 == len(moments) for moments in seen.values())
    instants = [next(iter(seen[on])) for on in sorted(seen)]
    assert sorted(set(instants)) == instants
    on_the_calendar = {(first + timedelta(hours=hour)).astimezone(zone).date() for hour in range(96)}
    assert on_the_calendar <= set(seen)


@pytest.mark.parametrize("at", ["00:00", "07:00", "23:59"])
def test_a_date_that_a_zone_never_had_has_no_edition(at: str) -> None:
    """Samoa went from the 29th to the 31st of December 2011: no edition is due on the 30th, nor two at once."""
    seen = slots_over(time.fromisoformat(at), ZoneInfo("Pacific/Apia"), datetime(2011, 12, 28, tzinfo=UTC), 120)
    assert date(2011, 12, 30) not in seen
    assert {date(2011, 12, 29), date(2011, 12, 31)} <= set(seen)


@given(zones, times, st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 — hypothesis wants naive bounds
def test_what_is_due_follows_from_the_instant(zone: ZoneInfo, at: time, now: datetime) -> None:
    """A slot is due from its instant on for as long as it is still today's news."""
    for slot in recent_slots(at, zone, EVER, now):
        late = now - slot.at
        expected = Due.NOT_YET if late < timedelta(0) else Due.NOW if late <= LATE_WINDOW else Due.TOO_LATE
        assert expected is slot.due


@pytest.mark.parametrize(
    ("late", "due"),
    [
        (timedelta(microseconds=-1), Due.NOT_YET),
        (timedelta(0), Due.NOW),
        (LATE_WINDOW, Due.NOW),
        (LATE_WINDOW + timedelta(microseconds=1), Due.TOO_LATE),
    ],
)
def test_the_late_window(late: timedelta, due: Due) -> None:
    """An edition is sent up to six hours late and not a moment after."""
    moment = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    slots = recent_slots(time(7), ZoneInfo("UTC"), EVER, moment + late)
    assert Slot(date(2026, 3, 2), moment, due) == slots[-1]


def test_an_evening_edition_may_be_due_after_midnight() -> None:
    """Yesterday's edition that is ten minutes late is still yesterday's."""
    slots = recent_slots(time(23, 55), ZoneInfo("UTC"), EVER, datetime(2026, 3, 3, 0, 5, tzinfo=UTC))
    assert [(2, Due.NOW), (3, Due.NOT_YET)] == [(slot.on.day, slot.due) for slot in slots]


def test_nothing_was_due_before_there_was_a_newsletter() -> None:
    """A newsletter made in the afternoon did not miss its own morning."""
    made_at = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    assert [] == recent_slots(time(7), ZoneInfo("UTC"), made_at, made_at + timedelta(minutes=1))
    (first,) = recent_slots(time(7), ZoneInfo("UTC"), made_at, made_at + timedelta(hours=19))
    assert (3, Due.NOW) == (first.on.day, first.due)
