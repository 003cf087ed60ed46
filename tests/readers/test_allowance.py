"""Rates: no hour sees more than it should, whoever asks and however many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.db import Database
from newsletter.readers.allowance import HOUR, Rate, forget_rested, hourly, is_used_up, take
from newsletter.readers.tables import allowance

buckets = count()


def test_a_burst_is_let_through_and_then_one_an_interval(database: Database, noon: datetime) -> None:
    """Of a rested bucket as many come at once as its burst has; the next when an interval has gone by."""
    rate = Rate(3, timedelta(minutes=10))
    with database.transaction() as connection:
        at_once = [take(connection, "x", rate, noon) for _ in range(4)]
        assert [noon, noon, noon, None] == at_once
        assert take(connection, "x", rate, noon + timedelta(minutes=9)) is None
        later = noon + timedelta(minutes=10)
        assert [later, None] == [take(connection, "x", rate, later) for _ in range(2)]


def test_who_has_patience_is_given_a_later_place(database: Database, noon: datetime) -> None:
    """Beyond the burst each has a place of its own, an interval after the last, as long as that is soon enough."""
    rate = Rate(2, timedelta(minutes=10))
    with database.transaction() as connection:
        places = [take(connection, "x", rate, noon, timedelta(minutes=20)) for _ in range(5)]
    minutes = [None if each is None else (each - noon) / timedelta(minutes=1) for each in places]
    assert [0, 0, 10, 20, None] == minutes


def test_what_is_refused_takes_no_place(database: Database, noon: datetime) -> None:
    """However often somebody asks in vain, the next place comes when it would have come."""
    rate = Rate(1, timedelta(minutes=10))
    with database.transaction() as connection:
        take(connection, "x", rate, noon)
        for minute in range(10):
            assert take(connection, "x", rate, noon + timedelta(minutes=minute)) is None
        assert take(connection, "x", rate, noon + timedelta(minutes=10))


def test_whether_one_has_to_wait_is_told(database: Database, noon: datetime) -> None:
    """A bucket is used up from the moment that nobody would be let through, until somebody would."""
    rate = Rate(2, timedelta(minutes=10))
    with database.transaction() as connection:
        told = [is_used_up(connection, "x", noon)]
        for _ in range(2):
            take(connection, "x", rate, noon)
            told.append(is_used_up(connection, "x", noon))
        told.append(is_used_up(connection, "x", noon + timedelta(minutes=10)))
    assert [False, False, True, False] == told


def test_of_many_at_once_a_burst_is_let_through(database: Database, noon: datetime) -> None:
    """Eight processes that ask in one moment share one bucket."""
    together = Barrier(8)

    def ask(_: int) -> bool:
        with database.transaction() as connection:
            together.wait()
            return take(connection, "x", Rate(3, HOUR), noon) is not None

    with ThreadPoolExecutor(8) as pool:
        assert 3 == sum(pool.map(ask, range(8)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    most=st.integers(1, 12),
    burst=st.integers(0, 12),
    pauses=st.lists(st.integers(0, 900), min_size=1, max_size=60),
)
def test_no_hour_sees_more_than_it_may(
    database: Database, noon: datetime, most: int, burst: int, pauses: list[int]
) -> None:
    """Over any sequence of requests, an hour has at most its number, and somebody is let through."""
    rate, bucket, now, admitted = hourly(most, burst), f"bucket {next(buckets)}", noon, []
    with database.transaction() as connection:
        for pause in pauses:
            now += timedelta(seconds=pause)
            if take(connection, bucket, rate, now) is not None:
                admitted.append(now)
    assert admitted
    for first in admitted:
        assert most >= sum(first <= each < first + HOUR for each in admitted)


@given(most=st.integers(1, 5000), burst=st.integers(0, 5000))
def test_an_hourly_rate_reaches_its_number(most: int, burst: int) -> None:
    """Who asks all the time is let through as often as an hour may see, and no oftener."""
    rate = hourly(most, burst)
    assert most == rate.burst + round(HOUR / rate.interval) - 1


def test_rested_buckets_are_forgotten(database: Database, noon: datetime) -> None:
    """A bucket that nobody used for long leaves no row; one in use stays."""
    with database.transaction() as connection:
        take(connection, "old", Rate(1, HOUR), noon - timedelta(days=9))
        take(connection, "new", Rate(1, HOUR), noon)
        forget_rested(connection, noon)
        assert ["new"] == connection.execute(sa.select(allowance.c.bucket)).scalars().all()
