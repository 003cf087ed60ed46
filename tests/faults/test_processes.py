"""Processes are killed, stopped and asked to end while an edition goes out through a real worker."""

from dataclasses import replace

from faults import process_faults
from faults.stage import Stage
from faults.verdict import Verdict


def assert_kept(verdict: Verdict) -> None:
    """Every promise was kept, and there was a fault to keep it against."""
    assert () == verdict.broken, verdict.line()


def test_killed_children_with_resend(stage: Stage) -> None:
    """Nobody is lost to kill -9, and there are no more copies than connections that were open."""
    assert_kept(process_faults.kill_children(stage))


def test_killed_children_with_hold(stage: Stage) -> None:
    """Who prefers a message too few gets not one copy: what may have gone out is held, on record."""
    usual, stage.scale = stage.scale, replace(stage.scale, policy="hold")
    try:
        assert_kept(process_faults.kill_children(stage))
    finally:
        stage.scale = usual


def test_rolling_deploys(stage: Stage) -> None:
    """A worker that is asked to end finishes what it has in hand: nobody lost, not one copy."""
    assert_kept(process_faults.terminate_workers(stage))


def test_frozen_children(stage: Stage) -> None:
    """A child that was stopped for longer than its lease does no harm when it wakes up."""
    assert_kept(process_faults.freeze_children(stage))


def test_killed_postgres(stage: Stage) -> None:
    """PostgreSQL dies with all its connections, and nothing that was answered is forgotten."""
    assert_kept(process_faults.kill_postgres(stage))


def test_emptied_broker(stage: Stage) -> None:
    """The broker comes back knowing nothing, and not one copy is made of it."""
    assert_kept(process_faults.kill_broker(stage))


def test_frozen_broker(stage: Stage) -> None:
    """A broker that accepts connections and never answers holds nobody up for good."""
    assert_kept(process_faults.freeze_broker(stage))
