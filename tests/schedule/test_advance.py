"""An edition goes as far as it can, one guarded step after the other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.delivery import control
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_edition, list_edition_articles
from newsletter.errors import ConflictError, NotFoundError
from newsletter.gather.store import Poll, record_poll
from newsletter.gather.tables import PollOutcome
from newsletter.schedule.advance import bells_for_source
from tests.schedule.conftest import Desk


def test_an_edition_waits_for_its_sources(desk: Desk) -> None:
    """It rings for each source not polled since it began, and for no other, as often as it is looked at."""
    paper, radio = desk.source("paper"), desk.source("radio")
    edition_id = desk.plan()
    both = [Bell(TaskName.GATHER_SOURCE, paper.id), Bell(TaskName.GATHER_SOURCE, radio.id)]
    assert both == desk.advance(edition_id)
    assert both == desk.advance(edition_id)
    desk.publish(paper, 1)
    assert both[1:] == desk.advance(edition_id)
    assert EditionState.GATHERING is desk.edition(edition_id).state


def test_from_planned_to_sending(ready_to_send: Desk) -> None:
    """With its sources polled one call assembles it, plans the deliveries and rings for those who submit."""
    desk = ready_to_send
    edition_id = desk.plan()
    submit = Bell(TaskName.SUBMIT_EDITION, edition_id)
    assert [submit, submit] == desk.advance(edition_id)
    edition = desk.edition(edition_id)
    assert EditionState.SENDING is edition.state
    assert {desk.now} == {edition.gathering_at, edition.ready_at, edition.sending_at}
    assert {DeliveryState.PENDING: 1} == desk.deliveries(edition_id)


def test_a_source_that_hangs_holds_up_no_edition(desk: Desk) -> None:
    """When the limit has passed, the edition goes on with what there is."""
    desk.reader()
    paper, hanging = desk.source("paper"), desk.source("hanging")
    edition_id = desk.plan()
    desk.advance(edition_id)
    desk.publish(paper, 1, 2, 3)
    desk.now += desk.pace.gather_limit - timedelta(seconds=1)
    assert [Bell(TaskName.GATHER_SOURCE, hanging.id)] == desk.advance(edition_id)
    desk.now += timedelta(seconds=1)
    desk.advance(edition_id)
    assert EditionState.SENDING is desk.edition(edition_id).state


def test_a_source_that_fails_holds_up_no_edition(desk: Desk) -> None:
    """A poll that failed is a poll: there is nothing to wait for."""
    desk.reader()
    paper, failing = desk.source("paper"), desk.source("failing")
    edition_id = desk.plan()
    desk.advance(edition_id)
    desk.publish(paper, 1, 2, 3)
    with desk.database.transaction() as connection:
        done = Poll(failing.id, desk.now, desk.now, PollOutcome.FAILED, error="No answer.")
        record_poll(connection, done, timedelta(minutes=20))
    desk.advance(edition_id)
    assert EditionState.SENDING is desk.edition(edition_id).state


def test_an_edition_without_sources_is_skipped(desk: Desk) -> None:
    """There is nothing to wait for and nothing to say."""
    edition_id = desk.plan()
    assert [] == desk.advance(edition_id)
    assert EditionState.SKIPPED is desk.edition(edition_id).state
    assert [] == desk.advance(edition_id)


def test_an_edition_nobody_reads_is_skipped_and_its_articles_stay_unsent(desk: Desk) -> None:
    """With no reader nothing counts as sent, so that the first one gets it all."""
    desk.publish(desk.source(), 1, 2, 3)
    edition_id = desk.plan()
    desk.advance(edition_id)
    assert (EditionState.SKIPPED, "Nobody is subscribed and active.") == (
        desk.edition(edition_id).state,
        desk.edition(edition_id).reason,
    )
    desk.reader()
    desk.ask()
    desk.advance(edition_id)
    assert EditionState.SENDING is desk.edition(edition_id).state


def test_an_edition_to_look_at_waits_when_it_is_ready(ready_to_send: Desk) -> None:
    """Without leave to send it stays, until leave is given."""
    desk = ready_to_send
    edition_id = desk.plan(sends_when_ready=False)
    assert [] == desk.advance(edition_id)
    assert [] == desk.advance(edition_id)
    assert EditionState.READY is desk.edition(edition_id).state
    assert {} == desk.deliveries(edition_id)
    desk.ask(sends_when_ready=True)
    desk.advance(edition_id)
    assert EditionState.SENDING is desk.edition(edition_id).state


def test_an_article_goes_out_in_one_of_two_editions(ready_to_send: Desk) -> None:
    """Of two that were assembled from the same articles the second is made anew, and finds nothing."""
    desk = ready_to_send
    named = (desk.source().id,)
    first, second = desk.plan(sends_when_ready=False), desk.plan(sends_when_ready=False, source_ids=named)
    for edition_id in (first, second):
        desk.advance(edition_id)
    desk.ask()
    desk.advance(first)
    desk.ask(source_ids=named)
    desk.advance(second)
    assert EditionState.GATHERING is desk.edition(second).state
    desk.advance(second)
    assert EditionState.SKIPPED is desk.edition(second).state


def test_an_edition_with_no_delivery_open_is_done(ready_to_send: Desk) -> None:
    """When the last reader's copy has come to an end, so has the edition, and there is nothing to ring for."""
    desk = ready_to_send
    edition_id = desk.plan()
    desk.advance(edition_id)
    with desk.database.transaction() as connection:
        connection.execute(sa.update(delivery).values(state=DeliveryState.ACCEPTED))
    assert [] == desk.advance(edition_id)
    assert (EditionState.DONE, desk.now) == (desk.edition(edition_id).state, desk.edition(edition_id).finished_at)
    assert [] == desk.advance(edition_id)


