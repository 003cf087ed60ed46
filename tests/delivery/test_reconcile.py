"""The reconciler: everything comes to an end, and each end is recorded."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.delivery import control
from newsletter.delivery.plan import Slicing
from newsletter.delivery.reconcile import cancel_leftovers, close_edition, is_due, reconcile
from newsletter.delivery.states import WAITING, DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.edition.states import EditionState
from tests.delivery.hand import HandTask, take_on
from tests.delivery.press import NOW, Press

DAY = timedelta(hours=24)


def look(press: Press, edition_id: int) -> None:
    """Reconcile in a transaction of its own."""
    with press.database.transaction() as connection:
        reconcile(connection, edition_id, DAY)


def close(press: Press, edition_id: int) -> bool:
    """Close an edition in a transaction of its own."""
    with press.database.transaction() as connection:
        return close_edition(connection, edition_id, NOW)


def due(press: Press, edition_id: int) -> bool:
    """Whether there is work for a task."""
    with press.database.transaction() as connection:
        return is_due(connection, edition_id)


def age(press: Press, batch_id: int, by: timedelta) -> None:
    """Let a batch have been planned so long ago."""
    with press.database.transaction() as connection:
        old = sa.update(batch).where(batch.c.id == batch_id)
        connection.execute(old.values(created_at=sa.func.now() - by))


def test_too_old_to_be_news(press: Press) -> None:
    """Past its lifetime whatever waits expires, whether tried before or not; what is younger stays."""
    press.slicing = Slicing(batch_size=2)
    edition_id = press.send("ann", "bo", "cy")
    task = take_on(press, edition_id)
    task.answer(task.due[0], 450, "4.2.0 later")
    task.end()
    age(press, 1, DAY + timedelta(minutes=1))
    age(press, 2, DAY - timedelta(minutes=1))
    look(press, edition_id)
    assert ["expired", "expired", "pending"] == [row.state for row in press.rows(edition_id)]
    assert [False, False, True] == [row.settled_at is None for row in press.rows(edition_id)]
    press.make_due(edition_id)
    assert 1 == press.submit(edition_id).settled
    assert close(press, edition_id)


def test_what_a_task_holds_is_left_to_it(press: Press) -> None:
    """A batch under way does not expire, however old: its task brings it to an outcome first."""
    edition_id = press.send("ann", "bo")
    task = take_on(press, edition_id)
    task.begin(task.due[0])
    age(press, 1, 2 * DAY)
    look(press, edition_id)
    assert {DeliveryState.IN_FLIGHT: 2} == press.counts(edition_id)
    task.answer(task.due[0], 250, "2.0.0 kept")
    task.end()
    look(press, edition_id)
    assert {DeliveryState.ACCEPTED: 1, DeliveryState.EXPIRED: 1} == press.counts(edition_id)


def test_what_waits_for_the_canary_has_its_time_after_it(press: Press) -> None:
    """An edition whose canary was never tried does not wait for ever; who was held back has a whole lifetime."""
    press.slicing = Slicing(canary=1)
    edition_id = press.send("ann", "bo")
    for batch_id in (1, 2):
        age(press, batch_id, 2 * DAY)
    look(press, edition_id)
    assert {DeliveryState.EXPIRED: 1, DeliveryState.PENDING: 1} == press.counts(edition_id)
    assert not due(press, edition_id)
    look(press, edition_id)
    assert due(press, edition_id)
    assert {DeliveryState.EXPIRED: 1, DeliveryState.PENDING: 1} == press.counts(edition_id)
    age(press, 2, 2 * DAY)
    look(press, edition_id)
    assert {DeliveryState.EXPIRED: 2} == press.counts(edition_id)
    assert close(press, edition_id)


def test_the_others_are_let_go_after_the_canary(press: Press) -> None:
    """They are due once each of the first was tried, and not before."""
    press.slicing = Slicing(canary=2)
    edition_id = press.send("ann", "bo", "cy")
    task = take_on(press, edition_id)
    task.answer(task.due[0], 250, "2.0.0 kept")
    task.tell()
    look(press, edition_id)
    assert press.ledger().claim(edition_id) is None
    task.answer(task.due[1], 450, "4.2.0 later")
    task.end()
    assert not due(press, edition_id)
    look(press, edition_id)
    assert due(press, edition_id)
    assert ["cy@example.org"] == [each.address for each in take_on(press, edition_id).due]


def test_only_an_edition_s_own_readers_expire(press: Press) -> None:
    """Whatever a batch's ends say, a delivery of another edition is none of it."""
    first, second = press.send("ann"), press.make_ready([], on=NOW.date() + DAY)
    press.start(second)
    with press.database.transaction() as connection:
        connection.execute(sa.update(batch).where(batch.c.id == 1).values(last_id=2))
    age(press, 1, 2 * DAY)
    look(press, first)
    assert ({DeliveryState.EXPIRED: 1}, {DeliveryState.PENDING: 1}) == (press.counts(first), press.counts(second))


