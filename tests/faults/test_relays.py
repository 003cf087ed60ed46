"""The relay misbehaves at each step while an edition goes out through a real worker."""

from faults import relay_faults
from faults.stage import Stage
from faults.verdict import Verdict


def assert_kept(verdict: Verdict) -> None:
    """Every promise was kept, and there was a fault to keep it against."""
    assert () == verdict.broken, verdict.line()


def test_closed_at_every_step_before_the_dot(stage: Stage) -> None:
    """Before the final dot nothing was delivered: nobody lost, not one copy."""
    assert_kept(relay_faults.drop_at_every_step(stage))


def test_closed_after_the_dot(stage: Stage) -> None:
    """After the dot there may be one copy a connection, the same to the octet and marked."""
    assert_kept(relay_faults.drop_after_dot(stage))


def test_greylisted_and_put_off(stage: Stage) -> None:
    """Whoever is put off is accepted later, without a copy."""
    assert_kept(relay_faults.put_off(stage))


def test_broken_tls(stage: Stage) -> None:
    """Where TLS fails nothing goes in clear, nobody is lost, and copies come only of cuts after the dot."""
    assert_kept(relay_faults.break_tls(stage))


def test_poisonous_readers(stage: Stage) -> None:
    """Readers whose messages cannot be written, or kill whoever submits them, hold up nobody else."""
    assert_kept(relay_faults.poison(stage))
