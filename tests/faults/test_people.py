"""Editions are stopped, and readers leave, while mail goes out through a real worker."""

from faults import people_faults
from faults.stage import Stage
from faults.verdict import Verdict


def assert_kept(verdict: Verdict) -> None:
    """Every promise was kept, and there was a fault to keep it against."""
    assert () == verdict.broken, verdict.line()


def test_paused_and_resumed(stage: Stage) -> None:
    """After the answer to a pause no more is begun than connections were open, and within a second."""
    assert_kept(people_faults.pause_and_resume(stage))


def test_cancelled(stage: Stage) -> None:
    """A cancelled edition ends for good, and each reader was mailed or is cancelled."""
    assert_kept(people_faults.cancel(stage))


def test_readers_who_leave(stage: Stage) -> None:
    """Who left a second ago is not begun to be mailed."""
    assert_kept(people_faults.leave_and_suppress(stage))
