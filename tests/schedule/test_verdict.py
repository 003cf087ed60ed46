"""What became of a run, in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.states import OPEN, DeliveryState
from newsletter.edition.states import UNFINISHED, EditionState
from newsletter.schedule.verdict import Verdict, VerdictKind, give_verdict

counts = st.dictionaries(st.sampled_from(DeliveryState), st.integers(0, 1000))


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (VerdictKind.SKIPPED, EditionState.SKIPPED),
        (VerdictKind.FAILED, EditionState.FAILED),
        (VerdictKind.MISSED, EditionState.MISSED),
        (VerdictKind.HELD, EditionState.PAUSED),
        (VerdictKind.HELD, EditionState.CANCELLED),
    ],
)
def test_a_run_that_ended_before_its_mail_gives_its_own_reason(kind: VerdictKind, state: EditionState) -> None:
    """The reason that was written down is the verdict's, and where none was there is still a sentence."""
    assert Verdict(kind, "It rained.") == give_verdict(state, "It rained.", {})
    assert Verdict(kind, f"The edition is {state}.") == give_verdict(state, "", {})


@pytest.mark.parametrize(
    ("kind", "reason", "deliveries"),
    [
        (VerdictKind.SENT, "The relay accepted it for 1 of 1 reader.", {DeliveryState.ACCEPTED: 1}),
        (
            VerdictKind.SENT,
            "The relay accepted it for 7 of 10 readers; 2 failed, 1 suppressed.",
            {DeliveryState.FAILED: 2, DeliveryState.ACCEPTED: 7, DeliveryState.SUPPRESSED: 1},
        ),
        (
            VerdictKind.FAILED,
            "The relay accepted it for 0 of 3 readers; 3 failed.",
            {DeliveryState.FAILED: 3, DeliveryState.ACCEPTED: 0},
        ),
    ],
)
def test_a_run_that_is_done_counts_its_readers(
    kind: VerdictKind, reason: str, deliveries: dict[DeliveryState, int]
) -> None:
    """Done is sent only if somebody's copy was accepted; everybody else is counted by what came of theirs."""
    assert Verdict(kind, reason) == give_verdict(EditionState.DONE, "", deliveries)


def test_a_run_under_way_says_how_far_it_is() -> None:
    """Only what may still be begun or answered counts as to go."""
    deliveries = {DeliveryState.ACCEPTED: 5, DeliveryState.FAILED: 1, **dict.fromkeys(OPEN, 1)}
    expected = Verdict(VerdictKind.RUNNING, f"Accepted for 5 of {6 + len(OPEN)} readers, {len(OPEN)} to go.")
    assert expected == give_verdict(EditionState.SENDING, "", deliveries)


@given(st.sampled_from(EditionState), st.text(), counts)
def test_every_run_has_a_verdict_that_a_person_can_read(
    state: EditionState, reason: str, deliveries: dict[DeliveryState, int]
) -> None:
    """No state is without a sentence, and a run is running just as long as it can go on by itself."""
    verdict = give_verdict(state, reason, deliveries)
    assert verdict.reason
    is_held = state is EditionState.READY and reason != ""
    goes_on = state in UNFINISHED - {EditionState.PAUSED} and not is_held
    assert goes_on == (verdict.kind is VerdictKind.RUNNING)


@given(counts)
def test_accepted_is_never_called_delivered(deliveries: dict[DeliveryState, int]) -> None:
    """The relay took it; what the reader's own server did nobody knows."""
    for state in EditionState:
        assert "delivered" not in give_verdict(state, "", deliveries).reason
