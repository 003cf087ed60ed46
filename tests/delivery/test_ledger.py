"""The ledger: claims that never overlap, gates that see the present, outcomes that nobody undoes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.delivery import control
from newsletter.delivery.ledger import BEHIND, Claimed, Gated, Ledger
from newsletter.delivery.outcome import BACKOFF, JITTER, UNCERTAIN_PAUSE, Receipt, ReceiptKind, receipt_for
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.readers.tables import SuppressionReason, subscriber, suppression
from tests.delivery.press import NOW, Press


def claim_one(press: Press, edition_id: int, policy: str = "resend") -> tuple[Ledger, Claimed]:
    """Claim a single delivery."""
    ledger = press.ledger(policy)
    (claimed,) = ledger.claim(edition_id, 1)
    return ledger, claimed


def gate_one(press: Press, edition_id: int, policy: str = "resend") -> tuple[Ledger, Gated]:
    """Claim a single delivery and open its gate."""
    ledger, claimed = claim_one(press, edition_id, policy)
    gated = ledger.gate(claimed)
    assert gated is not None
    return ledger, gated


def answer(gated: Gated, code: int, text: str) -> Receipt:
    """Return the receipt for a reply."""
    return receipt_for(gated.claimed.delivery_id, code, text)


def seconds_until_due(press: Press, delivery_id: int) -> float:
    """Return how long a delivery still waits, by the database's clock."""
    left = sa.extract("epoch", delivery.c.not_before_at - sa.func.now())
    with press.database.transaction() as connection:
        return float(connection.execute(sa.select(left).where(delivery.c.id == delivery_id)).scalar_one())


def suppressed(press: Press) -> list[str]:
    """Return the addresses that are never mailed."""
    with press.database.transaction() as connection:
        return list(connection.execute(sa.select(suppression.c.canonical_address)).scalars())


def test_a_claim_takes_what_is_due_in_order(press: Press) -> None:
    """As many as asked for, the longest waiting first, and none of them twice."""
    edition_id = press.send("ann", "bo", "cy", "dee")
    late, not_yet = press.rows(edition_id)[3], press.rows(edition_id)[0]
    press.change(delivery.c.id == late.id, not_before_at=late.not_before_at - timedelta(hours=1))
    press.change(delivery.c.id == not_yet.id, not_before_at=sa.func.now() + timedelta(hours=1))
    ledger = press.ledger()
    ids = [row.id for row in press.rows(edition_id)]
    assert [ids[1], ids[3]] == [each.delivery_id for each in ledger.claim(edition_id, 2)]
    assert [ids[2]] == [each.delivery_id for each in ledger.claim(edition_id, 2)]
    assert [] == ledger.claim(edition_id, 2)


def test_nothing_to_claim_unless_it_is_being_sent(press: Press) -> None:
    """A paused edition gives out no deliveries."""
    edition_id = press.send("ann")
    with press.database.transaction() as connection:
        control.pause(connection, edition_id, "wait")
    assert [] == press.ledger().claim(edition_id, 9)


def test_two_claimers_never_overlap(press: Press) -> None:
    """Two tasks that claim at one instant take different deliveries, and together all of them."""
    edition_id = press.send(*(f"reader{number}" for number in range(60)))
    together = threading.Barrier(4)

    def claim() -> list[int]:
        ledger, taken = press.ledger(), []
        together.wait()
        while batch := ledger.claim(edition_id, 5):
            taken += [each.delivery_id for each in batch]
        return taken

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(claim) for _ in range(4)]
        taken = [delivery_id for future in futures for delivery_id in future.result()]
    assert [row.id for row in press.rows(edition_id)] == sorted(taken)


def test_a_claim_passes_over_what_another_holds(press: Press) -> None:
    """A row that another transaction has locked is passed over, never waited for."""
    edition_id = press.send("ann", "bo")
    first, second = press.rows(edition_id)
    with press.database.transaction() as connection:
        connection.execute(sa.select(delivery.c.id).where(delivery.c.id == first.id).with_for_update())
        assert [second.id] == [each.delivery_id for each in press.ledger().claim(edition_id, 9)]


def test_an_open_gate(press: Press) -> None:
    """The gate gives the address of this moment, and is on record before the message begins."""
    edition_id = press.send("ann")
    ledger, claimed = claim_one(press, edition_id)
    with press.database.transaction() as connection:
        connection.execute(sa.update(subscriber).values(address="Ann@example.org"))
    gated = ledger.gate(claimed)
    assert Gated(claimed, "Ann@example.org", 1) == gated
    row = press.row(claimed.delivery_id)
    assert (DeliveryState.IN_FLIGHT, 1, 1) == (row.state, row.attempts, row.open_gates)
    assert ledger.gate(claimed) is None


