"""What receiving operators teach by their refusals."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.outcome import Receipt, receipt_for
from newsletter.delivery.throttling.operator_rules import (
    FORGET_AFTER,
    GROW_AFTER,
    GROW_AFTER_MESSAGES,
    LONGEST_PAUSE,
    ROUND,
    STOP,
    Caution,
    Limits,
    Used,
    aged,
    read_limits,
    stricter,
    tighter,
    warned,
    went_well,
)
from newsletter.errors import SettingsError

BUSY = receipt_for(1, 421, "4.7.0 Try again later")
FLOOD = receipt_for(1, 421, "4.7.28 Our system has detected an unusual rate")

used = st.builds(
    Used,
    in_flight=st.integers(0, 500),
    rate=st.none() | st.floats(0.01, 10_000, allow_nan=False),
    most=st.integers(0, 500),
)
steps = st.lists(
    st.tuples(st.sampled_from(["busy", "flood", "well"]), st.floats(0, 700), st.integers(1, 50), used), max_size=40
)


def walk(taken: list[tuple[str, float, int, Used]]) -> list[tuple[float, Caution | None, Caution | None]]:
    """Return each moment with the caution before and after it."""
    now, caution, seen = 1000.0, None, list[tuple[float, Caution | None, Caution | None]]()
    for what, pause, messages, busy in taken:
        now += pause
        before = caution
        if what == "well":
            caution = went_well(caution, messages, now) if caution else None
        else:
            caution = warned(caution, FLOOD if what == "flood" else BUSY, busy, now)
        seen.append((now, before, caution))
    return seen


def recover(caution: Caution, now: float) -> tuple[list[Caution], float]:
    """Let only good replies come once the operator is open; return every caution on the way, and the end."""
    seen, left = list[Caution](), caution
    now = max(now, caution.closed_until)
    while (after := went_well(left, GROW_AFTER_MESSAGES, now)) is not None:
        seen.append(after)
        assert len(seen) < 5_000
        left, now = after, now + GROW_AFTER
    return seen, now


def test_a_refusal_halves_and_pauses() -> None:
    """Half the messages in flight, half the rate, and a pause of one round."""
    caution = warned(None, BUSY, Used(40, 100.0), 1000.0)
    assert Limits(20, 50.0) == caution.limits
    assert Limits(40, 200.0) == caution.before
    assert 1000.0 + ROUND == caution.closed_until


def test_a_round_of_refusals_is_one() -> None:
    """Replies to messages that were in flight together halve once; one to a message begun after that counts."""
    first = warned(None, BUSY, Used(40), 1000.0)
    assert first == warned(first, BUSY, Used(39), 1000.0 + ROUND - 0.1)
    assert 10 == warned(first, BUSY, Used(20), first.closed_until).limits.in_flight


def test_a_refusal_after_growth_counts() -> None:
    """Having just grown shields from nothing."""
    first = warned(None, BUSY, Used(40), 1000.0)
    grown = went_well(first, GROW_AFTER_MESSAGES, first.closed_until + GROW_AFTER)
    assert grown is not None
    assert 21 == grown.limits.in_flight
    assert 10 == warned(grown, BUSY, Used(21), grown.changed_at + 0.1).limits.in_flight


def test_when_nothing_can_be_halved_the_pause_doubles() -> None:
    """One message in flight and no rate: only pauses are left, up to the longest."""
    now, caution, pauses = 1000.0, None, list[float]()
    for _ in range(10):
        caution = warned(caution, BUSY, Used(1), now)
        pauses.append(caution.closed_until - now)
        now = caution.closed_until
    assert [10, 20, 40, 80, 160, 320, 600, 600, 600, 600] == pauses


def test_a_flood_stops_for_ten_minutes_then_goes_one_by_one() -> None:
    """Gmail's guideline: ten minutes, one connection, then one more at a time."""
    caution = warned(None, FLOOD, Used(4), 1000.0)
    assert 1000.0 + STOP == caution.closed_until
    assert Limits(1) == caution.limits
    early = went_well(caution, 1000, caution.closed_until + GROW_AFTER - 0.1)
    assert early is not None
    assert Limits(1) == early.limits
    path, _ = recover(caution, 1000.0)
    assert [1, 2, 3] == sorted({each.limits.in_flight or 0 for each in path})


def test_recovery_ends_with_all_that_could_be_in_flight() -> None:
    """No leap at the end: the caution is forgotten when it holds nothing back any more."""
    caution = warned(None, BUSY, Used(4, most=12), 1000.0)
    assert Limits(2) == caution.limits
    path, _ = recover(caution, 1000.0)
    assert 11 == path[-1].limits.in_flight


