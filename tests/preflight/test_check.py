"""An edition is checked as its readers would get it, and what was found is kept."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.delivery.post import Post
from newsletter.delivery.transport import MemoryTransport
from newsletter.edition import store
from newsletter.edition.assemble import Workshop
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.store import Edition
from newsletter.edition.tables import edition, edition_content
from newsletter.errors import ConflictError, NotFoundError
from newsletter.gather.http.network import FetchPolicy
from newsletter.preflight.check import preflight_edition
from newsletter.preflight.examine import CHECKS
from newsletter.preflight.finding import Finding, Outcome, block, passed, warn
from newsletter.preflight.inspect import ASKING
from newsletter.preflight.store import Checked, find_check, overrule, save_check
from newsletter.preflight.tables import preflight
from newsletter.publication.newsletters import Newsletter
from newsletter.tokens import Tokens
from tests.edition.editing import Editing

HOME = "http://localhost:8000"
POLICY = FetchPolicy(
    allow_private=False,
    trusted_origins=frozenset(),
    timeout=timedelta(seconds=1),
    max_bytes=1000,
    user_agent="newsletter tests",
)


class Room:
    """An edition that is ready, and what is done with its check."""

    def __init__(self, database: Database, newsletter: Newsletter, tokens: Tokens, now: datetime) -> None:
        self.database, self.newsletter, self.now = database, newsletter, now
        self.post = Post(database, tokens, HOME, MemoryTransport())
        self.edition_id = 0

    def assemble(self, templates: tuple[Path, ...], tokens: Tokens, **settings: object) -> None:
        with self.database.transaction() as connection:
            workshop = Workshop(Stationery(templates), HOME, tokens)
            editing = Editing(connection, self.newsletter, workshop, self.now)
            if settings:
                editing.set(**settings)
            # Pages on our own address, which are not asked for.
            editing.lists(*range(1, 5))
            self.edition_id = editing.make()

    def edition(self) -> Edition:
        with self.database.transaction() as connection:
            return self.edition_in(connection)

    def edition_in(self, connection: sa.Connection) -> Edition:
        return store.get_edition(connection, self.edition_id)

    def check(self, *, again: bool = False) -> Checked | None:
        return preflight_edition(self.post, POLICY, self.edition_id, lambda: self.now, again=again)

    def kept(self) -> Checked | None:
        with self.database.transaction() as connection:
            return find_check(connection, store.get_edition(connection, self.edition_id))

    def save(self, *findings: object) -> None:
        with self.database.transaction() as connection:
            edition = store.get_edition(connection, self.edition_id)
            save_check(connection, edition, findings, self.now)  # type: ignore[arg-type]  # each test gives findings

    def spoil(self, **changes: str) -> None:
        with self.database.transaction() as connection:
            connection.execute(
                sa.update(edition_content).where(edition_content.c.edition_id == self.edition_id).values(**changes)
            )


@pytest.fixture
def room(
    database: Database, daily: Newsletter, tokens: Tokens, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> Room:
    """Give the room of the usual newsletter, on a machine without SpamAssassin and without a network."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("newsletter.preflight.alive.Scout._is_asked", lambda *_: False)
    return Room(database, daily, tokens, noon)


def test_an_edition_of_ours_has_nothing_that_blocks(
    room: Room, templates: tuple[Path, ...], tokens: Tokens
) -> None:
    """Every check has its word on what a reader would get, and it is kept with the edition's content."""
    room.assemble(templates, tokens)
    checked = room.check()
    assert checked is not None
    assert [] == list(checked.blocks)
    assert [*CHECKS, *ASKING] == list(dict.fromkeys(each.check for each in checked.findings))
    assert (room.edition().content_hash, room.now, "") == (
        checked.content_hash,
        checked.checked_at,
        checked.overruled_by,
    )
    assert checked == room.kept()


def test_each_language_is_checked(room: Room, templates: tuple[Path, ...], tokens: Tokens) -> None:
    """An edition in two languages is looked at in both, and each finding says of which it is."""
    room.assemble(templates, tokens, languages="ar")
    checked = room.check()
    assert checked is not None
    assert {"en", "ar"} == {each.language for each in checked.findings}
    assert [] == list(checked.blocks)


