"""Any order of events: what every claim, death, freeze, pause and reply leaves true of an edition."""

from collections import Counter
from contextlib import suppress
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
from sqlalchemy.dialects.postgresql import insert

from newsletter.delivery import control
from newsletter.delivery.accounting import journal as records
from newsletter.delivery.accounting.lease import FREE
from newsletter.delivery.accounting.ledger import Due
from newsletter.delivery.accounting.settle import MOST_OPEN_GATES
from newsletter.delivery.outcome import Receipt, ReceiptKind
from newsletter.delivery.plan import Slicing
from newsletter.delivery.reconcile import close_edition, reconcile
from newsletter.delivery.states import WAITING, DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.edition.states import EditionState
from newsletter.errors import ConflictError, LeaseLostError
from newsletter.readers.tables import SuppressionReason, subscriber, subscription, suppression
from tests.delivery.hand import HandTask
from tests.delivery.press import NOW, Press

READERS = 5
REPLIES = [
    (ReceiptKind.ACCEPTED, 250, "2.0.0 kept"),
    (ReceiptKind.ACCEPTED, 250, "2.0.0 kept"),
    (ReceiptKind.DEFERRED, 451, "4.3.0 later"),
    (ReceiptKind.FAILED, 550, "5.7.1 no"),
    (ReceiptKind.FAILED, 550, "5.1.1 who?"),
    (ReceiptKind.UNCERTAIN, None, "lost"),
]
PLACES = st.integers(0, READERS - 1)


class Worker(HandTask):
    """A task that does not end with messages in hand, unless it dies."""

    def __init__(self, task: HandTask) -> None:
        self.__dict__.update(task.__dict__)
        self.hands: dict[int, Due] = {}
        self.is_over = False

    def untouched(self) -> list[Due]:
        """Return those of the batch that were not begun by this task."""
        return [due for due in self.due if due.delivery_id not in self.begun]


