"""Somebody asks for an edition: asking twice is asking once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from newsletter.bell import Bell, TaskName
from newsletter.delivery import control
from newsletter.delivery.start import start_sending
from newsletter.delivery.states import DeliveryState
from newsletter.edition.plan import record_missed
from newsletter.edition.states import EditionState
from newsletter.errors import ConflictError
from newsletter.schedule.request import Answer
from tests.schedule.conftest import Desk


def advance_bell(edition_id: int) -> tuple[Bell, ...]:
    return (Bell(TaskName.ADVANCE_EDITION, edition_id),)


def finish(desk: Desk, edition_id: int) -> None:
    """Let the relay accept every delivery, and end the edition."""
    desk.accept_all()
    desk.advance(edition_id)


def test_asking_twice_is_asking_once(desk: Desk) -> None:
    """The second request goes on with the first one's edition."""
    first = desk.ask()
    assert Answer(first.edition_id, True, 0, advance_bell(first.edition_id)) == first
    assert first == desk.ask()
    assert 1 == len(desk.editions())


def test_an_edition_sent_to_all_is_not_sent_again(ready_to_send: Desk) -> None:
    """Asked for when everybody has it, the edition stays done and nobody is rung for."""
    desk = ready_to_send
    edition_id = desk.ask().edition_id
    desk.advance(edition_id)
    finish(desk, edition_id)
    assert Answer(edition_id, False, 0, ()) == desk.ask()
    assert EditionState.DONE is desk.edition(edition_id).state
    assert {DeliveryState.ACCEPTED: 1} == desk.deliveries(edition_id)


def test_readers_who_joined_since_get_the_edition_too(ready_to_send: Desk) -> None:
    """Asked for again it goes to the late readers and to nobody a second time."""
    desk = ready_to_send
    edition_id = desk.ask().edition_id
    desk.advance(edition_id)
    finish(desk, edition_id)
    desk.reader("bob")
    assert Answer(edition_id, True, 1, advance_bell(edition_id)) == desk.ask()
    assert EditionState.SENDING is desk.edition(edition_id).state
    assert {DeliveryState.ACCEPTED: 1, DeliveryState.PENDING: 1} == desk.deliveries(edition_id)


def test_an_edition_under_way_is_joined(ready_to_send: Desk) -> None:
    """While it is being sent a late reader is added, and asking alone rings for it once more."""
    desk = ready_to_send
    edition_id = desk.ask().edition_id
    desk.advance(edition_id)
    assert Answer(edition_id, True, 0, advance_bell(edition_id)) == desk.ask()
    late = desk.reader("bob")
    assert 1 == desk.ask(subscription_ids=(late,)).late_readers
    assert {DeliveryState.PENDING: 2} == desk.deliveries(edition_id)


def test_named_readers_only(ready_to_send: Desk) -> None:
    """An edition asked for one reader goes to no other; asked for a second one, it goes to both."""
    desk = ready_to_send
    bob, _ = desk.reader("bob"), desk.reader("eve")
    ann = desk.reader("ann")
    edition_id = desk.ask(subscription_ids=(ann,)).edition_id
    desk.ask(subscription_ids=(bob,))
    desk.advance(edition_id)
    assert {DeliveryState.PENDING: 2} == desk.deliveries(edition_id)


def test_what_a_few_got_is_still_everybody_s(ready_to_send: Desk) -> None:
    """Asked for one reader before its time, the day's own edition is made all the same, of the same articles."""
    desk = ready_to_send
    ann = desk.reader("ann")
    for_ann = desk.ask(subscription_ids=(ann,)).edition_id
    desk.advance(for_ann)
    for_all = desk.ask().edition_id
    desk.advance(for_all)
    assert for_all != for_ann
    assert {DeliveryState.PENDING: 1} == desk.deliveries(for_all)
    assert EditionState.SENDING is desk.edition(for_all).state


def test_named_readers_get_nothing_twice(ready_to_send: Desk) -> None:
    """What went to named readers once is not news for them tomorrow."""
    desk = ready_to_send
    ann = desk.reader("ann")
    desk.advance(desk.ask(subscription_ids=(ann,)).edition_id)
    tomorrow = desk.now.date() + timedelta(days=1)
    again = desk.ask(subscription_ids=(ann,), edition_on=tomorrow).edition_id
    desk.advance(again)
    assert EditionState.SKIPPED is desk.edition(again).state


def test_readers_named_after_the_edition_went_to_all_join_it(ready_to_send: Desk) -> None:
    """A reader named when the day's edition is out gets that one."""
    desk = ready_to_send
    for_all = desk.ask().edition_id
    desk.advance(for_all)
    bob = desk.reader("bob")
    assert Answer(for_all, True, 1, advance_bell(for_all)) == desk.ask(subscription_ids=(bob,))


