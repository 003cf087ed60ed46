"""Taking an article back."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.db import Database
from newsletter.delivery.control import pause
from newsletter.delivery.retract import Retraction, heed_withdrawals, retract
from newsletter.edition.assemble import Workshop
from newsletter.edition.choosing.corrections import amendments_of
from newsletter.edition.choosing.last_look import Finding
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_edition
from newsletter.gather.tables import article
from newsletter.publication.newsletters import Newsletter
from tests.edition.editing import Editing


@pytest.fixture
def editing(
    database: Database, daily: Newsletter, templates: tuple[Path, ...], noon: datetime
) -> Iterator[Editing]:
    """Give the desk that editions are made on."""
    with database.transaction() as connection:
        yield Editing(connection, daily, Workshop(Stationery(templates), "http://localhost:8000"), noon)


def take_back(editing: Editing, number: int, why: str = "Made up.") -> Retraction:
    return retract(editing.connection, editing.id_of(number), why, editing.now)


def test_what_is_being_sent_stops(editing: Editing) -> None:
    """The edition is paused with the reason, its archive page says so, and the article never comes back."""
    editing.lists(1, 2, 3)
    edition_id = editing.send()
    editing.wait(minutes=1)
    done = take_back(editing, 2)
    edition = get_edition(editing.connection, edition_id)
    assert ("Headline2", (edition.name,), ()) == (done.title, done.paused, done.bells)
    assert (EditionState.PAUSED, "“Headline2” was taken back: Made up.") == (edition.state, edition.reason)
    (amendment,) = amendments_of(editing.connection, edition_id)
    assert ("Headline2", "Made up.", editing.now) == (
        amendment.title,
        amendment.withdrawn_why,
        amendment.withdrawn_at,
    )


def test_what_is_ready_is_made_anew(editing: Editing) -> None:
    """An edition that waits to be sent goes back to gathering, and comes out without the article."""
    editing.lists(1, 2, 3, 4)
    edition_id = editing.make()
    done = take_back(editing, 1)
    assert (Bell(TaskName.ADVANCE_EDITION, edition_id),) == done.bells
    assert EditionState.GATHERING is editing.state(edition_id)
    assert ["Headline2", "Headline3", "Headline4"] == sorted(editing.titles())


def test_the_first_reason_stays(editing: Editing) -> None:
    """Taken back twice, it was taken back once; editions that are over are left alone."""
    editing.lists(1, 2, 3)
    edition_id = editing.send()
    editing.connection.execute(sa.text("UPDATE edition SET state = 'done'"))
    assert () == take_back(editing, 1).paused
    take_back(editing, 1, "Another reason.")
    assert EditionState.DONE is editing.state(edition_id)
    reasons = sa.select(article.c.withdrawn_why).where(article.c.withdrawn_at.is_not(None))
    assert ["Made up."] == list(editing.connection.execute(reasons).scalars())


def test_what_a_source_takes_back_stops_too(editing: Editing) -> None:
    """Whoever took it back, what goes out with it stops, once: an editor who resumes it is not overruled."""
    editing.lists(1, 2, 3)
    edition_id = editing.send()
    assert () == heed_withdrawals(editing.connection, editing.now)
    withdrawn = sa.update(article).where(article.c.id == editing.id_of(2))
    editing.connection.execute(withdrawn.values(withdrawn_at=editing.now, withdrawn_why="its page answers 410"))
    heed_withdrawals(editing.connection, editing.now)
    edition = get_edition(editing.connection, edition_id)
    assert (EditionState.PAUSED, "“Headline2” was taken back: its page answers 410") == (
        edition.state,
        edition.reason,
    )
    editing.connection.execute(sa.text("UPDATE edition SET state = 'sending', reason = ''"))
    heed_withdrawals(editing.connection, editing.now)
    assert EditionState.SENDING is editing.state(edition_id)


def test_what_is_paused_says_what_was_taken_back(editing: Editing) -> None:
    """Whoever resumes it reads both reasons; the tick says it once."""
    editing.lists(1, 2, 3)
    edition_id = editing.send()
    pause(editing.connection, edition_id, "The relay refused most.")
    take_back(editing, 2)
    heed_withdrawals(editing.connection, editing.now)
    edition = get_edition(editing.connection, edition_id)
    told = "The relay refused most. “Headline2” was taken back: Made up."
    assert (EditionState.PAUSED, told) == (edition.state, edition.reason)


def test_a_page_that_looks_closed_stops_nothing_that_is_being_sent(editing: Editing) -> None:
    """Another newsletter's last look saw it so: what is ready is made anew, what goes out goes on."""
    editing.lists(1, 2, 3, 4)
    sending = editing.send()
    editing.change(1, withdrawn_at=editing.now, withdrawn_why=Finding.PAID)
    assert () == heed_withdrawals(editing.connection, editing.now)
    assert EditionState.SENDING is editing.state(sending)
    assert [] == amendments_of(editing.connection, sending)
    editing.connection.execute(sa.text("UPDATE edition SET state = 'ready'"))
    assert (Bell(TaskName.ADVANCE_EDITION, sending),) == heed_withdrawals(editing.connection, editing.now)
    assert () == heed_withdrawals(editing.connection, editing.now)