def test_a_delivery_that_waits_rings_no_bell(ready_to_send: Desk) -> None:
    """While the only open delivery is to be tried later, no task is woken for it."""
    desk = ready_to_send
    edition_id = desk.plan()
    desk.advance(edition_id)
    with desk.database.transaction() as connection:
        later = sa.func.now() + timedelta(hours=1)
        connection.execute(sa.update(delivery).values(state=DeliveryState.DEFERRED, not_before_at=later))
    assert [] == desk.advance(edition_id)
    assert EditionState.SENDING is desk.edition(edition_id).state


def test_what_is_paused_stays_where_it_is(ready_to_send: Desk) -> None:
    """A paused edition is not moved by any bell."""
    desk = ready_to_send
    edition_id = desk.plan()
    desk.advance(edition_id)
    with desk.database.transaction() as connection:
        control.pause(connection, edition_id, "Wait.")
    assert [] == desk.advance(edition_id)
    assert EditionState.PAUSED is desk.edition(edition_id).state


def test_a_bell_for_nothing_is_not_found(desk: Desk) -> None:
    """An edition that is not there cannot be advanced."""
    with pytest.raises(NotFoundError):
        desk.advance(99)


def test_of_two_tasks_one_does_each_step(ready_to_send: Desk) -> None:
    """Advanced at once from six tasks, the edition is assembled once and every reader planned once."""
    desk = ready_to_send
    edition_id, together = desk.plan(), Barrier(6)

    def try_it(_: int) -> bool:
        together.wait()
        try:
            desk.advance(edition_id)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(try_it, range(6)))
    assert any(done)
    assert EditionState.SENDING is desk.edition(edition_id).state
    assert {DeliveryState.PENDING: 1} == desk.deliveries(edition_id)
    with desk.database.transaction() as connection:
        assert 4 == len(list_edition_articles(connection, edition_id))
        assert desk.now == get_edition(connection, edition_id).ready_at


def test_the_last_source_wakes_the_edition(desk: Desk) -> None:
    """A poll rings for the editions that waited for just this source, and only when none is left to wait for."""
    paper, radio, other = (desk.source(name) for name in ("paper", "radio", "other"))
    edition_id = desk.plan(source_ids=(paper.id, radio.id))
    desk.advance(edition_id)

    def woken(source_id: int) -> list[Bell]:
        with desk.database.transaction() as connection:
            return bells_for_source(connection, source_id, desk.now)

    desk.publish(paper, 1)
    assert [] == woken(paper.id)
    desk.publish(radio, 2)
    assert [Bell(TaskName.ADVANCE_EDITION, edition_id)] == woken(radio.id)
    desk.publish(other, 3)
    assert [] == woken(other.id)
