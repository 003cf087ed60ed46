"""Any order of events: what every claim, crash, pause and reply leaves true of an edition."""

from collections import Counter
from datetime import timedelta
from typing import ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from newsletter.delivery import control
from newsletter.delivery.ledger import Claimed, Gated
from newsletter.delivery.outcome import Receipt, ReceiptKind
from newsletter.delivery.reconcile import MOST_OPEN_GATES, close_edition, reconcile
from newsletter.delivery.states import OPEN, DeliveryState
from newsletter.edition.states import EditionState
from newsletter.errors import ConflictError
from newsletter.readers.tables import suppression
from tests.delivery.press import NOW, Press

READERS = 4
RECEIPTS = [
    Receipt(0, ReceiptKind.ACCEPTED, 250, "2.0.0 kept"),
    Receipt(0, ReceiptKind.DEFERRED, 451, "4.3.0 later"),
    Receipt(0, ReceiptKind.FAILED, 550, "5.7.1 no"),
    Receipt(0, ReceiptKind.FAILED, 550, "5.1.1 who?"),
    Receipt(0, ReceiptKind.UNCERTAIN),
]


class Sending(RuleBasedStateMachine):
    """One edition, sent by tasks that may stop anywhere and come back at any time."""

    press: Press
    examples: ClassVar[Counter[str]] = Counter()

    claims: Bundle[Claimed] = Bundle("claims")
    flights: Bundle[Gated] = Bundle("flights")

    def __init__(self) -> None:
        super().__init__()
        number = Sending.examples.total()
        Sending.examples["examples"] += 1
        with self.press.database.transaction() as connection:
            connection.execute(sa.delete(suppression))
        readers = self.press.add_readers(*(f"reader{number}x{each}" for each in range(READERS)))
        date = NOW.date() + timedelta(days=number)
        self.edition_id = self.press.make_ready([], on=date, subscription_ids=tuple(readers))
        self.press.start(self.edition_id)
        self.ledger = self.press.ledger()
        self.accepted: set[int] = set()

    def state(self) -> EditionState:
        return self.press.edition(self.edition_id).state

    @rule(target=claims, size=st.integers(min_value=1, max_value=READERS))
    def claim(self, size: int) -> MultipleResults[Claimed]:
        """Claim for a task."""
        held = {row.id for row in self.press.rows(self.edition_id) if row.state not in {"accepted", "failed"}}
        claimed = self.ledger.claim(self.edition_id, size)
        assert {each.delivery_id for each in claimed} <= held
        assert self.state() is EditionState.SENDING or not claimed
        return multiple(*claimed)

    @rule(target=flights, claimed=claims)
    def gate(self, claimed: Claimed) -> MultipleResults[Gated]:
        """Open a gate, perhaps long after the claim."""
        before = self.press.row(claimed.delivery_id)
        gated = self.ledger.gate(claimed)
        if gated is None:
            return multiple()
        assert self.state() is EditionState.SENDING
        assert before.state in {"pending", "deferred", "uncertain"}
        return multiple(gated)

    @rule(gated=flights, receipt=st.sampled_from(RECEIPTS))
    def settle(self, gated: Gated, receipt: Receipt) -> None:
        """Settle a reply, perhaps for a lease that was lost, perhaps twice."""
        delivery_id = gated.claimed.delivery_id
        self.ledger.settle(gated, Receipt(delivery_id, receipt.kind, receipt.code, receipt.text))
        if receipt.kind is ReceiptKind.ACCEPTED:
            self.accepted.add(delivery_id)

    @rule(claimed=consumes(claims))
    def release(self, claimed: Claimed) -> None:
        """Give back what a task has not begun."""
        before = self.press.row(claimed.delivery_id)
        if before.state == "in_flight":
            return
        self.ledger.release(claimed)
        assert (before.state, before.attempts) == (
            self.press.row(claimed.delivery_id).state,
            self.press.row(claimed.delivery_id).attempts,
        )

    @rule()
    def crash(self) -> None:
        """Every task stops for longer than its lease."""
        self.press.end_leases(self.edition_id)

    @rule()
    def wait(self) -> None:
        """Every pause is over."""
        self.press.make_due(self.edition_id)

    @rule()
    def look(self) -> None:
        """Reconcile as the tick does, and close the edition if that can be."""
        if self.state() is not EditionState.SENDING:
            return
        with self.press.database.transaction() as connection:
            reconcile(connection, self.edition_id, timedelta(days=1), "resend")
            close_edition(connection, self.edition_id, NOW)

    @rule(move=st.sampled_from(["pause", "resume", "resume", "cancel"]), is_meant=st.integers(0, 3))
    def steer(self, move: str, is_meant: int) -> None:
        """Pause or resume, and seldom cancel."""
        with self.press.database.transaction() as connection:
            try:
                if move == "pause":
                    control.pause(connection, self.edition_id, "wait")
                elif move == "resume":
                    control.resume(connection, self.edition_id)
                elif is_meant == 0:
                    control.cancel(connection, self.edition_id, "no", NOW)
            except ConflictError:
                Sending.examples["conflicts"] += 0

    @rule(number=st.integers(min_value=0, max_value=READERS - 1))
    def leave(self, number: int) -> None:
        """Let a reader unsubscribe."""
        self.press.unsubscribe(self.press.rows(self.edition_id)[number].subscription_id)

    @invariant()
    def everybody_is_accounted_for(self) -> None:
        """Check that the counts of all states add up to the audience, at every instant."""
        assert READERS == sum(self.press.counts(self.edition_id).values())

    @invariant()
    def an_acceptance_is_absorbing(self) -> None:
        """Check that what the relay accepted once is accepted for ever."""
        accepted = {row.id for row in self.press.rows(self.edition_id) if row.state == DeliveryState.ACCEPTED}
        assert self.accepted == accepted

    @invariant()
    def done_means_done(self) -> None:
        """Check that nothing is open in an edition that is done, and that every end has its moment."""
        rows = self.press.rows(self.edition_id)
        assert self.state() is not EditionState.DONE or not [row for row in rows if row.state in OPEN]
        assert all(row.open_gates <= MOST_OPEN_GATES for row in rows)
        assert all((row.settled_at is None) == (row.state in OPEN) for row in rows)


@pytest.mark.timeout(60)
def test_any_order_of_events(press: Press) -> None:
    """Whatever happens in whatever order, nobody is lost, nothing accepted changes, and done means done."""
    Sending.press = press
    Sending.examples.clear()
    few = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Sending, settings=few)
    assert Sending.examples["examples"] >= 25
