"""Who is owed a welcome or a goodbye."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.publication.newsletters import Newsletter, change_newsletter
from newsletter.readers.letters import (
    DATA_PAUSE,
    LETTER_PAUSE,
    due_letters,
    find_letter,
    forget_untrue,
    owe_letter,
)
from newsletter.readers.preferences import come_back
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader, confirm, unsubscribe
from newsletter.readers.tables import LetterKind, SuppressionReason, owed_letter, suppression
from tests.readers.asking import ask_for

PAGE, ONE_CLICK = Origin("page"), Origin("one-click")


@dataclass
class Desk:
    """One reader who comes and goes, at a time that a test moves."""

    database: Database
    newsletter: Newsletter
    now: datetime

    def join(self) -> int:
        with self.database.transaction() as connection:
            ask_for(connection, self.newsletter.id, "ann@reader.example", Origin("form"), self.now)
            return confirm(connection, (1, self.now), Origin("link"), self.now).id

    def leave(self, origin: Origin = PAGE) -> None:
        with self.database.transaction() as connection:
            unsubscribe(connection, 1, origin, self.now)

    def owed(self) -> list[LetterKind]:
        with self.database.transaction() as connection:
            letters = [find_letter(connection, each) for each in due_letters(connection, self.now, 1)]
        return [each.kind for each in letters if each is not None]

    def ask_for_data(self) -> None:
        with self.database.transaction() as connection:
            owe_letter(connection, 1, LetterKind.DATA, self.now)

    def mail_all(self) -> None:
        """Let every letter have been mailed."""
        with self.database.transaction() as connection:
            connection.execute(sa.update(owed_letter).values(mail_due_at=None, mail_attempts=1))

    def set(self, **settings: str) -> None:
        with self.database.transaction() as connection:
            change_newsletter(connection, self.newsletter.slug, settings)

    def forget(self) -> list[bool]:
        """Say of each letter whether it was forgotten because it is true no more."""
        with self.database.transaction() as connection:
            letters = [find_letter(connection, each) for each in due_letters(connection, self.now)]
            return [forget_untrue(connection, each, self.now) for each in letters if each is not None]


@pytest.fixture
def desk(database: Database, daily: Newsletter, noon: datetime) -> Desk:
    """Give the desk of a reader who has not asked yet."""
    return Desk(database, daily, noon)


def test_who_confirms_is_owed_a_welcome_once(desk: Desk) -> None:
    """Confirmed twice is welcomed once."""
    desk.join()
    assert [LetterKind.WELCOME] == desk.owed()
    desk.mail_all()
    desk.join()
    assert [] == desk.owed()


def test_who_is_put_on_the_list_is_not_welcomed(desk: Desk) -> None:
    """An import is no moment of anybody's."""
    with desk.database.transaction() as connection:
        add_reader(connection, desk.newsletter.id, "ann@reader.example", Origin("import"), desk.now)
    assert [] == desk.owed()


@pytest.mark.parametrize("origin", [PAGE, Origin("mail")])
def test_a_person_who_leaves_is_owed_a_goodbye(desk: Desk, origin: Origin) -> None:
    """By our page or by mail; leaving twice is leaving once."""
    desk.join()
    desk.mail_all()
    desk.leave(origin)
    desk.leave(origin)
    assert [LetterKind.GOODBYE] == desk.owed()


def test_who_never_came_is_owed_no_goodbye(desk: Desk) -> None:
    """Whoever asks in somebody's name and takes it back causes no second mail."""
    with desk.database.transaction() as connection:
        ask_for(connection, desk.newsletter.id, "ann@reader.example", Origin("form"), desk.now)
    desk.leave(Origin("mail"))
    assert [] == desk.owed()


def test_one_click_is_not_answered(desk: Desk) -> None:
    """A mail program's button ends it, and nothing more comes: not even that."""
    desk.join()
    desk.mail_all()
    desk.leave(ONE_CLICK)
    assert [] == desk.owed()


@pytest.mark.parametrize("name", ["welcome", "goodbye"])
def test_a_newsletter_may_write_no_letters(desk: Desk, name: str) -> None:
    """Each is a setting of its own."""
    desk.set(**{name: "false"})
    desk.join()
    joined = desk.owed()
    desk.mail_all()
    desk.leave()
    assert LetterKind(name) not in [*joined, *desk.owed()]
    assert 1 == len([*joined, *desk.owed()])


def test_coming_and_going_in_a_day_is_answered_once(desk: Desk) -> None:
    """However often; after a day, anew."""
    desk.join()
    desk.leave()
    desk.mail_all()
    desk.now += timedelta(hours=1)
    desk.join()
    desk.leave()
    assert [] == desk.owed()
    desk.now += LETTER_PAUSE
    desk.join()
    assert [LetterKind.WELCOME] == desk.owed()
    desk.leave()
    assert {LetterKind.WELCOME, LetterKind.GOODBYE} == set(desk.owed())


def test_what_is_true_no_more_is_forgotten(desk: Desk) -> None:
    """A goodbye to who came back at once, and a welcome to who has left; the next one need not wait."""
    desk.join()
    assert [False] == desk.forget()
    desk.leave()
    assert [True, False] == desk.forget()
    with desk.database.transaction() as connection:
        come_back(connection, 1, Origin("undo"), desk.now)
    assert [True] == desk.forget()
    desk.leave()
    assert [LetterKind.GOODBYE] == desk.owed()


def test_what_may_have_been_mailed_counts_though_it_is_true_no_more(desk: Desk) -> None:
    """A goodbye that was tried, by a process that died perhaps, to who came back: they have no second that day."""
    desk.join()
    desk.mail_all()
    desk.leave()
    with desk.database.transaction() as connection:
        connection.execute(sa.update(owed_letter).values(mail_attempts=1))
        come_back(connection, 1, Origin("undo"), desk.now)
    assert [True] == desk.forget()
    desk.leave()
    assert [] == desk.owed()
    desk.now += LETTER_PAUSE
    assert [] == desk.owed()


def test_a_suppressed_address_is_written_nothing(desk: Desk) -> None:
    """Whoever must not be mailed is not said goodbye to either."""
    desk.join()
    row = {"canonical_address": "ann@reader.example", "reason": SuppressionReason.COMPLAINT}
    with desk.database.transaction() as connection:
        connection.execute(sa.insert(suppression).values(row))
    desk.leave()
    assert [True, True] == desk.forget()


def test_a_data_letter_is_owed_once_an_hour(desk: Desk) -> None:
    """As long as its link is good; then again, from whatever state, whatever letters the newsletter writes."""
    desk.set(welcome="false", goodbye="false")
    desk.join()
    for owed in ([LetterKind.DATA], []):
        desk.ask_for_data()
        assert owed == desk.owed()
        desk.mail_all()
    desk.leave()
    desk.now += DATA_PAUSE
    desk.ask_for_data()
    assert [LetterKind.DATA] == desk.owed()
    assert [False] == desk.forget()
