"""The edition's breaker: trips on what is ours, bears what is the readers' own, and says why."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.outcome import Receipt, ReceiptKind, Stage, receipt_for
from newsletter.delivery.throttling.breaker import MOST_WATCHED, WINDOW, Breaker, Breakers

ACCEPTED = receipt_for(1, 250, "2.0.0 queued")
POLICY = receipt_for(1, 550, "5.7.1 Blocked for poor reputation")
CONTENT = receipt_for(1, 554, "5.6.0 Cannot be read")
SIZE = receipt_for(1, 552, "5.3.4 Too large")
UNNAMED = receipt_for(1, 554, "Transaction failed", Stage.CONTENT)
UNKNOWN = receipt_for(1, 550, "5.1.1 No such reader")
FULL = receipt_for(1, 552, "5.2.2 Mailbox full")
BARE = receipt_for(1, 550, "Relaying denied")
DEFERRED = receipt_for(1, 451, "4.7.1 Greylisted")
UNCERTAIN = Receipt(1, ReceiptKind.UNCERTAIN)

receipts = st.sampled_from([ACCEPTED, POLICY, CONTENT, SIZE, UNNAMED, UNKNOWN, FULL, BARE, DEFERRED, UNCERTAIN])


def trips_at(outcomes: Iterable[Receipt]) -> int | None:
    """Return how many outcomes it takes, or None."""
    breaker = Breaker()
    return next((number for number, each in enumerate(outcomes, 1) if breaker.note(each)), None)


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [(POLICY, 10), (CONTENT, 10), (SIZE, 10), (UNNAMED, 10), (UNKNOWN, 25), (FULL, 25), (BARE, 25)],
)
def test_a_relay_that_refuses_everything(refusal: Receipt, expected: int) -> None:
    """What is ours trips at the tenth, what may be the readers' own at the twenty-fifth: both within 50."""
    assert expected == trips_at([refusal] * WINDOW)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        # A fifth is borne, more is not.
        (([ACCEPTED] * 4 + [POLICY]) * 40, None),
        ([ACCEPTED] * 200 + [POLICY] * 20, 211),
        ([ACCEPTED] * 40 + [POLICY] * 10, None),
        ([POLICY] * 9 + [ACCEPTED] * 300, None),
        # The first few outcomes are judged by themselves.
        (([POLICY] + [ACCEPTED] * 4) * 40, 46),
        # What lies further back is forgotten.
        (([POLICY] * 9 + [ACCEPTED] * 41) * 5, None),
        # Classes are not added up.
        (([POLICY] * 9 + [CONTENT] * 9 + [ACCEPTED] * 32) * 3, None),
        # Half is borne where it is the readers' own, more is not.
        ([ACCEPTED, UNKNOWN] * 100, None),
        ([ACCEPTED] * 100 + [UNKNOWN] * 50, 126),
        ([UNKNOWN] * 24 + [ACCEPTED] * 26, None),
        ([FULL, UNKNOWN, BARE] * 20, 25),
    ],
)
def test_limits(outcomes: list[Receipt], expected: int | None) -> None:
    """The shares of the last 50, and the counts below which nothing trips."""
    assert expected == trips_at(outcomes)


@given(st.lists(receipts, max_size=120), st.sampled_from([DEFERRED, UNCERTAIN]), st.integers(0, 120))
def test_what_comes_again_does_not_count(outcomes: list[Receipt], pending: Receipt, number: int) -> None:
    """Deferred and uncertain messages neither trip the breaker nor hide anything from it."""
    plain, mixed = Breaker(), Breaker()
    for each in outcomes:
        expected = plain.note(each)
        mixed.note(pending)
        assert expected == mixed.note(each)


@given(st.lists(receipts, max_size=200))
def test_it_never_trips_on_a_handful_and_never_recovers(outcomes: list[Receipt]) -> None:
    """No reason is given before ten refusals; once given, it stays the same."""
    breaker = Breaker()
    refused, given_reason = 0, None
    for each in outcomes:
        refused += each.kind is ReceiptKind.FAILED
        reason = breaker.note(each)
        assert reason is None or refused >= 10
        assert given_reason in {None, reason}
        given_reason = reason


def test_the_reason_can_be_read() -> None:
    """It says how many, with what, in the relay's last words, and where to look."""
    breaker = Breaker()
    for each in [ACCEPTED] * 60 + [POLICY] * 11:
        reason = breaker.note(each)
    assert (
        "11 of the last 50 messages were refused with 5.7.1: “5.7.1 Blocked for poor reputation”. "
        "Check SPF, DKIM, DMARC and the sender's reputation."
    ) == reason


def test_several_statuses_and_a_relay_that_says_too_much() -> None:
    """The reply is cut, and cannot write lines or control characters into a log."""
    breaker = Breaker()
    for number in range(10):
        reason = breaker.note(receipt_for(1, 550, f"5.7.{number} no\r\n\x1b[31m" + "way " * 200))
    assert reason is not None
    assert reason.startswith(
        "10 of the last 10 messages were refused with 5.7.9 and others: “5.7.9 no [31mway way"
    )
    assert "way…”. Check" in reason
    assert reason.isprintable()
    assert len(reason) < 350


def test_a_code_stands_for_a_missing_status() -> None:
    """A relay without enhanced statuses is quoted by its code."""
    breaker = Breaker()
    for _ in range(25):
        reason = breaker.note(BARE)
    assert reason is not None
    assert reason.startswith("25 of the last 25 messages were refused with 550: “Relaying denied”. So many")


def test_refusals_add_up_from_drain_to_drain() -> None:
    """Each drain asks anew, and has what the ones before it saw: three refusals a drain trip it in the fourth."""
    breakers = Breakers()
    tripped = [bool([breakers.watch(7).note(POLICY) for _ in range(3)][-1]) for _ in range(4)]
    assert [False, False, False, True] == tripped
    assert breakers.watch(8).note(POLICY) is None


def test_a_resumed_edition_starts_afresh() -> None:
    """What tripped is forgotten, and forgetting what was never watched is nothing."""
    breakers = Breakers()
    for _ in range(10):
        reason = breakers.watch(7).note(POLICY)
    assert reason is not None
    breakers.forget(7)
    breakers.forget(8)
    assert breakers.watch(7).note(POLICY) is None


def test_a_process_remembers_the_editions_it_works_on() -> None:
    """However many editions come by, so many are kept, and those in use are among them."""
    breakers = Breakers()
    first, second = breakers.watch(0), breakers.watch(1)
    for number in range(2, MOST_WATCHED + 1):
        breakers.watch(0)
        breakers.watch(number)
    assert first is breakers.watch(0)
    assert second is not breakers.watch(1)