def test_what_is_wrong_is_found(room: Room, templates: tuple[Path, ...], tokens: Tokens) -> None:
    """A content that lost its link to leave, and is too large, blocks; mended, it does not any more."""
    room.assemble(templates, tokens)
    with room.database.transaction() as connection:
        html = store.get_content(connection, room.edition_id).html
    room.spoil(html=f"<p>{'a' * 100_000}</p>{html}")
    spoilt = room.check()
    assert spoilt is not None
    assert {"size", "unsubscribe link"} == {each.check for each in spoilt.blocks}
    assert (Outcome.BLOCK, True) == (spoilt.outcome, spoilt.is_blocking)
    room.spoil(html=html)
    mended = room.check(again=True)
    assert mended is not None
    assert not mended.is_blocking


def test_a_message_that_cannot_be_composed_blocks(room: Room, templates: tuple[Path, ...], tokens: Tokens) -> None:
    """What would stop the sending at its first reader is found before it."""
    room.assemble(templates, tokens)
    with room.database.transaction() as connection:
        content = store.get_content(connection, room.edition_id)
    room.spoil(html=f"{content.html}{content.marker}snobodyx")
    checked = room.check()
    assert checked is not None
    assert ["composing"] == [each.check for each in checked.blocks]


def test_a_bell_rung_twice_is_one_check(room: Room, templates: tuple[Path, ...], tokens: Tokens) -> None:
    """What was checked just now is not checked again, unless somebody asks for it."""
    room.assemble(templates, tokens)
    room.check()
    room.now += timedelta(seconds=5)
    assert room.now - timedelta(seconds=5) == _moment(room.check())
    assert room.now == _moment(room.check(again=True))
    room.now += timedelta(minutes=1)
    assert room.now == _moment(room.check())


def test_an_edition_without_content_cannot_be_checked(room: Room) -> None:
    """Before an edition is assembled there is nothing to look at."""
    room.edition_id = 4711
    with pytest.raises(NotFoundError):
        room.check()


def test_a_check_is_of_one_content(room: Room, templates: tuple[Path, ...], tokens: Tokens) -> None:
    """What is assembled anew has no check, whatever was found of what it was before, and nobody let it go."""
    room.assemble(templates, tokens)
    room.save(block("Bad."))
    with room.database.transaction() as connection:
        overrule(connection, room.edition(), "ann", room.now)
        connection.execute(sa.update(preflight).values(content_hash="another"))
    assert room.kept() is None
    room.save(block("Bad."))
    kept = room.kept()
    assert kept is not None
    assert ("", True) == (kept.overruled_by, kept.is_blocking)


def test_made_anew_while_it_is_checked_it_keeps_what_was_said_of_the_new(
    room: Room, templates: tuple[Path, ...], tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found of the old content comes too late, and takes back nobody's word."""
    room.assemble(templates, tokens)

    def inspect(*_: object) -> list[Finding]:
        with room.database.transaction() as connection:
            connection.execute(sa.update(edition).values(content_hash="anew"))
            overrule(connection, room.edition_in(connection), "ann", room.now)
        return [block("Gone.")]

    monkeypatch.setattr("newsletter.preflight.check.inspect", inspect)
    assert room.check() is None
    kept = room.kept()
    assert kept is not None
    assert ("anew", Outcome.WARN, "ann") == (kept.content_hash, kept.outcome, kept.overruled_by)


def test_who_let_it_go_is_kept(room: Room, templates: tuple[Path, ...], tokens: Tokens) -> None:
    """An edition that was let go is not held by another check of the same content."""
    room.assemble(templates, tokens)
    room.save(block("Bad."), passed("Good."), warn("Doubtful."))
    with room.database.transaction() as connection:
        overrule(connection, room.edition(), "ann", room.now)
    room.save(block("Bad."))
    kept = room.kept()
    assert kept is not None
    assert ("ann", Outcome.BLOCK, False) == (kept.overruled_by, kept.outcome, kept.is_blocking)


def test_what_was_not_checked_can_be_let_go(room: Room, templates: tuple[Path, ...], tokens: Tokens) -> None:
    """Whoever lets an edition go before its check need not wait; one that is not ready cannot be let go."""
    room.assemble(templates, tokens)
    with room.database.transaction() as connection:
        overrule(connection, room.edition(), "ann", room.now)
    kept = room.kept()
    assert kept is not None
    assert ("ann", Outcome.WARN) == (kept.overruled_by, kept.outcome)
    with room.database.transaction() as connection, pytest.raises(ConflictError):
        overrule(connection, replace(room.edition(), content_hash=""), "ann", room.now)


def _moment(checked: Checked | None) -> datetime:
    assert checked is not None
    return checked.checked_at
