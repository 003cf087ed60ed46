"""An edition goes as far as it can, one guarded step after the other."""

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
import structlog

from newsletter import log
from newsletter.bell import Bell, TaskName
from newsletter.delivery import control
from newsletter.delivery.corrections import mail_correction
from newsletter.delivery.plan import Slicing
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.edition.correction import write_correction
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_edition, list_edition_articles
from newsletter.edition.tables import edition_article
from newsletter.errors import ConflictError, NotFoundError
from newsletter.gather.polling.sources import Poll, record_poll
from newsletter.gather.tables import PollOutcome
from newsletter.schedule.advance import bells_for_source, is_stale
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


@pytest.fixture
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logging_as_it_was")
def test_an_unforeseen_error_ends_an_edition(
    ready_to_send: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has failed, with a reason for a person and a traceback for us, and can be asked for again."""
    desk = ready_to_send
    edition_id = desk.plan()

    def fail(*_: object) -> None:
        raise ZeroDivisionError("points\0 of nobody\nand more")

    log.set_up("ERROR", as_json=True)
    with monkeypatch.context() as patched:
        # A logger remembers the shape in which it first wrote.
        patched.setattr("newsletter.schedule.advance._log", log.get("schedule"))
        patched.setattr(Stationery, "digest", fail)
        assert [] == desk.advance(edition_id)
    failed = desk.edition(edition_id)
    assert (EditionState.FAILED, desk.now) == (failed.state, failed.finished_at)
    assert "It could not be assembled (ZeroDivisionError: points? of nobody)." in failed.reason
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert ("edition_ended", "error", edition_id) == (told["event"], told["level"], told["edition_id"])
    assert "Traceback" in told["exception"]
    desk.ask()
    desk.advance(edition_id)
    assert EditionState.SENDING is desk.edition(edition_id).state


def test_an_error_of_the_database_while_assembling_ends_no_edition(
    ready_to_send: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What passes is left to the tick: the same articles can be assembled a moment later."""
    desk = ready_to_send
    edition_id = desk.plan()

    def hang_up(*_: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("the server went away"))

    with monkeypatch.context() as patched:
        patched.setattr(Stationery, "digest", hang_up)
        with pytest.raises(sa.exc.OperationalError):
            desk.advance(edition_id)
    assert EditionState.PLANNED is desk.edition(edition_id).state
    desk.advance(edition_id)
    assert EditionState.SENDING is desk.edition(edition_id).state


def test_a_bell_that_comes_too_late_is_stale(desk: Desk) -> None:
    """A source polled just now is left in peace, unless an edition began to wait for it since."""
    paper, other = desk.source("paper"), desk.source("other")

    def stale(source_id: int) -> bool:
        with desk.database.transaction() as connection:
            return is_stale(connection, source_id, desk.now)

    assert not stale(paper.id)
    desk.publish(paper, 1)
    desk.now += timedelta(seconds=59)
    assert stale(paper.id)
    edition_id = desk.plan(source_ids=(paper.id, other.id))
    desk.advance(edition_id)
    assert not stale(paper.id)
    desk.publish(paper, 2)
    assert stale(paper.id)
    desk.now += timedelta(seconds=60)
    assert not stale(paper.id)


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
    desk.accept_all()
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
        connection.execute(sa.update(batch).values(due_at=later))
    assert [] == desk.advance(edition_id)
    assert EditionState.SENDING is desk.edition(edition_id).state


def test_an_edition_whose_first_readers_were_refused_pauses(ready_to_send: Desk) -> None:
    """With its reason, before it reaches the others; resumed, it goes on to them."""
    desk = replace(ready_to_send, pace=replace(ready_to_send.pace, slicing=Slicing(canary=3)))
    for name in ("bo", "cy", "dee"):
        desk.reader(name)
    edition_id = desk.plan()
    desk.advance(edition_id)
    with desk.database.transaction() as connection:
        refused = {"state": DeliveryState.FAILED, "attempts": 1, "reply": "5.7.1 no"}
        connection.execute(sa.update(delivery).where(delivery.c.id <= 3).values(refused))
        connection.execute(sa.update(batch).where(batch.c.id == 1).values(due_at=None))
    assert [] == desk.advance(edition_id)
    paused = desk.edition(edition_id)
    assert (EditionState.PAUSED, "3 of the 3 readers who went ahead were refused: “5.7.1 no”.") == (
        paused.state,
        paused.reason,
    )
    with desk.database.transaction() as connection:
        control.resume(connection, edition_id)
    assert [Bell(TaskName.SUBMIT_EDITION, edition_id)] * 2 == desk.advance(edition_id)


def test_an_edition_is_locked_before_its_batches(ready_to_send: Desk) -> None:
    """Whoever stops it is waited for before anything of it is touched, and then nothing of it is."""
    desk = ready_to_send
    edition_id = desk.plan()
    desk.advance(edition_id)
    with desk.database.transaction() as connection:
        connection.execute(sa.update(batch).values(created_at=sa.func.now() - timedelta(days=9)))
    with ThreadPoolExecutor(1) as pool:
        with desk.database.transaction() as connection:
            control.pause(connection, edition_id, "Wait.")
            advancing = pool.submit(desk.advance, edition_id)
            with pytest.raises(TimeoutError):
                advancing.result(timeout=0.5)
            connection.execute(sa.text("SELECT FROM batch FOR UPDATE NOWAIT"))
        assert [] == advancing.result(timeout=30)
    assert {DeliveryState.PENDING: 1} == desk.deliveries(edition_id)


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


def test_a_correction_goes_out_without_gathering(ready_to_send: Desk) -> None:
    """It asks no source, looks at no page again, and is for who was sent the article."""
    desk = ready_to_send
    desk.advance(desk.plan())
    desk.accept_all()
    desk.reader("late")
    with desk.database.transaction() as connection:
        article_id = connection.execute(sa.select(edition_article.c.article_id).limit(1)).scalar_one()
        write_correction(connection, article_id, "Nine days, not ten.", desk.now)
        told = mail_correction(connection, article_id, "test", desk.now)
    desk.pace = replace(desk.pace, recheck_limit=timedelta(hours=1))
    (bell,) = told.bells
    assert bell.id is not None
    assert {TaskName.SUBMIT_EDITION} == {each.task for each in desk.advance(bell.id)}
    assert (EditionState.SENDING, [f"daily/2026-03-02~correction-{article_id}"]) == (
        desk.edition(bell.id).state,
        list(told.begun),
    )
    assert {DeliveryState.PENDING: 1} == desk.deliveries(bell.id)
