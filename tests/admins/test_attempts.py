"""Guessing gets slower."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.admins.attempts import FREE, FREE_FOR_NETWORK, WINDOW, charge_attempt, forgive, wait_for
from newsletter.db import Database

MOMENT = datetime.fromisoformat("2026-03-02T12:00:00+00:00")


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 15), (5000, 15)]
)
def test_each_failure_doubles_the_wait(failures: int, minutes: int) -> None:
    """Four are free; from the fifth on each doubles it, up to the window."""
    assert wait_for([MOMENT] * failures, FREE, MOMENT) == timedelta(minutes=minutes)


@given(st.lists(st.integers(0, 3600)))
def test_the_wait_ends_within_the_window(seconds: list[int]) -> None:
    """Whatever happened, nobody waits longer than the window, and old failures count for nothing."""
    failures = [MOMENT - timedelta(seconds=each) for each in seconds]
    assert timedelta(0) <= wait_for(failures, FREE, MOMENT) <= WINDOW
    assert wait_for(failures, FREE, MOMENT + WINDOW) == timedelta(0)


def test_an_attempt_counts_before_it_is_checked(database: Database) -> None:
    """Charges are what is counted; a right password forgives those of its own address and network."""
    with database.transaction() as connection:
        charges = [charge_attempt(connection, "a@example.com", "net", MOMENT) for _ in range(FREE + 1)]
        assert charges == [timedelta(0)] * FREE + [timedelta(minutes=1)]
        assert charge_attempt(connection, "a@example.com", "other", MOMENT) == timedelta(0)
        forgive(connection, "a@example.com", "net")
        assert charge_attempt(connection, "a@example.com", "net", MOMENT) == timedelta(0)


def test_one_network_cannot_try_every_address(database: Database) -> None:
    """Many addresses from one network are slowed down together."""
    with database.transaction() as connection:
        for number in range(FREE_FOR_NETWORK):
            assert charge_attempt(connection, f"{number}@example.com", "net", MOMENT) == timedelta(0)
        assert charge_attempt(connection, "new@example.com", "net", MOMENT) > timedelta(0)
