"""A newsletter with an empty address book, and a relay."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.db import Database
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.publication.newsletters import Newsletter
from newsletter.tokens import Tokens
from tests.delivery.press import Press
from tests.delivery.scripted_relay import ScriptedRelay


@pytest.fixture
def press(database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path) -> Press:
    """Give the press of a newsletter that keeps its mail in memory."""
    return Press(database, daily, tokens, FileJournals(tmp_path / "journals"))


@pytest.fixture
def relay() -> Iterator[ScriptedRelay]:
    """Give a relay that takes everything until a test gives it a script."""
    with ScriptedRelay() as opened:
        yield opened
