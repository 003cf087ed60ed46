"""How outcomes are written down: pauses, suppressions and counts."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.delivery.accounting.lease import Span
from newsletter.delivery.accounting.settle import (
    Outcome,
    accepted_today,
    postpone,
    put_aside,
    record_accepted,
    record_others,
)
from newsletter.delivery.outcome import BACKOFF, JITTER, UNCERTAIN_PAUSE, Receipt, ReceiptKind, receipt_for
from newsletter.delivery.states import WAITING, DeliveryState
from newsletter.delivery.tables import delivery, relay_day
from newsletter.readers.tables import SuppressionReason, subscription, suppression
from tests.delivery.press import Press

EVERYTHING = Span(1, 1, 2**62)
"""All deliveries of the only edition."""


def accept(press: Press, outcomes: Sequence[Outcome], span: Span = EVERYTHING) -> None:
    """Record acceptances in a transaction of their own."""
    with press.database.transaction() as connection:
        record_accepted(connection, span, outcomes)


def record(press: Press, *outcomes: Outcome, policy: str = "resend", dice: float = 0.5) -> None:
    """Record other outcomes in a transaction of their own."""
    with press.database.transaction() as connection:
        record_others(connection, EVERYTHING, outcomes, policy, lambda: dice)


def seconds_until_due(press: Press, delivery_id: int) -> float:
    """Return how long a delivery still waits, by the database's clock."""
    left = sa.extract("epoch", delivery.c.not_before_at - sa.func.now())
    with press.database.transaction() as connection:
        return float(connection.execute(sa.select(left).where(delivery.c.id == delivery_id)).scalar_one())


def suppressed(press: Press) -> list[tuple[str, str, bool]]:
    """Return the suppressions: address, reason, and whether it is for ever."""
    query = sa.select(suppression.c.canonical_address, suppression.c.reason, suppression.c.expires_at.is_(None))
    with press.database.transaction() as connection:
        return [tuple(row) for row in connection.execute(query)]


def only(press: Press, edition_id: int) -> int:
    """Return the id of an edition's only delivery."""
    (row,) = press.rows(edition_id)
    return int(row.id)


