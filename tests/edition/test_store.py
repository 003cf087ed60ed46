"""Editions are found by the names that people use, and move under guard."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.states import MOVES, UNFINISHED, EditionState
from newsletter.edition.store import (
    cancel,
    find_edition,
    get_content,
    get_contents,
    get_edition,
    list_edition_articles,
    list_editions,
    lock_edition,
    move,
    unfinished_editions,
)
from newsletter.edition.tables import edition_content
from newsletter.errors import ConflictError, NotFoundError
from newsletter.publication.newsletters import Newsletter


def ways() -> dict[EditionState, list[EditionState]]:
    """Return a shortest way from planned to each state that can be reached."""
    found: dict[EditionState, list[EditionState]] = {EditionState.PLANNED: []}
    left = [EditionState.PLANNED]
    for state in left:
        new = sorted(MOVES[state] - set(found))
        found |= {each: [*found[state], each] for each in new}
        left.extend(new)
    return found


WAYS = ways()
ALL_MOVES = [(start, end) for start in WAYS for end in sorted(MOVES[start])]


@pytest.fixture
def edition_id(database: Database, daily: Newsletter, noon: datetime) -> int:
    """Give a planned edition of the day."""
    with database.transaction() as connection:
        return plan_edition(connection, EditionRequest(daily.id, noon.date(), noon, "test"))[0]


def bring(database: Database, edition_id: int, state: EditionState) -> None:
    with database.transaction() as connection:
        at = EditionState.PLANNED
        for following in WAYS[state]:
            move(connection, edition_id, (at, following))
            at = following


@pytest.mark.parametrize("name", ["{id}", "daily/2026-03-02", "daily"])
def test_an_edition_is_found_by_its_names(database: Database, edition_id: int, name: str) -> None:
    """Its number, its full name and its newsletter's name lead to it."""
    with database.transaction() as connection:
        assert edition_id == find_edition(connection, name.format(id=edition_id)).id


@pytest.mark.parametrize(
    "name", ["", "0", "99", "9" * 40, "²", "daily/2026-03-03", "daily/", "weekly", "weekly/2026-03-02", "/", "-1"]
)
def test_an_unknown_name_is_an_error(database: Database, daily: Newsletter, name: str) -> None:
    """Whatever a person types, what is not there is said not to be there."""
    with database.transaction() as connection, pytest.raises(NotFoundError, match="There is no edition"):
        find_edition(connection, name)


def test_the_latest_editions_come_first(
    database: Database, edition_id: int, daily: Newsletter, noon: datetime
) -> None:
    """A list begins with the newest, ends where it was told to, and a newsletter's name means its latest."""
    with database.transaction() as connection:
        for days in (1, 2):
            day = noon + timedelta(days=days)
            plan_edition(connection, EditionRequest(daily.id, day.date(), day, "test"))
        keys = ["2026-03-04", "2026-03-03", "2026-03-02"]
        assert keys == [each.key for each in list_editions(connection)]
        assert keys[:2] == [each.key for each in list_editions(connection, limit=2)]
        assert keys[0] == find_edition(connection, "daily").key


@pytest.mark.parametrize(("start", "end"), ALL_MOVES)
def test_a_move_happens_once(database: Database, edition_id: int, start: EditionState, end: EditionState) -> None:
    """Every move of the table works from its start, and is a conflict the second time."""
    bring(database, edition_id, start)
    with database.transaction() as connection:
        move(connection, edition_id, (start, end), reason="because")
        assert (end, "because") == (
            get_edition(connection, edition_id).state,
            get_edition(connection, edition_id).reason,
        )
        with pytest.raises(ConflictError, match=f"daily/2026-03-02 is {end}"):
            move(connection, edition_id, (start, end), reason="again")
        assert "because" == get_edition(connection, edition_id).reason


def test_a_move_that_the_table_does_not_have_is_a_fault_of_ours(database: Database, edition_id: int) -> None:
    """No caller can invent a way between two states."""
    with database.transaction() as connection, pytest.raises(AssertionError, match="no move"):
        move(connection, edition_id, (EditionState.PLANNED, EditionState.DONE))