@pytest.mark.parametrize("end", ["pause", "cancel"])
def test_the_gate_sees_the_edition(press: Press, end: str) -> None:
    """After a pause or a cancellation no gate opens, whoever claimed what before."""
    edition_id = press.send("ann")
    ledger, claimed = claim_one(press, edition_id)
    with press.database.transaction() as connection:
        if end == "pause":
            control.pause(connection, edition_id, "wait")
        else:
            control.cancel(connection, edition_id, "no", NOW)
    assert ledger.gate(claimed) is None
    expected = {"pause": DeliveryState.PENDING, "cancel": DeliveryState.CANCELLED}[end]
    assert (expected, 0) == (press.row(claimed.delivery_id).state, press.row(claimed.delivery_id).attempts)


@pytest.mark.parametrize("reason", ["left", "suppressed"])
def test_the_gate_sees_the_reader(press: Press, reason: str) -> None:
    """A reader who left or was suppressed since the start is recorded so, and not mailed."""
    edition_id = press.send("Ann")
    ledger, claimed = claim_one(press, edition_id)
    if reason == "left":
        press.unsubscribe(press.row(claimed.delivery_id).subscription_id)
    else:
        row = {"canonical_address": "ann@example.org", "reason": SuppressionReason.COMPLAINT}
        with press.database.transaction() as connection:
            connection.execute(sa.insert(suppression).values(row))
    assert ledger.gate(claimed) is None
    row_after = press.row(claimed.delivery_id)
    assert (DeliveryState.SUPPRESSED, 0) == (row_after.state, row_after.attempts)
    assert row_after.settled_at is not None


def test_a_lost_lease_opens_no_gate(press: Press) -> None:
    """A task that was stopped for longer than its lease can begin nothing, before and after another claimed it."""
    edition_id = press.send("ann")
    ledger, stopped = claim_one(press, edition_id)
    press.end_leases(edition_id)
    assert ledger.gate(stopped) is None
    _, taken = claim_one(press, edition_id)
    assert stopped.delivery_id == taken.delivery_id
    assert ledger.gate(stopped) is None
    ledger.release(stopped)
    assert ledger.gate(taken) is not None


SETTLEMENTS: list[tuple[int, str, dict[str, Any]]] = [
    (250, "2.0.0 kept", {"state": DeliveryState.ACCEPTED, "reply_code": 250, "enhanced_status": "2.0.0"}),
    (451, "4.3.0 later", {"state": DeliveryState.DEFERRED, "reply_code": 451, "settled_at": None}),
    (550, "5.7.1 no", {"state": DeliveryState.FAILED, "enhanced_status": "5.7.1", "reply": "5.7.1 no"}),
]


@pytest.mark.parametrize(("code", "text", "expected"), SETTLEMENTS)
def test_a_reply_is_recorded(press: Press, code: int, text: str, expected: dict[str, Any]) -> None:
    """The delivery keeps the relay's words, counts the attempt and closes its gate."""
    ledger, gated = gate_one(press, press.send("ann"))
    ledger.settle(gated, answer(gated, code, text))
    row = press.row(gated.claimed.delivery_id)
    assert expected == {name: getattr(row, name) for name in expected}
    assert (1, 0, False) == (row.attempts, row.open_gates, row.possible_copy)


@pytest.mark.parametrize("attempts", [1, 2, 5, 9])
def test_a_deferred_delivery_waits_longer_each_time(press: Press, attempts: int) -> None:
    """The pause before the next attempt lies in the range for this one, and then it can be claimed again."""
    edition_id = press.send("ann")
    press.change(delivery.c.edition_id == edition_id, attempts=attempts - 1)
    ledger, gated = gate_one(press, edition_id)
    assert attempts == gated.attempts
    ledger.settle(gated, answer(gated, 450, "4.2.0 greylisted"))
    middle = BACKOFF[min(attempts, len(BACKOFF)) - 1].total_seconds()
    left = seconds_until_due(press, gated.claimed.delivery_id)
    assert middle * (1 - JITTER) - 60 < left <= middle * (1 + JITTER)
    assert [] == ledger.claim(edition_id, 1)
    press.make_due(edition_id)
    assert 1 == len(ledger.claim(edition_id, 1))


def test_an_address_that_does_not_exist_is_suppressed(press: Press) -> None:
    """5.1.1 ends the delivery and the address, under its folded spelling, in one step."""
    ledger, gated = gate_one(press, press.send("Ann"))
    ledger.settle(gated, answer(gated, 550, "5.1.1 no such reader"))
    assert DeliveryState.FAILED == press.row(gated.claimed.delivery_id).state
    assert ["ann@example.org"] == suppressed(press)


@pytest.mark.parametrize(
    "reply", [(550, "5.7.1 blocked"), (552, "5.2.2 full"), (554, "5.6.0 spam"), (450, "5.1.1 x")]
)
def test_our_own_faults_are_held_against_nobody(press: Press, reply: tuple[int, str]) -> None:
    """Policy, content and a full mailbox say nothing about the address."""
    ledger, gated = gate_one(press, press.send("ann"))
    ledger.settle(gated, answer(gated, *reply))
    assert [] == suppressed(press)


