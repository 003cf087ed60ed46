"""Pause, resume, cancel."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.delivery import control
from newsletter.delivery.plan import Slicing
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.edition.states import EditionState
from newsletter.errors import ConflictError
from tests.delivery.hand import take_on
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
    """Outcomes stay, an acceptance under way still counts, and the rest never begins."""
    edition_id = press.send("ann", "bo", "cy", "dee")
    task = take_on(press, edition_id)
    task.answer(task.due[0], 250, "2.0.0 kept")
    task.answer(task.due[1], 450, "4.2.0 later")
    task.tell()
    task.begin(task.due[2])
    do(press, cancel, edition_id)
    assert {DeliveryState.ACCEPTED: 1, DeliveryState.IN_FLIGHT: 3} == press.counts(edition_id)
    task.answer(task.due[2], 250, "2.0.0 kept")
    task.end()
    assert {DeliveryState.ACCEPTED: 2, DeliveryState.CANCELLED: 2} == press.counts(edition_id)
    assert press.ledger().claim(edition_id) is None


def test_a_cancellation_waits_for_no_settlement(press: Press) -> None:
    """Tasks hear of it at its commit, which waits neither for their transactions nor for the number of readers."""
    edition_id = press.send("ann", "bo")
    with press.database.transaction() as settling:
        settling.execute(sa.select(batch.c.id).with_for_update())
        settling.execute(sa.select(delivery.c.id).with_for_update())
        with press.database.transaction() as connection:
            connection.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
            cancel(connection, edition_id)
    assert {DeliveryState.CANCELLED: 2} == press.counts(edition_id)


def test_a_pause_takes_nobody_s_time(press: Press) -> None:
    """After a pause longer than a delivery's lifetime nobody expires: what waits has all of it again."""
    edition_id = press.send("ann")
    do(press, pause, edition_id)
    with press.database.transaction() as connection:
        connection.execute(sa.update(batch).values(created_at=sa.func.now() - timedelta(days=9)))
    do(press, control.resume, edition_id)
    with press.database.transaction() as connection:
        reconcile(connection, edition_id, timedelta(days=1))
    assert {DeliveryState.PENDING: 1} == press.counts(edition_id)


def test_a_resumed_edition_goes_on_after_its_canary(press: Press) -> None:
    """Who waited for readers that were refused is let go by whoever resumes; not while some were never tried."""
    press.slicing = Slicing(canary=3)
    edition_id = press.send("ann", "bo", "cy", "dee")
    do(press, pause, edition_id)
    do(press, control.resume, edition_id)
    task = take_on(press, edition_id)
    assert press.ledger().claim(edition_id) is None
    for each in task.due:
        task.answer(each, 550, "5.1.1 no such reader")
    task.end()
    with press.database.transaction() as connection:
        assert reconcile(connection, edition_id, timedelta(days=1))
    do(press, pause, edition_id)
    do(press, control.resume, edition_id)
    assert ["dee@example.org"] == [each.address for each in take_on(press, edition_id).due]


def test_a_pause_needs_a_sending(press: Press) -> None:
    """Pausing what is not being sent, or resuming what is not paused, is a conflict without effect."""
    edition_id = press.make_ready([])
    for move in (pause, control.resume):
        with pytest.raises(ConflictError, match="ready"):
            do(press, move, edition_id)
    do(press, cancel, edition_id)
    assert EditionState.CANCELLED is press.edition(edition_id).state
