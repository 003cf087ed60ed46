"""When an edition is due, across every change of the clock."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.publication.calendar import due_at
from newsletter.publication.newsletters import NewsletterSettings
from newsletter.schedule.timetable import Due, Slot, overtaken_slots, recent_slots

ZONES = ["Europe/Paris", "America/New_York", "Asia/Amman", "Pacific/Apia", "Australia/Lord_Howe", "UTC"]
EVER = datetime(1990, 1, 1, tzinfo=UTC)

zones = st.sampled_from(ZONES).map(ZoneInfo)
times = st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0))
days = st.dates(date(2000, 1, 1), date(2040, 1, 1))
DAY = timedelta(days=1)
LATE = timedelta(hours=6)
CUT_OFF = timedelta(minutes=20)


def newsletter(at: time = time(7), zone: str = "UTC") -> NewsletterSettings:
    return NewsletterSettings("daily", "The Daily", "The Paper", "news@paper.example", send_time=at, zone=zone)


def slots_over(at: time, zone: ZoneInfo, first: datetime, hours: int) -> dict[date, set[datetime]]:
    """Return every slot seen by looking each hour, by its date."""
    seen: dict[date, set[datetime]] = {}
    for hour in range(hours):
        for slot in recent_slots(newsletter(at, zone.key), EVER, first + timedelta(hours=hour)):
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


@settings(deadline=None)
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
    """A slot is gathered from its cut-off on, and due from its instant for as long as it is still today's news."""
    for slot in recent_slots(newsletter(at, zone.key), EVER, now):
        late = now - slot.at
        assert CUT_OFF == slot.at - slot.cut_off_at
        if late < -CUT_OFF:
            assert Due.NOT_YET is slot.due
        elif late < timedelta(0):
            assert Due.CUT_OFF is slot.due
        else:
            assert (Due.NOW if late <= LATE else Due.TOO_LATE) is slot.due


@pytest.mark.parametrize(
    ("late", "due"),
    [
        (-CUT_OFF - timedelta(microseconds=1), Due.NOT_YET),
        (-CUT_OFF, Due.CUT_OFF),
        (timedelta(microseconds=-1), Due.CUT_OFF),
        (timedelta(0), Due.NOW),
        (LATE, Due.NOW),
        (LATE + timedelta(microseconds=1), Due.TOO_LATE),
    ],
)
def test_the_late_window(late: timedelta, due: Due) -> None:
    """An edition is gathered twenty minutes early, sent up to six hours late, and not a moment after."""
    moment = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    slots = recent_slots(newsletter(), EVER, moment + late)
    assert Slot(date(2026, 3, 2), moment - CUT_OFF, moment, due) in slots


def test_each_newsletter_says_how_late_is_too_late() -> None:
    """With a setting of 24 hours yesterday's edition is still due."""
    now = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
    patient = replace(newsletter(), late_hours=24)
    dues = {slot.on.day: slot.due for slot in recent_slots(patient, EVER, now)}
    assert (Due.TOO_LATE, Due.NOW, Due.NOT_YET) == (dues[1], dues[2], dues[3])


def test_an_evening_edition_may_be_due_after_midnight() -> None:
    """Yesterday's edition that is ten minutes late is still yesterday's."""
    slots = recent_slots(newsletter(time(23, 55)), EVER, datetime(2026, 3, 3, 0, 5, tzinfo=UTC))
    assert [(2, Due.NOW), (3, Due.NOT_YET)] == [(slot.on.day, slot.due) for slot in slots if slot.on.day in {2, 3}]


def test_an_edition_just_after_midnight_is_cut_off_the_day_before() -> None:
    """Tomorrow's slot is seen today."""
    slots = recent_slots(newsletter(time(0, 10)), EVER, datetime(2026, 3, 2, 23, 55, tzinfo=UTC))
    assert (date(2026, 3, 3), Due.CUT_OFF) == (slots[-1].on, slots[-1].due)


