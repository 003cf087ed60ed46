"""An edition waits for the last look at its articles' pages, and not for ever."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.edition.states import EditionState
from newsletter.edition.tables import edition
from newsletter.schedule.rechecking import OVERDUE
from tests.schedule.conftest import Desk

LIMIT = timedelta(seconds=60)


@pytest.fixture
def looking(ready_to_send: Desk) -> Desk:
    """Give a desk that has everything for an edition but the last look."""
    return replace(ready_to_send, pace=replace(ready_to_send.pace, recheck_limit=LIMIT))


def test_an_edition_rings_for_its_last_look(looking: Desk) -> None:
    """Gathered, it waits, however often it is looked at; once it was looked at, it goes on."""
    edition_id = looking.plan()
    bell = Bell(TaskName.RECHECK_EDITION, edition_id)
    assert [bell] == looking.advance(edition_id)
    assert [bell] == looking.advance(edition_id)
    assert EditionState.GATHERING is looking.edition(edition_id).state
    with looking.database.transaction() as connection:
        connection.execute(sa.update(edition).values(rechecked_at=looking.now))
    looking.advance(edition_id)
    assert EditionState.SENDING is looking.edition(edition_id).state
    assert OVERDUE not in looking.edition(edition_id).notes


def test_a_last_look_that_takes_too_long(looking: Desk) -> None:
    """A minute after its sources were polled the edition goes on without, and says so."""
    edition_id = looking.plan()
    looking.advance(edition_id)
    looking.now += LIMIT - timedelta(seconds=1)
    assert [Bell(TaskName.RECHECK_EDITION, edition_id)] == looking.advance(edition_id)
    looking.now += timedelta(seconds=1)
    looking.advance(edition_id)
    assert EditionState.SENDING is looking.edition(edition_id).state
    assert OVERDUE in looking.edition(edition_id).notes


def test_polls_all_day_do_not_put_off_an_edition(looking: Desk) -> None:
    """Sources that are polled again and again while nobody looks keep no edition waiting."""
    edition_id, source = looking.plan(), looking.source()
    looking.advance(edition_id)
    for _ in range(10):
        looking.now += timedelta(seconds=30)
        looking.publish(source, 1, 2, 3, 4)
        looking.advance(edition_id)
    sent = looking.edition(edition_id)
    assert EditionState.SENDING is sent.state
    assert sent.sending_at is not None
    assert looking.pace.gather_limit + LIMIT >= sent.sending_at - sent.due_at
