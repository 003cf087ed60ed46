"""Bells say "there is work", in ids."""

from newsletter.bell import Bell, SilentRinger, TaskName


def test_a_silent_ringer_remembers_in_order() -> None:
    """What was rung can be looked at, every ring of it."""
    ringer = SilentRinger()
    first, second = Bell(TaskName.TICK), Bell(TaskName.ADVANCE_EDITION, 7)
    ringer.ring([first, second])
    ringer.ring(iter([first]))
    assert [first, second, first] == ringer.rung


def test_two_bells_for_one_thing_are_equal() -> None:
    """A bell is a value: whoever collects bells can leave out the doubles."""
    assert 1 == len({Bell(TaskName.GATHER_SOURCE, 3), Bell(TaskName.GATHER_SOURCE, 3)})


def test_every_task_is_ours_by_name() -> None:
    """Task names cannot meet those of another program on the same broker."""
    assert all(name.startswith("newsletter.") for name in TaskName)