def tidy_up(press: Press) -> None:
    """Come by cancelled editions in a transaction of its own."""
    with press.database.transaction() as connection:
        cancel_leftovers(connection)


def test_so_many_batches_are_cancelled_at_a_time(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look takes its share, and an edition that is being sent is left alone."""
    monkeypatch.setattr("newsletter.delivery.reconcile.MOST_AT_ONCE", 2)
    press.slicing = Slicing(batch_size=1, canary=1)
    edition_id = press.send("ann", "bo", "cy")
    other = press.make_ready([], on=NOW.date() + DAY)
    press.start(other)
    with press.database.transaction() as connection:
        control.cancel(connection, edition_id, "no", NOW)
    left = []
    for _ in range(3):
        left.append([row.state for row in press.rows(edition_id)].count("pending"))
        assert {DeliveryState.CANCELLED: 3} == press.counts(edition_id)
        tidy_up(press)
    assert [3, 1, 0] == left
    assert {DeliveryState.PENDING: 3} == press.counts(other)


def test_a_batch_under_way_is_cancelled_when_it_comes_back(press: Press) -> None:
    """A task brings what it holds to its own outcomes; only what waits then is cancelled."""
    edition_id = press.send("ann", "bo", "cy")
    task = take_on(press, edition_id)
    task.begin(task.due[0])
    with press.database.transaction() as connection:
        control.cancel(connection, edition_id, "no", NOW)
    tidy_up(press)
    assert {"pending"} == {row.state for row in press.rows(edition_id)}
    task.answer(task.due[0], 250, "2.0.0 kept")
    task.lose(task.due[1])
    task.end()
    tidy_up(press)
    assert ["accepted", "cancelled", "cancelled"] == [row.state for row in press.rows(edition_id)]
    assert [False, True, False] == [row.possible_copy for row in press.rows(edition_id)]
    assert None not in [row.settled_at for row in press.rows(edition_id)]
    tidy_up(press)


def test_an_outcome_is_never_changed(press: Press) -> None:
    """What has ended stays as it ended, however old it is."""
    ended = [state for state in DeliveryState if state not in WAITING | {DeliveryState.IN_FLIGHT}]
    edition_id = press.send(*(f"reader{number}" for number, _ in enumerate(ended)))
    for row, state in zip(press.rows(edition_id), ended, strict=True):
        press.change(delivery.c.id == row.id, state=state, open_gates=9)
    before = press.rows(edition_id)
    age(press, 1, 2 * DAY)
    look(press, edition_id)
    assert before == press.rows(edition_id)
    assert close(press, edition_id)


def test_reconciling_twice_is_reconciling_once(press: Press) -> None:
    """Any number of tasks may call it."""
    edition_id = press.send("ann")
    age(press, 1, 2 * DAY)
    look(press, edition_id)
    before = press.rows(edition_id)
    look(press, edition_id)
    assert before == press.rows(edition_id)


@pytest.mark.parametrize("state", sorted(WAITING))
def test_an_open_delivery_keeps_the_edition_open(press: Press, state: str) -> None:
    """An edition is done only when nobody waits, whatever its batches say."""
    edition_id = press.send("ann", "bo")
    press.submit(edition_id)
    press.change(delivery.c.subscription_id == 2, state=state)
    assert not close(press, edition_id)
    assert EditionState.SENDING is press.edition(edition_id).state


def test_a_task_at_work_keeps_the_edition_open(press: Press) -> None:
    """Until its batch is given back, what a task holds may still come to another end."""
    edition_id = press.send("ann")
    task: HandTask = take_on(press, edition_id)
    task.answer(task.due[0], 250, "2.0.0 kept")
    task.tell()
    assert not close(press, edition_id)
    task.end()
    assert close(press, edition_id)


def test_only_one_closes_an_edition(press: Press) -> None:
    """The second task to see the end changes nothing; a paused edition is not closed."""
    edition_id = press.send("ann")
    press.submit(edition_id)
    with press.database.transaction() as connection:
        control.pause(connection, edition_id, "wait")
    assert not close(press, edition_id)
    with press.database.transaction() as connection:
        control.resume(connection, edition_id)
    assert [True, False] == [close(press, edition_id) for _ in range(2)]
    assert (EditionState.DONE, NOW) == (press.edition(edition_id).state, press.edition(edition_id).finished_at)


def test_what_is_due(press: Press) -> None:
    """Work is due while a batch waits for a task, or for one that may be dead; not while all of it must wait."""
    edition_id = press.send("ann")
    assert due(press, edition_id)
    task = take_on(press, edition_id)
    assert due(press, edition_id), "its task may die"
    task.answer(task.due[0], 450, "4.2.0 later")
    task.end()
    assert not due(press, edition_id), "it waits"
    press.make_due(edition_id)
    assert due(press, edition_id)
    press.submit(edition_id)
    assert not due(press, edition_id), "it has ended"
