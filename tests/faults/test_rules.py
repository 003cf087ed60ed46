"""The script of a relay: which rule applies to whom, how often and when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults.rules import CLOSE, STEPS, Rule, Script, read_rules


def decisions(rule: Rule, *addresses: str) -> list[bool]:
    script = Script([rule])
    return [script.decide("rcpt", each, 0.0) is not None for each in addresses]


def test_the_first_rule_that_applies_is_followed() -> None:
    """Order decides between two rules for one step."""
    first, second = Rule("rcpt", CLOSE, to="ann@*"), Rule("rcpt", "450 4.2.0 later")
    script = Script([first, second])
    assert [first, second, None] == [
        script.decide("rcpt", "ann@example.org", 0.0),
        script.decide("rcpt", "bob@example.org", 0.0),
        script.decide("data", "ann@example.org", 0.0),
    ]


def test_once_for_each_address() -> None:
    """A greylisting relay puts everybody off once."""
    greylist = Rule("rcpt", "450 4.2.0 greylisted", each=1)
    assert [True, True, False, False] == decisions(greylist, "ann@a", "bob@a", "ann@a", "bob@a")


def test_skip_and_times() -> None:
    """Some may pass first, and then it happens only so often."""
    assert [False, False, True, True, False] == decisions(Rule("rcpt", CLOSE, skip=2, times=2), *["ann@a"] * 5)


def test_a_window_of_time() -> None:
    """An outage begins and ends at its seconds since the script was given."""
    script = Script([Rule("connect", CLOSE, after=2.0, until=5.0)], started=100.0)
    seen = [script.decide("connect", "", now) is not None for now in (101.9, 102.0, 104.9, 105.0)]
    assert [False, True, True, False] == seen


def test_a_probability() -> None:
    """A rule for one message in ten applies to about one in ten."""
    script = Script([Rule("reply", CLOSE, probability=0.1)])
    met = sum(script.decide("reply", "ann@a", 0.0) is not None for _ in range(2_000))
    assert 120 < met < 280
    assert met == script.fired[0]


@pytest.mark.parametrize("broken", [{"step": "dance"}, {"step": "rcpt", "does": "explode"}])
def test_a_rule_that_cannot_be(broken: dict[str, str]) -> None:
    """A step or a deed that no relay knows is refused."""
    with pytest.raises(ValueError, match=r"no step|neither"):
        read_rules([broken])


@given(st.sampled_from(STEPS), st.sampled_from(["", CLOSE, "451 4.3.0 later"]), st.floats(0, 1), st.integers(0, 9))
def test_json_keeps_a_rule(step: str, does: str, probability: float, skip: int) -> None:
    """A rule is the same after a journey as JSON."""
    rule = Rule(step, does, probability=probability, skip=skip)
    assert [rule] == read_rules([rule.as_json()])
