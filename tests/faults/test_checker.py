"""The checker says what was lost, copied and mailed without reason; it has to see each of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults.checker import Kept, Row, begun_after, check, faults_of, read_kept


def kept(name: str, message_id: str = "", begun_at: float = 0.0, digest: str = "0") -> Kept:
    return Kept(f"{name}@a", message_id or f"<{name}@a>", 1, begun_at + 0.1, begun_at, digest)


def row(name: str, state: str = "accepted", *, possible_copy: bool = False) -> Row:
    return Row(f"{name}@a", state, 1, possible_copy)


def test_all_is_well() -> None:
    """Everybody was mailed once, and the ledger says so."""
    found = check([row("ann"), row("bob")], [kept("ann"), kept("bob")])
    assert [] == faults_of(found, audience=2, most_copies=0)
    assert (2, 0, 0) == (found.mailed, found.dup, found.open)


@pytest.mark.parametrize(
    ("rows", "log", "told"),
    [
        ([row("ann")], [], "1 lost"),
        ([row("ann", "pending")], [], "1 lost"),
        ([row("ann", "pending")], [], "no end"),
        ([row("ann")], [kept("ann"), kept("ann")], "1 copies, and 0"),
        ([row("ann")], [kept("ann"), kept("ann")], "without a mark"),
        ([row("ann")], [kept("ann"), kept("bob")], "not in the audience"),
        ([row("ann", "cancelled")], [kept("ann")], "not on record"),
        ([row("ann", possible_copy=True)], [kept("ann"), kept("ann", "<other@a>")], "differ"),
        ([row("ann", possible_copy=True)], [kept("ann"), kept("ann", digest="1")], "differ"),
        ([row("ann"), row("bob")], [kept("ann"), kept("bob", "<ann@a>")], "used twice"),
        ([row("ann"), row("bob")], [kept("ann"), kept("bob")], "1 deliveries were planned and 2"),
    ],
)
def test_each_broken_promise_is_seen(rows: list[Row], log: list[Kept], told: str) -> None:
    """What is wrong is said in words."""
    audience = 1
    assert any(told in each for each in faults_of(check(rows, log), audience, most_copies=0))


@pytest.mark.parametrize("state", ["failed", "suppressed", "expired", "quarantined", "cancelled", "held"])
def test_a_reason_on_record_is_no_loss(state: str) -> None:
    """Who was not mailed and has a reason is not lost."""
    assert () == check([row("ann", state)], []).lost


def test_a_possible_copy_on_record() -> None:
    """A held or resent delivery that says that it may have gone out may have gone out."""
    rows = [row("ann", "held", possible_copy=True), row("bob", possible_copy=True)]
    found = check(rows, [kept("ann"), kept("bob"), kept("bob")])
    assert [] == faults_of(found, audience=2, most_copies=1)


def test_begun_after_a_moment() -> None:
    """Only texts that begin after the moment count, in order."""
    log = [kept("ann", begun_at=3.0), kept("bob", begun_at=1.0), kept("cat", begun_at=2.5)]
    assert [0.5, 1.0] == begun_after(log, 2.0)


names = st.lists(st.text("abc", min_size=1, max_size=2), max_size=30)


@given(names, names)
def test_the_sums_always_agree(planned: list[str], mailed: list[str]) -> None:
    """Whatever happened, each message is a first one or a copy, and each reader is mailed, owed or neither."""
    rows = [row(name, "pending") for name in set(planned)]
    found = check(rows, [kept(name) for name in mailed])
    assert len(mailed) == len(set(mailed)) + found.dup
    assert len(set(planned)) == found.mailed + len(found.lost)
    assert set(mailed) - set(planned) == {each.removesuffix("@a") for each in found.unexpected}


def test_a_line_that_is_not_whole() -> None:
    """A line that the relay was killed at was never answered."""
    whole = "ann@a\t<1@a>\t1\t2.5\t2.0\tff"
    assert [Kept("ann@a", "<1@a>", 1, 2.5, 2.0, "ff")] == read_kept(f"{whole}\nbob@a\t<2")
    assert [] == read_kept("")