def test_growth_takes_messages_as_well_as_time() -> None:
    """Time alone, with few messages accepted, adds nothing."""
    caution = warned(None, BUSY, Used(40), 1000.0)
    left = went_well(caution, GROW_AFTER_MESSAGES - 1, 5000.0)
    assert left is not None
    assert caution.limits == left.limits
    more = went_well(left, 1, 5000.0)
    assert more is not None
    assert 21 == more.limits.in_flight


def test_a_rate_that_is_seen_later_is_learnt_then() -> None:
    """The first refusal may come before any rate could be measured."""
    first = warned(None, BUSY, Used(8), 1000.0)
    second = warned(first, BUSY, Used(4, 30.0), first.closed_until)
    assert Limits(2, 15.0) == second.limits
    assert Limits(8, 60.0) == second.before


@given(steps)
def test_limits_never_leave_their_bounds(taken: list[tuple[str, float, int, Used]]) -> None:
    """Whatever comes: a limit stays between one and what was used, and no pause is longer than the longest."""
    for now, before, after in walk(taken):
        if after is None:
            continue
        assert 1 <= (after.limits.in_flight or 0) <= (after.before.in_flight or 0)
        assert after.limits.rate is None or 0 < after.limits.rate <= (after.before.rate or 0)
        assert after.closed_until <= now + max(STOP, LONGEST_PAUSE)
        if before:
            assert (after.limits.in_flight or 0) <= (before.limits.in_flight or 0) + 1


@given(steps, used)
def test_a_refusal_never_loosens(taken: list[tuple[str, float, int, Used]], busy: Used) -> None:
    """After another refusal less is allowed than before, or the same."""
    for now, _, caution in walk(taken):
        if caution:
            for receipt in (BUSY, FLOOD):
                after = warned(caution, receipt, busy, now)
                assert (after.limits.in_flight or 0) <= (caution.limits.in_flight or 0)
                assert after.closed_until >= min(caution.closed_until, now + STOP)


@given(steps)
def test_it_always_recovers(taken: list[tuple[str, float, int, Used]]) -> None:
    """Once only good replies come, limits rise step by step until nothing is left of the caution."""
    for now, _, caution in walk(taken)[-1:]:
        if caution:
            path, _ = recover(caution, now)
            in_flight = [each.limits.in_flight or 0 for each in (caution, *path)]
            assert all(after - before in {0, 1} for before, after in pairwise(in_flight))


def test_an_old_caution_is_forgotten() -> None:
    """An operator that is hardly mailed is not held back for ever."""
    caution = warned(None, FLOOD, Used(4), 1000.0)
    assert caution == aged(caution, caution.closed_until + FORGET_AFTER - 1)
    assert aged(caution, caution.closed_until + FORGET_AFTER) is None


@given(steps, steps)
def test_two_cautions_become_one_that_keeps_both(
    one: list[tuple[str, float, int, Used]], other: list[tuple[str, float, int, Used]]
) -> None:
    """What two workers learnt apart holds for both, whichever is told first."""
    first = walk(one)[-1][2] if one else None
    second = walk(other)[-1][2] if other else None
    both = stricter(first, second)
    assert stricter(second, first) == both
    for each in (first, second):
        if each:
            assert both is not None
            assert both.limits == tighter(both.limits, each.limits)
            assert both.closed_until >= each.closed_until


def test_limits_of_the_operator() -> None:
    """OPERATOR_LIMITS names most in flight, and a rate where one is wanted."""
    expected = {"google": Limits(20, 5.0), "firm.example": Limits(2), "yahoo": Limits(1, 0.5)}
    assert expected == read_limits(" Google=20/5 firm.example=2\nyahoo=1/0.5 ")
    assert {} == read_limits("")


@pytest.mark.parametrize(
    "text",
    ["google", "google=", "google=0", "google=5/0", "google=5/", "=5", "google=-1", "google=1e3", "a=1 A=2"],
)
def test_what_is_no_limit(text: str) -> None:
    """Anything else is refused when the process starts."""
    with pytest.raises(SettingsError, match="OPERATOR_LIMITS"):
        read_limits(text)


@given(st.text(max_size=30))
def test_no_text_does_anything_else(text: str) -> None:
    """Every text is limits or a SettingsError, and no limit is nothing."""
    try:
        found = read_limits(text)
    except SettingsError:
        return
    assert all((each.in_flight or 0) > 0 and (each.rate is None or each.rate > 0) for each in found.values())


def test_no_answer_teaches_nothing() -> None:
    """A connection that ends without an answer is no refusal: an unanswered receipt does not ask to slow down."""
    assert BUSY.asks_us_to_slow_down
    assert FLOOD.asks_us_to_slow_down
    assert not receipt_for(1, 550, "5.1.1 unknown").asks_us_to_slow_down
    assert not Receipt(1, receipt_for(1, 450, "").kind, None).asks_us_to_slow_down
