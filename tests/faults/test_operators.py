"""One receiving operator asks for patience while an edition goes out through a real worker."""

from dataclasses import replace

from faults import operator_faults
from faults.stage import Stage
from faults.verdict import Verdict


def assert_kept(verdict: Verdict) -> None:
    """Every promise was kept, and there was a fault to keep it against."""
    assert () == verdict.broken, verdict.line()


def test_one_operator_of_five_asks_for_patience(stage: Stage) -> None:
    """It is left alone for as long as its rule says, then mailed one at a time; nobody lost, not one copy."""
    usual, stage.scale = stage.scale, replace(stage.scale, hurry=60)
    try:
        assert_kept(operator_faults.one_operator_in_five(stage))
    finally:
        stage.scale = usual