def test_nothing_was_due_before_there_was_a_newsletter() -> None:
    """A newsletter made in the afternoon did not miss its own morning."""
    made_at = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    (tomorrow,) = recent_slots(newsletter(), made_at, made_at + timedelta(minutes=1))
    assert (3, Due.NOT_YET) == (tomorrow.on.day, tomorrow.due)
    first = recent_slots(newsletter(), made_at, made_at + timedelta(hours=19))[0]
    assert (3, Due.NOW) == (first.on.day, first.due)


def test_holidays_and_weekends_have_no_slot() -> None:
    """A date off is not due, not late and not missed."""
    resting = replace(newsletter(), send_days="mon tue wed thu fri", days_off="03-02")
    slots = recent_slots(resting, EVER, datetime(2026, 3, 4, 12, 0, tzinfo=UTC))
    assert [26, 27, 3, 4, 5] == [slot.on.day for slot in slots][-5:]


@given(zones, zones, times, st.datetimes(datetime(2020, 1, 3), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 — hypothesis wants naive bounds
@settings(max_examples=200)
def test_a_newsletter_that_moves(before: ZoneInfo, after: ZoneInfo, at: time, moved_at: datetime) -> None:
    """Each date from before the move to after it was due in the old zone, is due in the new one, or was overtaken.

    That each date is one edition, whose key is the date, is the table's promise; here no date is forgotten.
    """
    old, new = newsletter(at, before.key), newsletter(at, after.key)
    due_before = {slot.on for slot in recent_slots(old, EVER, moved_at) if slot.at < moved_at}
    due_after = {slot.on for slot in recent_slots(new, moved_at, moved_at + 3 * DAY)}
    overtaken = {slot.on for slot in overtaken_slots(new, moved_at)}
    first, last = min(due_before), max(due_after)
    assert {first + DAY * day for day in range((last - first).days + 1)} == due_before | due_after | overtaken


TEN_YEARS = (date(2020, 1, 1), date(2029, 12, 31))
MOST_SKIPPED = timedelta(hours=3)
"""As Casey in Antarctica did in 2020; all others skip an hour or two at once."""

CLOCK_TIMES = [time(minute // 60, minute % 60) for minute in range(0, 1440, 30)]


def days_near_a_change(zone: ZoneInfo) -> Iterator[date]:
    """Give each date of ten years within two days of a change of the zone's clock."""
    first, last = (datetime.combine(day, time(12), UTC) for day in TEN_YEARS)
    near: set[date] = set()
    day, offset = first, zone.utcoffset(first.astimezone(zone))
    while day < last:
        day += DAY
        now = zone.utcoffset(day.astimezone(zone))
        if now != offset:
            near |= {day.date() + DAY * each for each in range(-3, 3)}
            offset = now
    yield from sorted(near)


def test_ten_years_in_every_zone() -> None:
    """In every zone there is, over ten years, each local date has exactly one due time, after the one before.

    All days near a change of the clock are looked at, at every half hour of the day. Between changes the offset
    stands still, and every day is the one before it, 24 hours later.
    """
    looked_at = 0
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        days = list(days_near_a_change(zone))
        for at in CLOCK_TIMES:
            moments = {day: due_at(day, at, zone) for day in days}
            for day, moment in moments.items():
                local, wanted = moment.astimezone(zone), datetime.combine(day, at)
                shown = local.replace(tzinfo=None)
                # As asked for, and the first of two; or moved on by as much as the clock skips.
                assert (shown == wanted and not local.fold) or shown > wanted, (name, day, at)
                assert shown - wanted <= MOST_SKIPPED, (name, day, at)
                assert moment > moments.get(day - DAY, EVER), (name, day, at)
            looked_at += len(days)
    assert looked_at > 500_000


@given(st.sampled_from(sorted(available_timezones())), times, st.dates(*TEN_YEARS))
@settings(max_examples=100)
def test_any_day_in_any_zone(name: str, at: time, day: date) -> None:
    """Looked at every hour of three days, each date on the zone's calendar is due once, at one instant."""
    zone = ZoneInfo(name)
    seen = slots_over(at, zone, datetime.combine(day, time(), UTC), 72)
    assert all(1 == len(moments) for moments in seen.values())
    assert {
        (datetime.combine(day, time(), UTC) + timedelta(hours=h)).astimezone(zone).date() for h in range(72)
    } <= set(seen)
