"""All that we hold of a reader can be shown, as JSON, and is nobody else's."""

import json
from datetime import datetime

import pytest

from newsletter.db import Database
from newsletter.errors import NotFoundError
from newsletter.insight.holdings import holdings_of
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.consent import text_version
from newsletter.readers.store import Origin, put_subscriber
from newsletter.readers.subscribe import add_reader


def test_a_reader_is_shown_what_they_agreed_to(database: Database, daily: Newsletter, noon: datetime) -> None:
    """The consent log comes with the words that were shown, and no numbers of ours."""
    with database.transaction() as connection:
        version = text_version(connection, "en", "Yes, mail me the news.", noon)
        origin = Origin("form", "192.0.2.0/24", "https://paper.example/sport", version)
        add_reader(connection, daily.id, "Ann@example.org", origin, noon)
        add_reader(connection, daily.id, "bob@example.org", origin, noon)
        shown = json.loads(json.dumps(holdings_of(connection, put_subscriber(connection, "ann@example.org"))))
    assert "Ann@example.org" == shown["address"]
    (standing,) = shown["subscriptions"]
    assert ("daily", "active", noon.isoformat()) == tuple(
        standing[name] for name in ("newsletter", "state", "confirmed_at")
    )
    expected = {
        "event": "added",
        "at": noon.isoformat(),
        "how": "form",
        "network": "192.0.2.0/24",
        "source": "https://paper.example/sport",
        "text": "Yes, mail me the news.",
    }
    assert [expected] == standing["consent"]
    assert "bob" not in json.dumps(shown)
    assert "id" not in {*shown, *standing}


def test_an_erased_reader_has_nothing(database: Database) -> None:
    """The link of somebody who was erased leads to an answer."""
    with database.transaction() as connection, pytest.raises(NotFoundError, match="no longer here"):
        holdings_of(connection, 7)
