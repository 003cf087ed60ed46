"""The moves an edition can make."""

import pytest

from newsletter.edition import states
from newsletter.edition.states import MOVES, UNFINISHED, EditionState

FINAL = set(EditionState) - UNFINISHED


def reachable(start: EditionState) -> set[EditionState]:
    found, left = {start}, [start]
    while left:
        new = MOVES[left.pop()] - found
        found |= new
        left.extend(new)
    return found


def test_every_state_says_where_it_leads() -> None:
    """No state is forgotten in the table of moves."""
    assert set(EditionState) == set(MOVES)


def test_every_state_can_be_reached() -> None:
    """Everything that an edition can be begins with a plan."""
    assert set(EditionState) == reachable(EditionState.PLANNED)


@pytest.mark.parametrize("state", sorted(UNFINISHED))
def test_whatever_is_not_over_can_end(state: EditionState) -> None:
    """An edition under way can always come to an end, and can be cancelled."""
    assert FINAL & reachable(state)
    assert EditionState.CANCELLED in MOVES[state]


def test_cancelled_is_for_good() -> None:
    """Nothing brings back what an admin cancelled."""
    assert not MOVES[EditionState.CANCELLED]


@pytest.mark.parametrize(("start", "end"), [(start, end) for start, ends in MOVES.items() for end in sorted(ends)])
def test_the_table_on_top_names_both_ends_of_each_move(start: EditionState, end: EditionState) -> None:
    """The docstring's table, which people read, has a row for each move that the code allows."""
    rows = [line.split("|")[1:3] for line in (states.__doc__ or "").splitlines() if line.startswith("| ")]
    starts = {start, "any that is not final"} if start in UNFINISHED else {start}
    assert any(starts & set(named(before)) and end in named(after) for before, after in rows)


def named(cell: str) -> list[str]:
    return [each.strip() for each in cell.split(",")]
