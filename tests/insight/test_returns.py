"""What came back, counted: each reader once, and as the worst that was told."""

from pathlib import Path

import pytest

from newsletter.db import Database
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.insight.returns import count_reports, latest_reports
from newsletter.publication.newsletters import Newsletter
from newsletter.tokens import Tokens
from tests.delivery.press import Press
from tests.inbound.returning import Returning, complaint


@pytest.fixture
def returning(database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path) -> Returning:
    """Give an edition mailed to five readers."""
    made = Returning(Press(database, daily, tokens, FileJournals(tmp_path / "journals")))
    made.mail("ann", "bob", "cy", "dee", "eve")
    return made


def counts(returning: Returning) -> dict[str, int]:
    with returning.press.database.transaction() as connection:
        return count_reports(connection, returning.edition_id)


def test_nothing_came_back(returning: Returning) -> None:
    """An edition of which nobody reported has no figures."""
    assert counts(returning) == {}


def test_each_reader_is_counted_once(returning: Returning) -> None:
    """A reader with a full mailbox, then gone, is permanent; refusals of ourselves are apart."""
    returning.bounce("ann", "5.2.2")
    returning.bounce("ann", "5.1.1")
    returning.bounce("bob", "5.2.2")
    returning.bounce("cy", "5.7.1", "550 5.7.1 your host is on a block list")
    to = returning.address("dee")
    returning.receive(complaint("fbl@paper.example", fields=f"Original-Mail-From: {to}"), "fbl@paper.example")
    expected = {"complaint": 1, "permanent": 1, "transient": 1, "refused": 1}
    assert expected == counts(returning)
    assert list(expected) == list(counts(returning)), "the heaviest first"


def test_the_latest_come_first(returning: Returning) -> None:
    """With who, of what, why; a letter's has no edition."""
    returning.bounce("ann", "5.2.2")
    returning.bounce("bob", "5.1.1", days=1)
    with returning.press.database.transaction() as connection:
        first, second = latest_reports(connection, 10)
        assert [first] == latest_reports(connection, 1)
    assert ("bob@example.org", "daily/2026-03-02", "permanent", 0.0) == (
        first.address,
        first.edition,
        first.kind,
        first.points,
    )
    assert ("ann@example.org", "mailbox-full", 1.0) == (second.address, second.reason, second.points)
