"""A press whose mail comes back, and a desk with its door."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.publication.newsletters import Newsletter
from newsletter.tokens import Tokens
from tests.delivery.press import Press
from tests.inbound.mailroom import Mailroom, open_mailroom
from tests.inbound.returning import Returning


@pytest.fixture
def returning(database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path) -> Returning:
    """Give an edition mailed to Ann and Bob, of which nothing has come back yet."""
    made = Returning(Press(database, daily, tokens, FileJournals(tmp_path / "journals")))
    made.mail("ann", "bob")
    return made


@pytest.fixture
def room(servers: Settings, database: Database, daily: Newsletter, tokens: Tokens) -> Iterator[Mailroom]:
    """Give an open door, with one newsletter behind it that nobody reads yet."""
    with open_mailroom(servers, database, tokens) as opened:
        yield opened


@pytest.fixture
def other_room(servers: Settings, room: Mailroom, tokens: Tokens) -> Iterator[Mailroom]:
    """Give a second open door, for another domain."""
    with open_mailroom(servers, room.database, tokens, "mail.other.example") as opened:
        yield opened
