"""When a source is asked again, decided without asking anybody."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.article import Feed
from newsletter.gather.polling.interval import (
    LONGEST,
    LONGEST_PAUSE,
    SHORTEST,
    Wishes,
    next_poll_at,
    pace,
    pause_after,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 — the zone is the next argument
spans = st.timedeltas(timedelta(0), timedelta(days=2))
wishes = st.builds(
    Wishes,
    spans,
    st.frozensets(st.integers(0, 23)),
    st.frozensets(st.integers(0, 6)),
)


@pytest.mark.parametrize(
    ("hours_ago", "expected"),
    [
        ([], None),
        ([1], None),
        ([1, None, None], None),
        ([1, 1, 1], None),
        # Twice the median gap: half an hour between two of twenty-five articles.
        ([0.5 * number for number in range(25)], HOUR),
        # A quarter of what the list covers: four articles in an hour.
        ([0, 1 / 3, 2 / 3, 1], 15 * MINUTE),
        ([0, 0.1], SHORTEST),
        ([0, 100, 200], LONGEST),
        # One old article pinned on top changes nothing.
        ([10_000, *(0.5 * number for number in range(25))], HOUR),
        # Dates in the future count as now.
        ([-9, 0, 1], 15 * MINUTE),
    ],
)
def test_a_source_has_its_own_pace(hours_ago: list[float | None], expected: timedelta | None) -> None:
    """The gaps between articles and the time they cover decide, within limits."""
    assert expected == pace([None if ago is None else NOON - ago * HOUR for ago in hours_ago], NOON)


@given(st.lists(st.none() | moments, max_size=20), moments)
def test_a_pace_is_within_limits(dates: list[datetime | None], now: datetime) -> None:
    """Whatever dates a source gives, and in whatever order, its pace lies between ten minutes and six hours."""
    found = pace(dates, now)
    assert found is None or SHORTEST <= found <= LONGEST
    assert found == pace(list(reversed(dates)), now)


def test_a_source_that_asks_for_nothing_is_asked_at_its_pace() -> None:
    """Without a cut-off the interval passes, and that is all."""
    assert NOON + 20 * MINUTE == next_poll_at(NOON, 20 * MINUTE, Wishes(), None)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (0, 20),  # the hour before the cut-off at two begins at one
        (50, 65),  # ten minutes outside of it, and ten that count twice
        (60, 70),
        (110, 120),
        (116, 132),  # four minutes that count twice, and twelve outside of it
    ],
)
def test_the_hour_before_a_cut_off_counts_twice(now: int, expected: int) -> None:
    """A source of an edition is asked twice as often in that hour."""
    at = NOON + now * MINUTE
    assert NOON + expected * MINUTE == next_poll_at(at, 20 * MINUTE, Wishes(), NOON + 2 * HOUR)


@given(moments, st.timedeltas(MINUTE, LONGEST), st.timedeltas(timedelta(seconds=1), 24 * HOUR))
def test_hurry_saves_at_most_an_hour(now: datetime, interval: timedelta, ahead: timedelta) -> None:
    """No interval is shorter than half of itself, nor by more than the hour that counts twice."""
    moment = next_poll_at(now, interval, Wishes(), now + ahead)
    rounded = timedelta(microseconds=1)
    assert now + max(interval / 2, interval - HOUR) - rounded <= moment <= now + interval


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Wishes(ttl=HOUR), NOON + HOUR),
        (Wishes(ttl=MINUTE), NOON + 20 * MINUTE),
        (Wishes(ttl=timedelta(days=2)), NOON + LONGEST),
        (Wishes(skip_hours=frozenset({12, 13, 15})), NOON + 2 * HOUR),
        (Wishes(skip_hours=frozenset(range(24))), NOON + LONGEST),
        (Wishes(skip_days=frozenset({0})), NOON + LONGEST),
        (Wishes(skip_days=frozenset({1})), NOON + 20 * MINUTE),
        (Wishes(2 * HOUR, frozenset({14}), frozenset({3})), NOON + 3 * HOUR),
    ],
)
def test_a_source_is_left_alone_when_it_asks(asked: Wishes, expected: datetime) -> None:
    """Nothing is asked before ttl, skipHours and skipDays say so, up to six hours."""
    assert expected == next_poll_at(NOON, 20 * MINUTE, asked, None)


def test_wishes_hold_in_the_hour_before_a_cut_off_too() -> None:
    """What the source asks for is stronger than our hurry."""
    assert NOON + 15 * MINUTE == next_poll_at(NOON, 20 * MINUTE, Wishes(ttl=15 * MINUTE), NOON + 30 * MINUTE)


@given(moments, st.timedeltas(SHORTEST, 24 * HOUR), wishes, st.none() | moments)
def test_no_wish_puts_a_poll_off_for_ever(
    now: datetime, interval: timedelta, asked: Wishes, cutoff: datetime | None
) -> None:
    """The next poll lies within six hours or the interval, and sooner only where the source does not mind."""
    moment = next_poll_at(now, interval, asked, cutoff)
    assert now < moment <= now + max(interval, LONGEST)
    if moment < now + LONGEST:
        assert moment >= now + asked.ttl
        assert not asked.skips(moment)


@given(wishes)
def test_wishes_come_back_from_the_database(asked: Wishes) -> None:
    """What is stored is what was asked for, to the microsecond that a double holds."""
    again = Wishes.from_json(asked.to_json())
    assert (asked.skip_hours, asked.skip_days) == (again.skip_hours, again.skip_days)
    assert abs(asked.ttl - again.ttl) <= timedelta(microseconds=1)


def test_wishes_are_read_from_a_feed() -> None:
    """A feed that says nothing wishes nothing, and nothing is stored."""
    feed = Feed("The Paper", "en", (), HOUR, frozenset({1}), frozenset({6}))
    assert Wishes(HOUR, frozenset({1}), frozenset({6})) == Wishes.of(feed)
    assert {} == Wishes.of(Feed("The Paper", "en", ())).to_json()


@given(st.integers(0, 1000), spans, st.none() | spans, st.floats(0, 1))
def test_a_pause_is_long_enough_and_never_too_long(
    failures: int, interval: timedelta, asked: timedelta | None, roll: float
) -> None:
    """It is at least what the source asked for, and else at most the longest."""
    found = pause_after(failures, interval, asked, roll)
    assert found >= (asked or timedelta(0))
    assert found <= max(asked or timedelta(0), LONGEST_PAUSE)


def test_pauses_differ_by_chance() -> None:
    """Two sources that failed together are tried apart, around the doubled interval."""
    assert [60 * MINUTE, 80 * MINUTE, 100 * MINUTE] == [
        pause_after(2, 20 * MINUTE, None, roll) for roll in (0, 0.5, 1)
    ]