def test_a_move_of_nothing_is_not_found(database: Database) -> None:
    """An edition that is not there cannot be moved, and that is no conflict."""
    with database.transaction() as connection, pytest.raises(NotFoundError):
        move(connection, 99, (EditionState.PLANNED, EditionState.GATHERING))


def test_of_two_movers_one_wins(database: Database, edition_id: int) -> None:
    """Six that begin gathering at once are one that does and five that hear of it."""
    together = Barrier(6)

    def begin(_: int) -> bool:
        together.wait()
        try:
            with database.transaction() as connection:
                move(connection, edition_id, (EditionState.PLANNED, EditionState.GATHERING))
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert 1 == sum(pool.map(begin, range(6)))


@pytest.mark.parametrize("state", sorted(set(WAYS) - {EditionState.CANCELLED}))
def test_only_what_is_not_over_is_cancelled(database: Database, edition_id: int, state: EditionState) -> None:
    """An edition under way is cancelled from wherever it stands; one that has ended is a conflict."""
    bring(database, edition_id, state)
    with database.transaction() as connection:
        if state in UNFINISHED:
            cancel(connection, edition_id, state, reason="wrong day")
            assert EditionState.CANCELLED is get_edition(connection, edition_id).state
        else:
            with pytest.raises(ConflictError, match="final"):
                cancel(connection, edition_id, state)
            assert state is get_edition(connection, edition_id).state


def test_a_locked_edition_stays_in_its_state(database: Database, edition_id: int) -> None:
    """Locking names the state that is counted on, and any other is a conflict."""
    with database.transaction() as connection:
        assert edition_id == lock_edition(connection, edition_id, EditionState.PLANNED).id
        with pytest.raises(ConflictError, match="not ready"):
            lock_edition(connection, edition_id, EditionState.READY)


def test_what_is_due_and_not_over_is_unfinished(
    database: Database, edition_id: int, daily: Newsletter, noon: datetime
) -> None:
    """The tick is told of every edition whose time has come, and of none that has ended or waits for its time."""
    with database.transaction() as connection:
        later = noon + timedelta(days=1)
        plan_edition(connection, EditionRequest(daily.id, later.date(), later, "test"))
        assert [edition_id] == [each.id for each in unfinished_editions(connection, noon)]
        assert 2 == len(unfinished_editions(connection, later))
        cancel(connection, edition_id, EditionState.PLANNED)
        assert [] == unfinished_editions(connection, noon)


def test_there_is_no_content_before_it_is_frozen(database: Database, edition_id: int) -> None:
    """Nobody can be sent an edition that was not assembled."""
    with database.transaction() as connection:
        with pytest.raises(NotFoundError, match="no content yet"):
            get_content(connection, edition_id)
        assert [] == list_edition_articles(connection, edition_id)


def test_content_in_several_languages(database: Database, edition_id: int, noon: datetime) -> None:
    """The newsletter's own language is first, and stands in for one that the edition is not written in."""
    subjects = {"en": "Harbour opens", "ar": "\u0627\u0644\u0645\u064a\u0646\u0627\u0621"}
    parts = dict.fromkeys(("preheader", "text", "html", "marker"), "")
    with database.transaction() as connection:
        move(connection, edition_id, (EditionState.PLANNED, EditionState.GATHERING))
        ready = (EditionState.GATHERING, EditionState.READY)
        move(connection, edition_id, ready, content_hash="0", ready_at=noon)
        rows = [
            {
                "edition_id": edition_id,
                "place": place,
                "language": language,
                "subject": subjects[language],
                **parts,
            }
            for place, language in ((1, "ar"), (0, "en"))
        ]
        connection.execute(sa.insert(edition_content), rows)
        own, arabic = get_contents(connection, edition_id)
        assert list(subjects.items()) == [(each.language, each.subject) for each in (own, arabic)]
        assert [arabic, own, own] == [get_content(connection, edition_id, each) for each in ("ar", "", "fr")]
        assert own.subject == get_edition(connection, edition_id).subject
