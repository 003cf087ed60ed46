"""The ledger: claims that never overlap, readings that see the present, and settlements that last."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.delivery import control
from newsletter.delivery.plan import Slicing
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.errors import LeaseLostError
from newsletter.readers.tables import SuppressionReason, subscriber, suppression
from tests.delivery.hand import HandTask, addresses, is_held, lease, recovers, states, suppressed, take_on
from tests.delivery.press import Press

NAMES = ("ann", "bo", "cy", "dee")


def test_a_claim_takes_the_batch_that_is_due_longest(press: Press) -> None:
    """Batches are given out one by one, none of them twice, and one that waits is not given out."""
    press.slicing = Slicing(batch_size=1)
    edition_id = press.send("ann", "bo", "cy")
    with press.database.transaction() as connection:
        earlier, later = sa.func.now() - timedelta(hours=1), sa.func.now() + timedelta(hours=1)
        connection.execute(sa.update(batch).where(batch.c.id == 3).values(due_at=earlier))
        connection.execute(sa.update(batch).where(batch.c.id == 1).values(due_at=later))
    ledger = press.ledger()
    claims = [ledger.claim(edition_id) for _ in range(3)]
    assert [3, 2, None] == [claim and claim.batch_id for claim in claims]


def test_nothing_to_claim_unless_it_is_being_sent(press: Press) -> None:
    """A paused edition gives out nothing; resumed, it gives out what it kept."""
    edition_id = press.send("ann")
    with press.database.transaction() as connection:
        control.pause(connection, edition_id, "wait")
    assert press.ledger().claim(edition_id) is None
    with press.database.transaction() as connection:
        control.resume(connection, edition_id)
    assert press.ledger().claim(edition_id) is not None


def test_claimers_never_overlap(press: Press) -> None:
    """Tasks that claim at one instant take different batches, and together all of them."""
    press.slicing = Slicing(batch_size=2)
    edition_id = press.send(*(f"reader{number}" for number in range(40)))
    together = threading.Barrier(4)

    def claim() -> list[int]:
        ledger, taken = press.ledger(), []
        together.wait()
        while claimed := ledger.claim(edition_id):
            taken += [due.delivery_id for due in ledger.read(claimed)]
        return taken

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(claim) for _ in range(4)]
        taken = [delivery_id for future in futures for delivery_id in future.result()]
    assert [row.id for row in press.rows(edition_id)] == sorted(taken)


def test_a_claim_passes_over_what_another_transaction_has(press: Press) -> None:
    """A batch whose row is locked is passed over, never waited for."""
    press.slicing = Slicing(batch_size=1)
    edition_id = press.send("ann", "bo")
    with press.database.transaction() as connection:
        connection.execute(sa.select(batch.c.id).where(batch.c.id == 1).with_for_update())
        claim = press.ledger().claim(edition_id)
    assert claim is not None
    assert 2 == claim.batch_id


def test_a_reading_sees_the_present(press: Press) -> None:
    """The address is that of this moment; who left or was suppressed since is recorded so, and not mailed."""
    edition_id = press.send("ann", "bo", "Cy")
    ledger = press.ledger()
    claim = ledger.claim(edition_id)
    assert claim is not None
    press.unsubscribe(press.rows(edition_id)[1].subscription_id)
    with press.database.transaction() as connection:
        changed = sa.update(subscriber).where(subscriber.c.address == "ann@example.org")
        connection.execute(changed.values(address="Ann@example.org"))
        row = {"canonical_address": "cy@example.org", "reason": SuppressionReason.COMPLAINT}
        connection.execute(sa.insert(suppression).values(row))
    assert ["Ann@example.org"] == [due.address for due in ledger.read(claim)]
    assert ["pending", "suppressed", "suppressed"] == states(press, edition_id)
    assert [True, False, False] == [row.settled_at is None for row in press.rows(edition_id)]


def test_only_what_is_due_is_read(press: Press) -> None:
    """In a batch that is due, a delivery may have to wait still; what has ended is over."""
    edition_id = press.send(*NAMES)
    _, waiting, ended, _ = press.rows(edition_id)
    press.change(delivery.c.id == waiting.id, not_before_at=sa.func.now() + timedelta(hours=1))
    press.change(delivery.c.id == ended.id, state="accepted")
    assert ["ann", "dee"] == addresses(take_on(press, edition_id))


def test_those_that_may_have_killed_a_worker_are_read_last(press: Press) -> None:
    """Whoever was in hand when a task died waits behind those who were not."""
    edition_id = press.send(*NAMES)
    press.change(delivery.c.id == press.rows(edition_id)[0].id, open_gates=2)
    task = take_on(press, edition_id)
    assert ["bo", "cy", "dee", "ann"] == addresses(task)
    assert [0, 0, 0, 2] == [due.open_gates for due in task.due]


SETTLEMENTS: list[tuple[int, str, dict[str, Any]]] = [
    (250, "2.0.0 kept", {"state": DeliveryState.ACCEPTED, "reply_code": 250, "enhanced_status": "2.0.0"}),
    (451, "4.3.0 later", {"state": DeliveryState.DEFERRED, "reply_code": 451, "settled_at": None}),
    (550, "5.7.1 no", {"state": DeliveryState.FAILED, "enhanced_status": "5.7.1", "reply": "5.7.1 no"}),
]


@pytest.mark.parametrize("by", ["its task", "a recovery"])
@pytest.mark.parametrize(("code", "text", "expected"), SETTLEMENTS)
def test_a_reply_is_recorded(press: Press, by: str, code: int, text: str, expected: dict[str, Any]) -> None:
    """Told by the task or found in its journal, a reply is kept with its words, and the attempt is counted."""
    edition_id = press.send("ann")
    press.change(delivery.c.edition_id == edition_id, open_gates=1)
    task = take_on(press, edition_id)
    task.answer(task.due[0], code, text)
    if by == "its task":
        assert task.end()
    else:
        task.die()
        assert recovers(press, press.ledger())
    (row,) = press.rows(edition_id)
    assert expected == {name: getattr(row, name) for name in expected}
    assert (1, 0, False) == (row.attempts, row.open_gates, row.possible_copy)
    assert not is_held(press, edition_id)


def test_what_came_of_each_is_in_one_settlement(press: Press) -> None:
    """A page of mixed outcomes is recorded in one go, and the batch is due when the next of it is."""
    edition_id = press.send(*NAMES)
    task = take_on(press, edition_id)
    ann, bo, cy, _ = task.due
    task.answer(ann, 250, "2.0.0 kept")
    task.answer(bo, 450, "4.2.0 later")
    task.lose(cy)
    assert task.end()
    assert ["accepted", "deferred", "uncertain", "pending"] == states(press, edition_id)
    again = take_on(press, edition_id)
    assert ["dee"] == addresses(again)
    again.answer(again.due[0], 250, "2.0.0 kept")
    again.end()
    assert press.ledger().claim(edition_id) is None
    with press.database.transaction() as connection:
        due_at = connection.execute(sa.select(batch.c.due_at)).scalar_one()
    assert press.row(bo.delivery_id).not_before_at == due_at


def test_acceptances_are_counted_by_relay_and_day(press: Press) -> None:
    """What relays being warmed up have taken is counted with the acceptances, and refusals are not."""
    edition_id = press.send(*NAMES)
    task = take_on(press, edition_id)
    for due, code in zip(task.due, (250, 250, 450, 250), strict=True):
        task.answer(due, code, f"{code // 100}.0.0 so")
        task.tell()
    with press.database.transaction() as connection:
        rows = connection.execute(
            sa.text("SELECT relay, day_on - timezone('UTC', now())::date, accepted FROM relay_day")
        )
        assert [("relay.example", 0, 3)] == [tuple(row) for row in rows]


def test_each_settlement_renews_the_lease(press: Press) -> None:
    """A task that tells what it does keeps its batch, even when there is nothing to tell."""
    edition_id = press.send("ann")
    task = take_on(press, edition_id)
    press.end_leases(edition_id)
    assert task.tell()
    assert not recovers(press, press.ledger())
    assert task.tell()


@pytest.mark.parametrize("behind", [0, 60])
def test_what_is_given_back_cost_nothing(press: Press, behind: int) -> None:
    """A message that was not begun has no attempt, and is free at once unless it must wait behind the others."""
    edition_id = press.send("ann", "bo")
    task = take_on(press, edition_id)
    task.end({task.due[0].delivery_id: timedelta(seconds=behind)} if behind else {})
    assert {("pending", 0, 0)} == {(row.state, row.attempts, row.open_gates) for row in press.rows(edition_id)}
    assert (["bo"] if behind else ["ann", "bo"]) == addresses(take_on(press, edition_id))


def test_a_delivery_tried_before_is_given_back_as_it_was(press: Press) -> None:
    """Its earlier attempts still count, and so does the copy that an uncertain one may have made."""
    edition_id = press.send("ann")
    press.change(delivery.c.edition_id == edition_id, state="uncertain", attempts=2, possible_copy=True)
    take_on(press, edition_id).end()
    (row,) = press.rows(edition_id)
    assert (DeliveryState.UNCERTAIN, 2, True) == (row.state, row.attempts, row.possible_copy)


def test_a_message_that_cannot_be_written_is_put_aside(press: Press) -> None:
    """It ends quarantined, and nothing that has ended before is changed."""
    edition_id = press.send("ann", "bo")
    ann, bo = press.rows(edition_id)
    press.change(delivery.c.id == bo.id, state="accepted")
    task = take_on(press, edition_id)
    task.ledger.finish(task.claim, poisonous=[ann.id, bo.id])
    assert ["quarantined", "accepted"] == states(press, edition_id)
    assert press.row(ann.id).settled_at is not None


def test_a_task_that_lost_its_lease_puts_nothing_aside(press: Press) -> None:
    """By now the message is another task's, which may be able to write it."""
    edition_id = press.send("ann")
    late = frozen(press, edition_id)
    late.ledger.finish(late.claim, poisonous=[late.due[0].delivery_id])
    assert ["uncertain"] == states(press, edition_id)