class Sending(RuleBasedStateMachine):
    """One edition, sent by tasks that may stop anywhere and come back at any time."""

    press: ClassVar[Press]
    policy: ClassVar[str]
    examples: ClassVar[Counter[str]] = Counter()

    workers: Bundle[Worker] = Bundle("workers")

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
        self.everybody = {row.id: row.subscription_id for row in self.press.rows(self.edition_id)}
        self.ledger = self.press.ledger(self.policy)
        self.all_workers: list[Worker] = []
        self.relay_log: Counter[int] = Counter()
        self.in_doubt: set[int] = set()
        self.on_record: set[int] = set()
        self.stopped: set[int] = set()
        self.erased: set[int] = set()
        self.seen_accepted: set[int] = set()

    def state(self) -> EditionState:
        return self.press.edition(self.edition_id).state

    @rule(target=workers)
    def claim(self) -> MultipleResults[Worker]:
        """Let a task begin with a batch."""
        state = self.state()
        claim = self.ledger.claim(self.edition_id)
        if claim is None:
            return multiple()
        assert state is EditionState.SENDING
        worker = Worker(HandTask(self.ledger, claim))
        self.all_workers.append(worker)
        assert not {due.subscription_id for due in worker.due} & self.stopped
        return multiple(worker)

    @rule(worker=workers, place=PLACES, is_handed_over=st.booleans())
    def begin(self, worker: Worker, place: int, is_handed_over: bool) -> None:
        """Let a text leave, perhaps long after the claim, and perhaps not whole."""
        untouched = worker.untouched()
        # A task hears at once of a pause, and of a reader who left (newsletter.delivery.stops).
        if worker.is_over or not untouched or self.state() is not EditionState.SENDING:
            return
        due = untouched[place % len(untouched)]
        if due.subscription_id in self.stopped:
            return
        number = due.delivery_id
        before = None if number in self.erased else self.press.row(number)
        try:
            worker.begin(due)
        except LeaseLostError:
            return
        assert number not in self.on_record, "accepted, and known to be"
        if number in self.in_doubt:
            assert "resend" == self.policy, "a message in doubt is never repeated where they are held"
            assert before is None or before.possible_copy
        if is_handed_over:
            worker.hands[number] = due
            self.in_doubt.add(number)
        else:
            with suppress(LeaseLostError):
                worker.journal.write(records.given_back(number))

    @rule(worker=workers, place=PLACES, reply=st.sampled_from(REPLIES))
    def hear(self, worker: Worker, place: int, reply: tuple[ReceiptKind, int | None, str]) -> None:
        """Let a reply come, perhaps long after the lease was lost."""
        if worker.is_over or not worker.hands:
            return
        number = sorted(worker.hands)[place % len(worker.hands)]
        receipt = Receipt(number, *reply)
        if receipt.kind is ReceiptKind.ACCEPTED:
            self.relay_log[number] += 1
        try:
            worker.hear(worker.hands.pop(number), receipt)
        except LeaseLostError:
            # Another task has the batch: this is known to nobody, and the message stays in doubt.
            return
        if receipt.kind is ReceiptKind.ACCEPTED:
            self.on_record.add(number)
        elif receipt.kind is not ReceiptKind.UNCERTAIN:
            self.forget_doubt(number, worker)

    def forget_doubt(self, number: int, worker: Worker) -> None:
        """Take a message out of doubt after a refusal, unless another text of it was never answered for."""
        others = [each for each in self.all_workers if each is not worker and number in each.begun]
        if not others:
            self.in_doubt.discard(number)

    @rule(worker=workers)
    def tell(self, worker: Worker) -> None:
        """Settle with the database."""
        if not worker.is_over:
            worker.tell()

    @rule(worker=consumes(workers))
    def end(self, worker: Worker) -> None:
        """Give a batch back."""
        if not worker.hands and not worker.is_over:
            worker.is_over = True
            worker.end()

    @rule(worker=consumes(workers))
    def kill(self, worker: Worker) -> None:
        """Let a task die with whatever it has in hand."""
        if not worker.is_over:
            worker.is_over = True
            worker.die()

    @rule()
    def freeze(self) -> None:
        """Every task stops for longer than its lease."""
        self.press.end_leases(self.edition_id)

    @rule()
    def recover(self) -> None:
        """Look after the dead and the frozen, as every task and every tick does."""
        self.press.ledger(self.policy).recover()

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
            reconcile(connection, self.edition_id, timedelta(days=1))
            close_edition(connection, self.edition_id, NOW)

    @rule(move=st.sampled_from(["pause", "resume", "resume", "cancel"]), is_meant=st.integers(0, 3))
    def steer(self, move: str, is_meant: int) -> None:
        """Pause or resume, and seldom cancel."""
        with self.press.database.transaction() as connection, suppress(ConflictError):
            if move == "pause":
                control.pause(connection, self.edition_id, "wait")
            elif move == "resume":
                control.resume(connection, self.edition_id)
            elif is_meant == 0:
                control.cancel(connection, self.edition_id, "no", NOW)

    @rule(place=PLACES, how=st.sampled_from(["unsubscribe", "suppress", "erase"]))
    def stop(self, place: int, how: str) -> None:
        """Let a reader unsubscribe, be suppressed, or be erased with all that is known of them."""
        number = sorted(self.everybody)[place]
        subscription_id = self.everybody[number]
        if number in self.erased:
            return
        self.stopped.add(subscription_id)
        if how == "unsubscribe":
            self.press.unsubscribe(subscription_id)
            return
        of_reader = subscription.c.id == subscription_id
        with self.press.database.transaction() as connection:
            if how == "erase":
                self.erased.add(number)
                connection.execute(sa.delete(subscription).where(of_reader))
                return
            address = sa.select(subscriber.c.canonical_address, sa.literal(SuppressionReason.COMPLAINT)).join(
                subscription, sa.and_(subscription.c.subscriber_id == subscriber.c.id, of_reader)
            )
            complained = insert(suppression).from_select(["canonical_address", "reason"], address)
            connection.execute(complained.on_conflict_do_nothing())

    @invariant()
    def everybody_is_accounted_for(self) -> None:
        """Check that the counts of all states add up to the audience, at every instant."""
        assert READERS - len(self.erased) == sum(self.press.counts(self.edition_id).values())

    @invariant()
    def nobody_is_lost(self) -> None:
        """Check that whoever waits is in a batch that a task holds, or that a task will be given."""
        looked_after = sa.exists().where(
            batch.c.edition_id == delivery.c.edition_id,
            delivery.c.id.between(batch.c.first_id, batch.c.last_id),
            sa.or_(batch.c.due_at.is_not(None), batch.c.lease_until != FREE),
        )
        waiting = sa.select(delivery.c.id).where(
            delivery.c.edition_id == self.edition_id, delivery.c.state.in_(WAITING), ~looked_after
        )
        with self.press.database.transaction() as connection:
            assert [] == list(connection.execute(waiting).scalars())

    @invariant()
    def an_acceptance_is_absorbing(self) -> None:
        """Check that what was accepted once is accepted for ever, and that the relay did accept it."""
        accepted = {row.id for row in self.press.rows(self.edition_id) if row.state == DeliveryState.ACCEPTED}
        assert self.seen_accepted - self.erased <= accepted
        assert all(self.relay_log[number] for number in accepted)
        self.seen_accepted = accepted

    @invariant()
    def ends_are_ends(self) -> None:
        """Check that nothing is open in an edition that is done, and that every end has its moment."""
        rows = self.press.rows(self.edition_id)
        assert self.state() is not EditionState.DONE or not [row for row in rows if row.state in WAITING]
        assert all(row.open_gates <= MOST_OPEN_GATES for row in rows)
        assert all((row.settled_at is None) == (row.state in WAITING) for row in rows)

    def teardown(self) -> None:
        """Bring the edition to its end: whatever happened, everybody comes to one, and it is done."""
        for worker in self.all_workers:
            if not worker.is_over:
                worker.die()
        self.recover()
        with self.press.database.transaction() as connection, suppress(ConflictError):
            control.resume(connection, self.edition_id)
        if self.state() is EditionState.SENDING:
            self.press.make_due(self.edition_id)
            while (claim := self.ledger.claim(self.edition_id)) is not None:
                last = HandTask(self.ledger, claim)
                for due in last.due:
                    assert due.delivery_id not in self.on_record
                    self.relay_log[due.delivery_id] += 1
                    last.answer(due, 250, "2.0.0 kept")
                assert last.end()
            self.look()
            assert EditionState.DONE is self.state()
        rows = self.press.rows(self.edition_id)
        assert self.on_record - self.erased <= {row.id for row in rows if row.state == DeliveryState.ACCEPTED}
        for row in rows:
            assert row.possible_copy or self.relay_log[row.id] <= 1, "a copy that nobody knows of"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_any_order_of_events(press: Press, policy: str) -> None:
    """Whatever happens in whatever order, nobody is lost, no copy is unknown, and done means done."""
    press.slicing = Slicing(batch_size=2)
    Sending.press, Sending.policy = press, policy
    Sending.examples.clear()
    few = settings(max_examples=12, stateful_step_count=35, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Sending, settings=few)
    assert Sending.examples["examples"] >= few.max_examples
