"""The worker's own look at whether anybody rings the tick."""

import threading
from collections.abc import Callable

import pytest

from newsletter.stand_in import StandIn


def looks(is_overdue: Callable[[], bool], enough: int = 3) -> tuple[StandIn, list[int], threading.Event]:
    """Return a stand-in that is looking, its rings, and what is set when it has looked often enough."""
    rings: list[int] = []
    seen = threading.Event()
    count = iter(range(1, 1_000_000))

    def look() -> bool:
        if next(count) >= enough:
            seen.set()
        return is_overdue()

    stand_in = StandIn(0.01, look, lambda: rings.append(1))
    stand_in.start()
    return stand_in, rings, seen


def test_a_silent_beat_is_stood_in_for() -> None:
    """While the tick is overdue, every look rings it."""
    stand_in, rings, seen = looks(lambda: True)
    assert seen.wait(10)
    stand_in.stop()
    assert len(rings) >= 2


def test_a_beat_that_rings_is_left_alone() -> None:
    """While ticks are done, nobody else rings."""
    stand_in, rings, seen = looks(lambda: False)
    assert seen.wait(10)
    stand_in.stop()
    assert [] == rings


def test_each_look_is_for_alarms_too() -> None:
    """Whether or not the tick is overdue, and after a look that failed."""
    seen = threading.Event()
    outcomes = iter([True, False, False])

    def watch() -> None:
        if next(outcomes, None) is None:
            seen.set()
            return
        raise OSError("away")

    stand_in = StandIn(0.01, lambda: False, lambda: None, watch)
    stand_in.start()
    assert seen.wait(10)
    stand_in.stop()


@pytest.mark.parametrize("error", [OSError("away"), RuntimeError("odd")])
def test_a_database_that_is_away_ends_nothing(error: Exception) -> None:
    """What cannot be known is looked at again, because what is away comes back."""
    broken = iter([True, True])

    def is_overdue() -> bool:
        if next(broken, False):
            raise error
        return True

    stand_in, rings, seen = looks(is_overdue, enough=5)
    assert seen.wait(10)
    stand_in.stop()
    assert rings
