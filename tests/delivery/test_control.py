"""Pause, resume, cancel."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from newsletter.delivery import control
from newsletter.delivery.outcome import receipt_for
from newsletter.delivery.states import DeliveryState
from newsletter.edition.states import EditionState
from newsletter.errors import ConflictError
from tests.delivery.press import NOW, Press

Move = Callable[[sa.Connection, int], None]


def pause(connection: sa.Connection, edition_id: int) -> None:
    """Pause with a reason."""
    control.pause(connection, edition_id, "The subject is wrong.")


def cancel(connection: sa.Connection, edition_id: int) -> None:
    """Cancel with a reason."""
    control.cancel(connection, edition_id, "The subject is wrong.", NOW)


def do(press: Press, move: Move, edition_id: int) -> None:
    """Make a move in a transaction of its own."""
    with press.database.transaction() as connection:
        move(connection, edition_id)


def test_pause_and_resume(press: Press) -> None:
    """A pause keeps its reason until the edition goes on."""
    edition_id = press.send("ann")
    do(press, pause, edition_id)
    paused = press.edition(edition_id)
    assert (EditionState.PAUSED, "The subject is wrong.") == (paused.state, paused.reason)
    do(press, control.resume, edition_id)
    resumed = press.edition(edition_id)
    assert (EditionState.SENDING, "") == (resumed.state, resumed.reason)
    assert {DeliveryState.PENDING: 1} == press.counts(edition_id)


@pytest.mark.parametrize("first", [pause, cancel])
def test_a_cancellation_is_final(press: Press, first: Move) -> None:
    """Cancelled from any state, an edition cannot be paused, resumed or cancelled again."""
    edition_id = press.send("ann")
    do(press, first, edition_id)
    if first is pause:
        do(press, cancel, edition_id)
    assert (EditionState.CANCELLED, NOW) == (
        press.edition(edition_id).state,
        press.edition(edition_id).finished_at,
    )
    for move in (pause, control.resume, cancel):
        with pytest.raises(ConflictError, match="cancelled"):
            do(press, move, edition_id)


def test_only_what_was_not_begun_is_cancelled(press: Press) -> None:
    """Outcomes stay, what is in flight may still come to one, the rest never begins."""
    edition_id = press.send("ann", "bo", "cy", "dee")
    ledger = press.ledger()
    done, begun, claimed = ledger.claim(edition_id, 3)
    for each in (done, begun):
        assert ledger.gate(each)
    gated = ledger.gate(claimed)
    assert gated
    ledger.settle(gated, receipt_for(claimed.delivery_id, 450, "4.2.0 later"))
    do(press, cancel, edition_id)
    expected = {DeliveryState.IN_FLIGHT: 2, DeliveryState.CANCELLED: 2}
    assert expected == press.counts(edition_id)
    assert [None, None] == [row.settled_at for row in press.rows(edition_id)[:2]]
    assert None not in [row.settled_at for row in press.rows(edition_id)[2:]]


def test_a_pause_needs_a_sending(press: Press) -> None:
    """Pausing what is not being sent, or resuming what is not paused, is a conflict without effect."""
    edition_id = press.make_ready([])
    for move in (pause, control.resume):
        with pytest.raises(ConflictError, match="ready"):
            do(press, move, edition_id)
    do(press, cancel, edition_id)
    assert EditionState.CANCELLED is press.edition(edition_id).state
