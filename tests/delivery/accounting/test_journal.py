"""The journal's records: what was written is read again, and what was cut short never took effect."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.accounting import journal
from newsletter.delivery.accounting.journal import HEADER, Evidence, Trace, read_journal
from newsletter.delivery.outcome import Receipt, ReceiptKind

NUMBERS = st.integers(1, 2**63 - 1)
WORDS = st.text(max_size=80)
REPLIES = st.tuples(st.sampled_from(ReceiptKind), st.none() | st.integers(200, 599), WORDS)
FATES = st.sampled_from(["taken", "begun", "given back", "settled", "refused before its text"])
LIVES = st.lists(
    st.tuples(NUMBERS, st.integers(0, 200), FATES, REPLIES), max_size=8, unique_by=lambda life: life[0]
)

Life = tuple[int, int, str, tuple[ReceiptKind, int | None, str]]


def traces_of(records: bytes) -> dict[int, Trace]:
    """Return what a journal of these records tells."""
    return dict(read_journal(HEADER + records).traces)


def written(lives: Sequence[Life]) -> tuple[list[bytes], dict[int, Trace]]:
    """Return the records of some deliveries, begun before any is settled, and what they must be read as."""
    first, second = [], []
    expected: dict[int, Trace] = {}
    for number, attempts, fate, reply in lives:
        receipt = Receipt(number, *reply)
        is_begun = fate in {"begun", "settled"}
        first.append(journal.taken(number, attempts))
        if is_begun:
            first.append(journal.begun(number))
        if fate == "given back":
            second.append(journal.given_back(number))
            continue
        is_settled = fate in {"settled", "refused before its text"}
        if is_settled:
            second.append(journal.settled(receipt))
        expected[number] = Trace(attempts, is_begun, receipt if is_settled else None)
    return first + second, expected


@given(LIVES)
def test_what_was_written_is_read(lives: list[Life]) -> None:
    """Every delivery in hand comes back with its attempts, its gate and its receipt; one given back does not."""
    records, expected = written(lives)
    assert expected == traces_of(b"".join(records))


@given(LIVES, st.data())
def test_a_journal_cut_anywhere_is_the_journal_of_a_moment_before(lives: list[Life], data: st.DataObject) -> None:
    """A kill in the middle of a write leaves out the record that was cut, and harms none before it."""
    records, _ = written(lives)
    raw = b"".join(records)
    at = data.draw(st.integers(0, len(raw)))
    whole = max(number for number in range(len(records) + 1) if len(b"".join(records[:number])) <= at)
    assert traces_of(b"".join(records[:whole])) == traces_of(raw[:at])


@pytest.mark.parametrize("letter", ["x", "é", "€", "😀"])
def test_long_words_of_a_relay_are_cut_between_letters(letter: str) -> None:
    """A reply of any length costs a bounded record, and what is kept of it is text."""
    record = journal.settled(Receipt(1, ReceiptKind.FAILED, 550, "5.7.1 " + 1000 * letter))
    assert len(record) < 600
    receipt = traces_of(journal.taken(1, 0) + record)[1].receipt
    assert receipt is not None
    assert "5.7.1" == receipt.enhanced_status
    assert {letter} == set(receipt.text.removeprefix("5.7.1 "))


def test_a_delivery_taken_again_begins_anew() -> None:
    """Given back and taken once more in one journal, a delivery is in hand, and its text has not begun."""
    again = journal.taken(7, 2) + journal.begun(7) + journal.given_back(7) + journal.taken(7, 2)
    assert {7: Trace(2)} == traces_of(again)


def test_more_attempts_than_a_record_holds() -> None:
    """A count that is out of range is cut to the largest, and breaks no journal."""
    assert {1: Trace(65_535)} == traces_of(journal.taken(1, 10**6))


def test_nothing_was_written() -> None:
    """A writer that died before its first record had nothing in hand."""
    assert {} == traces_of(b"")


def test_the_numbers_of_the_kinds_are_for_ever() -> None:
    """A journal that an earlier version left behind is read the same, in whatever order the kinds stand now."""
    records = b"".join(
        b"T" + number.to_bytes(8) + b"\0\3" + b"R" + number.to_bytes(8) + bytes([number]) + b"\0\0" + b"\0\2ok"
        for number in range(1, 5)
    )
    kinds = [ReceiptKind.ACCEPTED, ReceiptKind.DEFERRED, ReceiptKind.FAILED, ReceiptKind.UNCERTAIN]
    expected = {
        number: Trace(3, receipt=Receipt(number, kind, text="ok")) for number, kind in enumerate(kinds, start=1)
    }
    assert Evidence(expected) == read_journal(b"newsletter journal 1\n" + records)
    assert set(kinds) == set(ReceiptKind)


@pytest.mark.parametrize("length", range(len(HEADER) + 1))
def test_a_journal_cut_in_its_header(length: int) -> None:
    """Its writer died at its first write: nothing was begun."""
    assert Evidence({}) == read_journal(HEADER[:length])


@pytest.mark.parametrize(
    "foreign",
    [
        b"X",
        b"\0" * 30,
        b"R" + bytes(8) + b"\7" + bytes(4),
        b"R" + bytes(8) + b"\1\0\0\xff\xff",
        journal.begun(9),
        journal.given_back(9),
    ],
    ids=["no record", "a hole", "no kind", "no length", "begun, not taken", "given back, not taken"],
)
def test_a_journal_with_foreign_octets(foreign: bytes) -> None:
    """What stands before them is believed, and whatever else may have been begun is not known."""
    expected = Evidence({1: Trace(2, is_begun=True)}, is_whole=False)
    assert expected == read_journal(HEADER + journal.taken(1, 2) + journal.begun(1) + foreign)


def test_an_acceptance_without_its_beginning() -> None:
    """It is a fact all the same, of a journal that has lost a part."""
    receipt = Receipt(1, ReceiptKind.ACCEPTED, 250, "2.0.0 kept")
    expected = Evidence({1: Trace(0, receipt=receipt)}, is_whole=False)
    assert expected == read_journal(HEADER + journal.settled(receipt))


@given(st.binary(max_size=200))
def test_any_octets_are_read(octets: bytes) -> None:
    """Nothing that a file may hold stops a recovery."""
    read_journal(octets)
    read_journal(HEADER + octets)


@given(LIVES)
def test_a_whole_journal(lives: list[Life]) -> None:
    """With its header, what was written is all there is to know."""
    records, expected = written(lives)
    assert Evidence(expected) == read_journal(HEADER + b"".join(records))


def test_half_a_character() -> None:
    """What is no text is replaced: it must not keep the rest from being written down."""
    record = journal.settled(Receipt(1, ReceiptKind.UNCERTAIN, text="a \udcff file"))
    receipt = traces_of(journal.taken(1, 0) + record)[1].receipt
    assert receipt is not None
    assert "a ? file" == receipt.text