def frozen(press: Press, edition_id: int) -> HandTask:
    """Return a task that began its first message and was frozen, while its batch was taken over."""
    task = take_on(press, edition_id)
    task.begin(task.due[0])
    press.end_leases(edition_id)
    assert recovers(press, press.ledger())
    press.make_due(edition_id)
    return task


def test_a_frozen_task_can_begin_nothing(press: Press) -> None:
    """Once another has taken over, whether the batch was claimed again or not, no text may leave any more."""
    edition_id = press.send("ann", "bo")
    task = frozen(press, edition_id)
    with pytest.raises(LeaseLostError):
        task.begin(task.due[1])
    second = take_on(press, edition_id)
    with pytest.raises(LeaseLostError):
        task.begin(task.due[1])
    second.begin(second.due[0])


def test_a_task_frozen_before_its_journal_reads_nobody(press: Press) -> None:
    """Taken over between its claim and its journal, a task finds no readers, because its lease is lost."""
    edition_id = press.send("ann")
    ledger = press.ledger()
    claim = ledger.claim(edition_id)
    assert claim is not None
    press.end_leases(edition_id)
    assert recovers(press, press.ledger())
    assert [] == HandTask(ledger, claim).due
    assert ["ann"] == addresses(take_on(press, edition_id))


def test_a_late_acceptance_wins(press: Press) -> None:
    """An acceptance is a fact, even when another task has the batch by now, and nothing overwrites it."""
    edition_id = press.send("ann")
    late = frozen(press, edition_id)
    second = take_on(press, edition_id)
    (due,) = late.due
    outcome = second.due[0]
    late.journal = second.journal  # what it heard is no text that leaves
    late.answer(due, 250, "2.0.0 kept")
    assert not late.tell()
    assert DeliveryState.ACCEPTED == press.row(due.delivery_id).state
    for reply in [(451, "4.3.0 later"), (550, "5.1.1 no"), (250, "2.0.0 again")]:
        second.answer(outcome, *reply)
        second.tell()
    second.lose(outcome)
    assert second.end()
    row = press.row(due.delivery_id)
    assert (DeliveryState.ACCEPTED, "2.0.0 kept", True) == (row.state, row.reply, row.possible_copy)
    assert [] == suppressed(press)


@pytest.mark.parametrize("reply", [(451, "4.3.0 later"), (550, "5.1.1 no"), None])
def test_all_else_that_comes_late_changes_nothing(press: Press, reply: tuple[int, str] | None) -> None:
    """Refusals, uncertainties and postponements after a lost lease belong to an attempt that no longer counts."""
    edition_id = press.send("ann", "bo")
    late = frozen(press, edition_id)
    second = take_on(press, edition_id)
    before = press.rows(edition_id), lease(press)
    late.journal = second.journal
    if reply:
        late.answer(late.due[0], *reply)
    else:
        late.lose(late.due[0])
    assert not late.tell()
    late.ledger.finish(late.claim, behind={late.due[1].delivery_id: timedelta(hours=1)})
    assert before == (press.rows(edition_id), lease(press))
    assert [] == suppressed(press)
