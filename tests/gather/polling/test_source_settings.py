"""What the operator chose for a source."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.gather.polling.source_settings import describe_source, standing_of
from newsletter.gather.polling.sources import list_sources, put_source
from newsletter.gather.tables import SourceKind, source

LATER = datetime(2036, 1, 1, tzinfo=UTC)


@pytest.fixture
def source_id(database: Database) -> int:
    """Store a source that was polled."""
    with database.transaction() as connection:
        source_id = put_source(connection, "https://paper.example/", SourceKind.FEED)
        polled = {"etag": '"1"', "last_modified": "x", "content_hash": "h", "next_poll_at": LATER}
        connection.execute(sa.update(source).values(polled))
    return source_id


def test_another_way_of_reading_reads_anew(database: Database, source_id: int) -> None:
    """The same bytes mean something else now: they are asked for at once, without validators."""
    with database.transaction() as connection:
        describe_source(connection, source_id, kind=SourceKind.PAGE, selector="h2 a")
        (standing,), (origin,) = standing_of(connection, [source_id]), list_sources(connection, [source_id])
    assert (standing.kind, standing.selector, origin.selector) == (SourceKind.PAGE, "h2 a", "h2 a")
    assert (origin.etag, origin.last_modified, origin.content_hash) == ("", "", "")
    assert standing.next_poll_at < LATER


def test_the_same_way_of_reading_changes_nothing_else(database: Database, source_id: int) -> None:
    """Nor does what is said about the articles' own pages, nor saying nothing."""
    with database.transaction() as connection:
        describe_source(
            connection, source_id, kind=SourceKind.FEED, selector="", reads_pages=True, profile="ghost"
        )
        describe_source(connection, source_id)
        (standing,), (origin,) = standing_of(connection, [source_id]), list_sources(connection, [source_id])
    assert (standing.reads_pages, standing.profile, standing.held) == (True, "ghost", 0)
    assert (origin.etag, origin.content_hash, standing.next_poll_at) == ('"1"', "h", LATER)


def test_only_what_operators_choose_is_chosen(database: Database, source_id: int) -> None:
    """What polls find out is not theirs to write."""
    with database.transaction() as connection, pytest.raises(ValueError, match="does not choose etag, id"):
        describe_source(connection, source_id, id=2, etag="x", kind=SourceKind.FEED)
