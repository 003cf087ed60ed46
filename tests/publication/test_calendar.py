"""On which dates a newsletter appears, and what each edition's window is."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.publication.calendar import (
    LONGEST_CUT_OFF,
    WEEKDAYS,
    cut_off,
    edition_due_at,
    is_send_date,
    next_cut_off,
    next_due_at,
    previous_send_date,
    window_start,
)
from newsletter.publication.newsletters import NewsletterSettings

DAILY = NewsletterSettings("daily", "The Daily", "The Paper", "news@paper.example", zone="Europe/Paris")
WORKDAYS = replace(DAILY, send_days="mon tue wed thu fri", days_off="2026-12-25 01-01")
FRIDAY, MONDAY = date(2026, 3, 6), date(2026, 3, 9)

some_days = st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(" ".join)
some_off = st.lists(
    st.one_of(st.dates(date(2026, 1, 1), date(2027, 12, 31)).map(date.isoformat), st.just("12-25")), max_size=9
).map(" ".join)
dates = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(
    ("expected", "on"),
    [
        (True, "2026-03-06"),
        (False, "2026-03-07"),
        (False, "2026-03-08"),
        (True, "2026-12-24"),
        (False, "2026-12-25"),
        (True, "2028-12-25"),
        (False, "2026-01-01"),
        (False, "2027-01-01"),
    ],
)
def test_weekends_and_days_off(on: str, *, expected: bool) -> None:
    """A date off is that date alone; a day off without a year is every year's."""
    assert expected is is_send_date(WORKDAYS, date.fromisoformat(on))


def test_a_date_that_a_zone_never_had() -> None:
    """Samoa had no 30 December 2011."""
    samoa = replace(DAILY, zone="Pacific/Apia")
    assert [True, False, True] == [is_send_date(samoa, date(2011, 12, day)) for day in (29, 30, 31)]


def test_a_leap_day_can_be_a_day_off() -> None:
    """The 29th of February is a day off in the years that have it."""
    leaping = replace(DAILY, days_off="02-29")
    assert not is_send_date(leaping, date(2028, 2, 29))
    assert is_send_date(leaping, date(2028, 3, 1))


@given(some_days, some_off, dates)
def test_the_date_before(send_days: str, days_off: str, on: date) -> None:
    """It is a date on which the newsletter appears, and none lies between."""
    settings = replace(DAILY, send_days=send_days, days_off=days_off)
    before = previous_send_date(settings, on)
    assert is_send_date(settings, before)
    between = (before + timedelta(days=each) for each in range(1, (on - before).days))
    assert not any(is_send_date(settings, each) for each in between)


@given(some_days, some_off, st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 — hypothesis wants naive bounds
def test_what_comes_next(send_days: str, days_off: str, now: datetime) -> None:
    """The next cut-off and the next sending lie ahead, and are those of dates on which the newsletter appears."""
    settings = replace(DAILY, send_days=send_days, days_off=days_off, cutoff_minutes=720)
    for moment, of in ((next_cut_off(settings, now), cut_off), (next_due_at(settings, now), edition_due_at)):
        assert moment > now
        around = [moment.date() + timedelta(days=each) for each in (-1, 0, 1)]
        assert moment in {of(settings, on) for on in around if is_send_date(settings, on)}


def test_the_cut_off_is_minutes_before_the_sending() -> None:
    """Twenty before seven, or none at all, also across midnight."""
    assert datetime(2026, 3, 6, 5, 40, tzinfo=UTC) == cut_off(DAILY, FRIDAY)
    assert edition_due_at(DAILY, FRIDAY) == cut_off(replace(DAILY, cutoff_minutes=0), FRIDAY)
    early = replace(DAILY, send_time=time(0, 10))
    assert datetime(2026, 3, 5, 22, 50, tzinfo=UTC) == cut_off(early, FRIDAY)
    most = replace(DAILY, cutoff_minutes=720)
    assert edition_due_at(DAILY, FRIDAY) - LONGEST_CUT_OFF == cut_off(most, FRIDAY)


def test_the_window_of_a_usual_day() -> None:
    """It goes back as far as the setting says."""
    assert cut_off(DAILY, FRIDAY) - timedelta(hours=24) == window_start(DAILY, FRIDAY)
    assert cut_off(DAILY, FRIDAY) - timedelta(hours=72) == window_start(replace(DAILY, window_hours=72), FRIDAY)


@given(some_days, some_off, dates)
def test_no_moment_lies_between_two_windows(send_days: str, days_off: str, on: date) -> None:
    """What weekends and holidays bring is in the next edition: its window begins where the last one ended."""
    settings = replace(DAILY, send_days=send_days, days_off=days_off)
    assert window_start(settings, on) <= cut_off(settings, previous_send_date(settings, on))


def test_after_a_weekend() -> None:
    """Monday's window begins at Friday's cut-off."""
    assert cut_off(WORKDAYS, FRIDAY) == window_start(WORKDAYS, MONDAY)


@pytest.mark.parametrize(("days_missed", "more_hours"), [(0, 0), (1, 24), (2, 48), (3, 48), (9, 48)])
def test_after_an_outage(days_missed: int, more_hours: int) -> None:
    """One edition catches up with the missed ones, and no further than ``carry_hours``."""
    usual = window_start(DAILY, FRIDAY)
    last = cut_off(DAILY, FRIDAY - timedelta(days=1 + days_missed))
    assert usual - timedelta(hours=more_hours) == window_start(DAILY, FRIDAY, last)


@given(dates, dates)
def test_the_window_is_never_shorter_than_usual(on: date, last: date) -> None:
    """Whatever went out last, and whenever, the window holds the usual one, and at most ``carry_hours`` more."""
    usual = window_start(WORKDAYS, on)
    start = window_start(WORKDAYS, on, cut_off(WORKDAYS, last))
    assert usual - timedelta(hours=WORKDAYS.carry_hours) <= start <= usual
