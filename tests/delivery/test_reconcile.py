"""The reconciler: everything comes to an end, and each end is recorded."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.delivery import control
from newsletter.delivery.reconcile import (
    MOST_OPEN_GATES,
    cancel_leftovers,
    close_edition,
    is_due,
    reconcile,
)
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition.states import EditionState
from tests.delivery.press import NOW, Press

DAY = timedelta(hours=24)


def look(press: Press, edition_id: int, policy: str = "resend") -> None:
    """Reconcile in a transaction of its own."""
    with press.database.transaction() as connection:
        reconcile(connection, edition_id, DAY, policy)


def close(press: Press, edition_id: int) -> bool:
    """Close an edition in a transaction of its own."""
    with press.database.transaction() as connection:
        return close_edition(connection, edition_id, NOW)


def gate_all(press: Press, edition_id: int) -> None:
    """Open the gate of everything that is due."""
    ledger = press.ledger()
    for claimed in ledger.claim(edition_id, 100):
        assert ledger.gate(claimed)


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_a_lease_that_ran_out(press: Press, policy: str) -> None:
    """What was in flight when its task died may have gone out: tried again, or held, by policy."""
    edition_id = press.send("ann", "bo")
    gate_all(press, edition_id)
    look(press, edition_id, policy)
    assert {DeliveryState.IN_FLIGHT: 2} == press.counts(edition_id), "a lease that lasts is left alone"
    press.end_leases(edition_id)
    look(press, edition_id, policy)
    state = DeliveryState.HELD if policy == "hold" else DeliveryState.UNCERTAIN
    assert {state: 2} == press.counts(edition_id)
    assert {(True, policy == "hold")} == {
        (row.possible_copy, row.settled_at is not None) for row in press.rows(edition_id)
    }
    assert (policy == "hold") == close(press, edition_id)


def test_three_gates_without_an_outcome(press: Press) -> None:
    """A delivery that never came to an outcome is put aside, and does not keep the edition open."""
    edition_id = press.send("ann")
    for _ in range(MOST_OPEN_GATES):
        gate_all(press, edition_id)
        press.end_leases(edition_id)
        look(press, edition_id)
    (row,) = press.rows(edition_id)
    assert (DeliveryState.QUARANTINED, 3) == (row.state, row.attempts)
    assert row.settled_at is not None
    assert [] == press.ledger().claim(edition_id, 1)
    assert close(press, edition_id)


def test_too_old_to_be_news(press: Press) -> None:
    """Past its lifetime a waiting delivery expires; one in flight is left to its outcome."""
    edition_id = press.send("ann", "bo", "cy")
    ledger = press.ledger()
    (claimed,) = ledger.claim(edition_id, 1)
    assert ledger.gate(claimed)
    old = sa.func.now() - DAY
    press.change(delivery.c.subscription_id != 3, created_at=old - timedelta(minutes=1))
    press.change(delivery.c.subscription_id == 3, created_at=old + timedelta(minutes=1))
    look(press, edition_id)
    expected = {DeliveryState.PENDING: 1, DeliveryState.IN_FLIGHT: 1, DeliveryState.EXPIRED: 1}
    assert expected == press.counts(edition_id)


def test_an_outcome_is_never_changed(press: Press) -> None:
    """What has ended stays as it ended, however old it is."""
    ended = [state for state in DeliveryState if state not in {"pending", "in_flight", "deferred", "uncertain"}]
    edition_id = press.send(*(f"reader{number}" for number, _ in enumerate(ended)))
    for row, state in zip(press.rows(edition_id), ended, strict=True):
        press.change(delivery.c.id == row.id, state=state, open_gates=9, created_at=sa.func.now() - 2 * DAY)
    before = press.rows(edition_id)
    look(press, edition_id)
    assert before == press.rows(edition_id)
    assert close(press, edition_id)


def test_reconciling_twice_is_reconciling_once(press: Press) -> None:
    """Any number of tasks may call it."""
    edition_id = press.send("ann")
    gate_all(press, edition_id)
    press.end_leases(edition_id)
    look(press, edition_id)
    before = press.rows(edition_id)
    look(press, edition_id)
    assert before == press.rows(edition_id)


@pytest.mark.parametrize("state", ["pending", "in_flight", "deferred", "uncertain"])
def test_an_open_delivery_keeps_the_edition_open(press: Press, state: str) -> None:
    """An edition is done only when nobody is pending or in flight."""
    edition_id = press.send("ann", "bo")
    press.change(delivery.c.subscription_id == 1, state="accepted")
    press.change(delivery.c.subscription_id == 2, state=state)
    assert not close(press, edition_id)
    assert EditionState.SENDING is press.edition(edition_id).state


def test_only_one_closes_an_edition(press: Press) -> None:
    """The second task to see the end changes nothing; a paused edition is not closed."""
    edition_id = press.send("ann")
    press.change(delivery.c.edition_id == edition_id, state="accepted")
    with press.database.transaction() as connection:
        control.pause(connection, edition_id, "wait")
    assert not close(press, edition_id)
    with press.database.transaction() as connection:
        control.resume(connection, edition_id)
    assert [True, False] == [close(press, edition_id) for _ in range(2)]
    assert (EditionState.DONE, NOW) == (press.edition(edition_id).state, press.edition(edition_id).finished_at)


def test_what_is_due(press: Press) -> None:
    """Work is due while a delivery could be claimed now."""
    edition_id = press.send("ann")

    def due() -> bool:
        with press.database.transaction() as connection:
            return is_due(connection, edition_id)

    assert due()
    ledger = press.ledger()
    (claimed,) = ledger.claim(edition_id, 1)
    assert not due(), "it is claimed"
    ledger.release(claimed)
    press.change(delivery.c.edition_id == edition_id, not_before_at=sa.func.now() + timedelta(hours=1))
    assert not due(), "it waits"
    press.make_due(edition_id)
    assert due()
    press.change(delivery.c.edition_id == edition_id, state="accepted")
    assert not due(), "it has ended"


def test_leftovers_of_a_cancelled_edition(press: Press) -> None:
    """What was in flight at a cancellation and never came back is cancelled, as a possible copy."""
    edition_id = press.send("ann", "bo")
    ledger = press.ledger()
    (claimed,) = ledger.claim(edition_id, 1)
    assert ledger.gate(claimed)
    with press.database.transaction() as connection:
        control.cancel(connection, edition_id, "no", NOW)
        cancel_leftovers(connection)
    assert {DeliveryState.IN_FLIGHT: 1, DeliveryState.CANCELLED: 1} == press.counts(edition_id)
    press.end_leases(edition_id)
    with press.database.transaction() as connection:
        cancel_leftovers(connection)
    assert [True, False] == [row.possible_copy for row in press.rows(edition_id)]
    assert {DeliveryState.CANCELLED: 2} == press.counts(edition_id)