@pytest.mark.parametrize("dice", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("attempts", [0, 1, 4, 8])
def test_a_deferred_delivery_waits_longer_each_time(press: Press, attempts: int, dice: float) -> None:
    """The pause before the next attempt grows with the attempts, and lies where the dice fall."""
    edition_id = press.send("ann")
    press.change(delivery.c.edition_id == edition_id, attempts=attempts)
    number = only(press, edition_id)
    record(press, Outcome(receipt_for(number, 450, "4.2.0 greylisted"), attempts), dice=dice)
    middle = BACKOFF[min(attempts, len(BACKOFF) - 1)].total_seconds()
    expected = middle * (1 - JITTER + 2 * JITTER * dice)
    assert expected - 30 < seconds_until_due(press, number) <= expected
    assert attempts + 1 == press.row(number).attempts


@pytest.mark.parametrize(("policy", "state"), [("resend", "uncertain"), ("hold", "held")])
def test_an_uncertain_delivery(press: Press, policy: str, state: str) -> None:
    """By policy it waits until a late acceptance would be known, or is held for good; a copy is possible."""
    number = only(press, press.send("ann"))
    record(press, Outcome(Receipt(number, ReceiptKind.UNCERTAIN, text="lost"), 0), policy=policy)
    row = press.row(number)
    assert (state, True, "lost", None) == (row.state, row.possible_copy, row.reply, row.reply_code)
    assert (policy == "hold") == (row.settled_at is not None)
    pause = UNCERTAIN_PAUSE.total_seconds()
    assert pause - 30 < seconds_until_due(press, number) <= pause


def test_an_outcome_of_an_earlier_attempt_changes_nothing(press: Press) -> None:
    """A delivery that was tried again since has its own outcome; a repeated record is no second attempt."""
    number = only(press, press.send("ann"))
    first = Outcome(receipt_for(number, 450, "4.2.0 first"), 0)
    record(press, first)
    record(press, Outcome(receipt_for(number, 451, "4.3.0 second"), 1))
    before = press.row(number)
    record(press, first)
    record(press, Outcome(receipt_for(number, 550, "5.1.1 who?"), 0))
    assert before == press.row(number)
    assert [] == suppressed(press)


def test_nothing_overwrites_an_acceptance(press: Press) -> None:
    """Neither a later reply nor a second acceptance, nor anything else that is done to what waits."""
    number = only(press, press.send("ann"))
    accept(press, [Outcome(receipt_for(number, 250, "2.0.0 kept"), 0)])
    before = press.row(number)
    accept(press, [Outcome(receipt_for(number, 250, "2.0.0 again"), 1)])
    for reply in [(450, "4.2.0 later"), (550, "5.1.1 who?")]:
        record(press, Outcome(receipt_for(number, *reply), 1))
    record(press, Outcome(Receipt(number, ReceiptKind.UNCERTAIN), 1))
    with press.database.transaction() as connection:
        postpone(connection, EVERYTHING, {number: timedelta(hours=1)})
        put_aside(connection, EVERYTHING, [number], DeliveryState.QUARANTINED)
    assert before == press.row(number)


@pytest.mark.parametrize("state", [state for state in DeliveryState if state not in WAITING | {"in_flight"}])
def test_an_acceptance_is_a_fact_whatever_the_row_says(press: Press, state: str) -> None:
    """Known late, it overwrites any other end: the reader does have the message."""
    number = only(press, press.send("ann"))
    press.change(delivery.c.id == number, state=state)
    accept(press, [Outcome(receipt_for(number, 250, "2.0.0 kept"), 0)])
    assert DeliveryState.ACCEPTED == press.row(number).state


def test_a_batch_records_its_own_deliveries_only(press: Press) -> None:
    """What lies outside its ends is another batch's, whatever a journal says."""
    edition_id = press.send("ann", "bo", "cy")
    ids = [row.id for row in press.rows(edition_id)]
    accept(
        press, [Outcome(receipt_for(each, 250, "2.0.0 kept"), 0) for each in ids], Span(edition_id, ids[1], ids[1])
    )
    assert ["pending", "accepted", "pending"] == [row.state for row in press.rows(edition_id)]


def test_no_range_reaches_into_another_edition(press: Press) -> None:
    """Were the ids of two editions ever mixed, a batch would still be about its own alone."""
    edition_id = press.send("ann")
    number = only(press, edition_id)
    before = press.row(number)
    other = Span(edition_id + 1, 1, 2**62)
    with press.database.transaction() as connection:
        record_accepted(connection, other, [Outcome(receipt_for(number, 250, "2.0.0 kept"), 0, "a")])
        lost = Outcome(Receipt(number, ReceiptKind.UNCERTAIN), 0)
        record_others(connection, other, [Outcome(receipt_for(number, 550, "5.1.1 who?"), 0)], "resend", lambda: 0)
        record_others(connection, other, [lost], "resend", lambda: 0)
        postpone(connection, other, {number: timedelta(hours=1)})
        put_aside(connection, other, [number], DeliveryState.QUARANTINED)
        assert {} == accepted_today(connection, ["a"])
    assert before == press.row(number)


@pytest.mark.parametrize("text", ["2.0.0 a\0b", "2.0.0 a\udcffb"])
def test_words_that_the_database_refuses(press: Press, text: str) -> None:
    """NUL and half a character are replaced, wherever they come from: no word of a relay stops a settlement."""
    edition_id = press.send("ann", "bo", "cy")
    ann, bo, cy = (row.id for row in press.rows(edition_id))
    accept(press, [Outcome(Receipt(ann, ReceiptKind.ACCEPTED, 250, text), 0)])
    record(press, Outcome(Receipt(bo, ReceiptKind.DEFERRED, 450, text), 0))
    record(press, Outcome(Receipt(cy, ReceiptKind.FAILED, 550, text.replace("2.0.0", "5.1.1")), 0))
    assert ["accepted", "deferred", "failed"] == [row.state for row in press.rows(edition_id)]
    assert all("b" in row.reply for row in press.rows(edition_id))
    assert [("cy@example.org", "bounce", True)] == suppressed(press)


def test_an_acceptance_that_is_told_twice_is_counted_once(press: Press) -> None:
    """A settlement whose answer was lost is told again: the relay has still taken one message."""
    number = only(press, press.send("ann"))
    for _ in range(2):
        accept(press, [Outcome(receipt_for(number, 250, "2.0.0 kept"), 0, "a")])
    with press.database.transaction() as connection:
        assert {"a": 1} == accepted_today(connection, ["a"])


def test_an_address_that_does_not_exist_is_suppressed(press: Press) -> None:
    """5.1.1 ends the delivery and the address, under its folded spelling, in one step."""
    number = only(press, press.send("Ann"))
    record(press, Outcome(receipt_for(number, 550, "5.1.1 no such reader"), 0))
    assert DeliveryState.FAILED == press.row(number).state
    assert [("ann@example.org", "bounce", True)] == suppressed(press)


@pytest.mark.parametrize(
    ("is_over", "expected"), [(True, ("bounce", True)), (False, ("complaint", False))], ids=["over", "not over"]
)
def test_a_suppression_that_is_there_already(press: Press, is_over: bool, expected: tuple[str, bool]) -> None:
    """One that is over is renewed for ever; one that still holds keeps its reason and its end."""
    number = only(press, press.send("ann"))
    ends = sa.func.now() + timedelta(hours=-1 if is_over else 1)
    row = {"canonical_address": "ann@example.org", "reason": SuppressionReason.COMPLAINT, "expires_at": ends}
    with press.database.transaction() as connection:
        connection.execute(sa.insert(suppression).values(row))
    record(press, Outcome(receipt_for(number, 550, "5.1.1 no such reader"), 0))
    assert [("ann@example.org", *expected)] == suppressed(press)


@pytest.mark.parametrize(
    "reply", [(550, "5.7.1 blocked"), (552, "5.2.2 full"), (554, "5.6.0 spam"), (450, "5.1.1 x")]
)
def test_our_own_faults_are_held_against_nobody(press: Press, reply: tuple[int, str]) -> None:
    """Policy, content and a full mailbox say nothing about the address."""
    record(press, Outcome(receipt_for(only(press, press.send("ann")), *reply), 0))
    assert [] == suppressed(press)


def test_a_reader_who_was_erased_meanwhile(press: Press) -> None:
    """Whatever the relay says of somebody who is forgotten changes nothing, and the others are recorded."""
    edition_id = press.send("ann", "bo")
    ann, bo = (row.id for row in press.rows(edition_id))
    with press.database.transaction() as connection:
        connection.execute(sa.delete(subscription).where(subscription.c.id == 1))
    record(press, *(Outcome(receipt_for(each, 550, "5.1.1 who?"), 0) for each in (ann, bo)))
    assert ["failed"] == [row.state for row in press.rows(edition_id)]
    assert [("bo@example.org", "bounce", True)] == suppressed(press)


def test_acceptances_of_today(press: Press) -> None:
    """Each relay's are counted by itself, over all tasks, and yesterday's do not count."""
    edition_id = press.send("ann", "bo", "cy", "dee")
    ids = [row.id for row in press.rows(edition_id)]
    with press.database.transaction() as connection:
        yesterday = sa.text("timezone('UTC', now())::date - 1")
        connection.execute(sa.insert(relay_day).values(relay="a", day_on=yesterday, accepted=100))
    for some in (ids[:2], ids[2:]):
        relays = ("a", "b")
        told = [
            Outcome(receipt_for(each, 250, "2.0.0 kept"), 0, relay)
            for each, relay in zip(some, relays, strict=True)
        ]
        accept(press, told)
    accept(press, [])
    with press.database.transaction() as connection:
        assert {"a": 2, "b": 2} == accepted_today(connection, ["a", "b", "c"])
        assert {} == accepted_today(connection, [])


def test_nothing_to_record(press: Press) -> None:
    """An empty settlement is no error."""
    number = only(press, press.send("ann"))
    before = press.row(number)
    accept(press, [])
    record(press)
    assert before == press.row(number)
