"""One edition for each newsletter and date, whoever asks and how often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from newsletter.db import Database
from newsletter.edition.plan import (
    EditionRequest,
    name_readers,
    plan_edition,
    record_missed,
    release_for_sending,
)
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_edition, list_editions
from newsletter.publication.newsletters import Newsletter


@pytest.fixture
def request_(daily: Newsletter, noon: datetime) -> EditionRequest:
    """Give the request for the newsletter's own edition of the day."""
    return EditionRequest(daily.id, noon.date(), noon, requested_by="timetable")


def test_asking_twice_is_asking_once(database: Database, request_: EditionRequest) -> None:
    """The second request finds the first one's edition and changes nothing in it."""
    with database.transaction() as connection:
        edition_id, is_new = plan_edition(connection, request_)
        planned = get_edition(connection, edition_id)
        assert is_new
        assert (edition_id, False) == plan_edition(connection, replace(request_, requested_by="console"))
        assert planned == get_edition(connection, edition_id)
    assert (EditionState.PLANNED, "daily/2026-03-02", "timetable") == (
        planned.state,
        planned.name,
        planned.requested_by,
    )


def test_asking_at_once_is_asking_once(database: Database, request_: EditionRequest) -> None:
    """Of many that ask in the same moment one makes the edition, and all mean the same one."""
    together = Barrier(6)

    def ask(_: int) -> tuple[int, bool]:
        together.wait()
        with database.transaction() as connection:
            return plan_edition(connection, request_)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(6)))
    assert 1 == len({edition_id for edition_id, _ in answers})
    assert 1 == sum(is_new for _, is_new in answers)


def test_another_date_is_another_edition(database: Database, request_: EditionRequest) -> None:
    """Each local date has its own."""
    with database.transaction() as connection:
        today, _ = plan_edition(connection, request_)
        tomorrow = replace(request_, edition_on=request_.edition_on + timedelta(days=1))
        assert (today + 1, True) == plan_edition(connection, tomorrow)


def test_an_edition_from_named_sources_is_apart(database: Database, request_: EditionRequest) -> None:
    """It does not take the day's place, and the same sources in any order are the same edition."""
    with database.transaction() as connection:
        own, _ = plan_edition(connection, request_)
        named, is_new = plan_edition(connection, replace(request_, source_ids=(3, 1)))
        assert (True, True) == (is_new, own != named)
        assert (named, False) == plan_edition(connection, replace(request_, source_ids=(1, 3)))
        assert plan_edition(connection, replace(request_, source_ids=(1,)))[1]
        assert get_edition(connection, named).key.startswith("2026-03-02~")


def test_a_missed_edition_is_recorded_once_with_its_reason(database: Database, request_: EditionRequest) -> None:
    """The row says why, and a second look adds none."""
    with database.transaction() as connection:
        edition_id, is_new = record_missed(connection, request_, "Nothing ran.")
        assert is_new
        assert (edition_id, False) == record_missed(connection, request_, "Something else.")
        missed = get_edition(connection, edition_id)
    assert (EditionState.MISSED, "Nothing ran.") == (missed.state, missed.reason)


def test_an_edition_that_exists_is_not_missed(database: Database, request_: EditionRequest) -> None:
    """Whatever became of a planned edition, it is not called missed afterwards."""
    with database.transaction() as connection:
        edition_id, _ = plan_edition(connection, request_)
        assert (edition_id, False) == record_missed(connection, request_, "Nothing ran.")
        assert [EditionState.PLANNED] == [each.state for each in list_editions(connection)]


def test_who_was_named_once_stays_named(database: Database, request_: EditionRequest) -> None:
    """Naming more readers adds them to those named before."""
    with database.transaction() as connection:
        edition_id, _ = plan_edition(connection, replace(request_, subscription_ids=(1, 2)))
        name_readers(connection, edition_id, (2, 3))
        assert [1, 2, 3] == get_edition(connection, edition_id).subscription_ids


def test_an_edition_for_named_readers_is_apart(database: Database, request_: EditionRequest) -> None:
    """Made for a few, it does not take the place of everybody's, whoever the few are."""
    with database.transaction() as connection:
        for_all, _ = plan_edition(connection, request_)
        for_one, _ = plan_edition(connection, replace(request_, subscription_ids=(1,)))
        for_two, is_new = plan_edition(connection, replace(request_, subscription_ids=(1, 2)))
    assert for_all != for_one == for_two
    assert not is_new


def test_an_edition_is_released_once(database: Database, request_: EditionRequest) -> None:
    """An edition that was only to be looked at is sent when somebody says so; the first who did is remembered."""
    with database.transaction() as connection:
        edition_id, _ = plan_edition(connection, replace(request_, sends_when_ready=False))
        assert not get_edition(connection, edition_id).sends_when_ready
        release_for_sending(connection, edition_id, "console")
        release_for_sending(connection, edition_id, "command line")
        released = get_edition(connection, edition_id)
    assert (True, "console") == (released.sends_when_ready, released.requested_by)