@pytest.mark.parametrize(("policy", "state"), [("resend", "uncertain"), ("hold", "held")])
def test_an_uncertain_delivery(press: Press, policy: str, state: str) -> None:
    """By policy it is submitted again after the pause, or held for good; a copy is possible either way."""
    edition_id = press.send("ann")
    ledger, gated = gate_one(press, edition_id, policy)
    ledger.settle(gated, Receipt(gated.claimed.delivery_id, ReceiptKind.UNCERTAIN, text="lost"))
    row = press.row(gated.claimed.delivery_id)
    assert (state, True, "lost", None) == (row.state, row.possible_copy, row.reply, row.reply_code)
    assert (policy == "hold") == (row.settled_at is not None)
    press.make_due(edition_id)
    assert (policy == "resend") == bool(ledger.claim(edition_id, 1))


def test_the_pause_of_an_uncertain_delivery(press: Press) -> None:
    """It waits until a late acceptance would have been recorded."""
    ledger, gated = gate_one(press, press.send("ann"))
    ledger.settle(gated, Receipt(gated.claimed.delivery_id, ReceiptKind.UNCERTAIN))
    left = seconds_until_due(press, gated.claimed.delivery_id)
    assert UNCERTAIN_PAUSE.total_seconds() - 60 < left <= UNCERTAIN_PAUSE.total_seconds()


def reclaim(press: Press, edition_id: int) -> Gated:
    """Let the lease of the only delivery run out, and open its gate for another task."""
    press.end_leases(edition_id)
    with press.database.transaction() as connection:
        reconcile(connection, edition_id, timedelta(hours=24), "resend")
    return gate_one(press, edition_id)[1]


def test_a_late_acceptance_wins(press: Press) -> None:
    """An acceptance is a fact, even when another task has the delivery by now, and nothing overwrites it."""
    edition_id = press.send("ann")
    ledger, late = gate_one(press, edition_id)
    second = reclaim(press, edition_id)
    ledger.settle(late, answer(late, 250, "2.0.0 kept"))
    assert DeliveryState.ACCEPTED == press.row(late.claimed.delivery_id).state
    for reply in [(451, "4.3.0 later"), (550, "5.7.1 no"), (250, "2.0.0 again")]:
        ledger.settle(second, answer(second, *reply))
    ledger.release(second.claimed)
    row = press.row(late.claimed.delivery_id)
    assert (DeliveryState.ACCEPTED, "2.0.0 kept", True) == (row.state, row.reply, row.possible_copy)


@pytest.mark.parametrize("reply", [(451, "4.3.0 later"), (554, "5.6.0 no")])
def test_a_late_refusal_changes_nothing(press: Press, reply: tuple[int, str]) -> None:
    """A refusal that comes after the lease was lost belongs to an attempt that no longer counts."""
    edition_id = press.send("ann")
    ledger, late = gate_one(press, edition_id)
    second = reclaim(press, edition_id)
    before = press.row(late.claimed.delivery_id)
    ledger.settle(late, answer(late, *reply))
    ledger.release(late.claimed)
    assert before == press.row(late.claimed.delivery_id)
    ledger.settle(second, answer(second, 250, "2.0.0 kept"))
    assert DeliveryState.ACCEPTED == press.row(late.claimed.delivery_id).state


@pytest.mark.parametrize("was_gated", [False, True])
def test_what_is_given_back_cost_nothing(press: Press, was_gated: bool) -> None:
    """A delivery whose message was not begun has no attempt; one whose gate was open goes behind the others."""
    edition_id = press.send("ann")
    ledger, claimed = claim_one(press, edition_id)
    if was_gated:
        assert ledger.gate(claimed)
    ledger.release(claimed)
    row = press.row(claimed.delivery_id)
    assert (DeliveryState.PENDING, 0, 0) == (row.state, row.attempts, row.open_gates)
    at_once = [] if was_gated else [claimed.delivery_id]
    assert at_once == [each.delivery_id for each in ledger.claim(edition_id, 1)]
    if was_gated:
        press.change(delivery.c.id == claimed.delivery_id, not_before_at=row.not_before_at - BEHIND)
        assert [claimed.delivery_id] == [each.delivery_id for each in ledger.claim(edition_id, 1)]


def test_a_deferred_delivery_is_given_back_as_deferred(press: Press) -> None:
    """Its earlier attempts still count, and so does the copy that an uncertain one may have made."""
    edition_id = press.send("ann")
    press.change(delivery.c.edition_id == edition_id, state="uncertain", attempts=2, possible_copy=True)
    ledger, claimed = claim_one(press, edition_id)
    ledger.release(claimed)
    row = press.row(claimed.delivery_id)
    assert (DeliveryState.UNCERTAIN, 2, True) == (row.state, row.attempts, row.possible_copy)