def test_readers_named_at_once_are_all_in_the_audience(ready_to_send: Desk) -> None:
    """Requests for one reader each, made in the same moment, lose none of them."""
    desk = ready_to_send
    readers = [desk.reader(f"reader{number}") for number in range(6)]
    edition_id, together = desk.ask(subscription_ids=(readers[0],)).edition_id, Barrier(6)

    def ask(reader: int) -> None:
        together.wait()
        desk.ask(subscription_ids=(reader,))

    with ThreadPoolExecutor(6) as pool:
        for each in [pool.submit(ask, reader) for reader in readers]:
            each.result()
    assert readers == desk.edition(edition_id).subscription_ids
    desk.advance(edition_id)
    assert {DeliveryState.PENDING: 6} == desk.deliveries(edition_id)


def test_a_reader_named_while_the_sending_starts_gets_the_edition(ready_to_send: Desk) -> None:
    """Whether the request or the freezing of the audience comes first, its reader has a delivery."""
    desk = ready_to_send
    ann, bob = desk.reader("ann"), desk.reader("bob")
    edition_id, together = desk.ask(subscription_ids=(ann,)).edition_id, Barrier(2)

    def start() -> None:
        together.wait()
        desk.advance(edition_id)

    def ask() -> None:
        together.wait()
        try:
            desk.ask(subscription_ids=(bob,))
        except ConflictError:
            desk.ask(subscription_ids=(bob,))

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(start), pool.submit(ask)]:
            each.result()
    assert {DeliveryState.PENDING: 2} == desk.deliveries(edition_id)


def test_a_skipped_edition_is_tried_again(desk: Desk) -> None:
    """Asking means that something changed: this time there is something to say."""
    desk.reader()
    edition_id = desk.ask().edition_id
    desk.advance(edition_id)
    assert EditionState.SKIPPED is desk.edition(edition_id).state
    assert Answer(edition_id, True, 0, advance_bell(edition_id)) == desk.ask()
    planned = desk.edition(edition_id)
    assert (EditionState.PLANNED, "", None) == (planned.state, planned.reason, planned.finished_at)
    desk.now += timedelta(minutes=5)
    source = desk.source()
    assert [Bell(TaskName.GATHER_SOURCE, source.id)] == desk.advance(edition_id)
    desk.publish(source, 1, 2, 3)
    desk.advance(edition_id)
    assert EditionState.SENDING is desk.edition(edition_id).state


def test_a_missed_edition_is_made_up_for(ready_to_send: Desk) -> None:
    """An edition whose time went by can still be asked for."""
    desk = ready_to_send
    with desk.database.transaction() as connection:
        edition_id, _ = record_missed(connection, desk.request(), "Nothing ran.")
    assert edition_id == desk.ask().edition_id
    desk.advance(edition_id)
    assert EditionState.SENDING is desk.edition(edition_id).state


@pytest.mark.parametrize("state", [EditionState.PAUSED, EditionState.CANCELLED])
def test_what_an_admin_stopped_is_not_started_by_asking(ready_to_send: Desk, state: EditionState) -> None:
    """A paused or cancelled edition is left to whoever stopped it."""
    desk = ready_to_send
    edition_id = desk.ask().edition_id
    desk.advance(edition_id)
    with desk.database.transaction() as connection:
        if state is EditionState.PAUSED:
            control.pause(connection, edition_id, "Wait.")
        else:
            control.cancel(connection, edition_id, "Wrong.", desk.now)
    assert Answer(edition_id, False, 0, ()) == desk.ask()
    assert state is desk.edition(edition_id).state


def test_asking_releases_what_was_assembled_to_be_looked_at(desk: Desk) -> None:
    """An edition that was made without being sent is let go by the first who asks for it."""
    edition_id = desk.ask(sends_when_ready=False).edition_id
    assert not desk.edition(edition_id).sends_when_ready
    assert edition_id == desk.ask().edition_id
    assert desk.edition(edition_id).sends_when_ready


def test_what_was_assembled_in_the_morning_is_sent_in_the_evening(ready_to_send: Desk) -> None:
    """An edition made by hand is late from the moment on at which somebody asks for it."""
    desk = ready_to_send
    edition_id = desk.plan(sends_when_ready=False)
    desk.advance(edition_id)
    desk.now += timedelta(hours=desk.newsletter.late_hours + 1)
    desk.ask(edition_on=desk.edition(edition_id).edition_on)
    desk.advance(edition_id)
    assert EditionState.SENDING is desk.edition(edition_id).state


def test_what_went_to_all_meanwhile_does_not_go_to_named_readers_again(ready_to_send: Desk) -> None:
    """An edition for a few that was ready before everybody's went out is chosen anew."""
    desk = ready_to_send
    named = desk.plan(subscription_ids=(desk.reader("bob"),), sends_when_ready=False)
    desk.advance(named)
    desk.advance(desk.plan())
    with desk.database.transaction() as connection:
        assert EditionState.GATHERING is start_sending(connection, named, desk.now)
    assert {} == desk.deliveries(named)
