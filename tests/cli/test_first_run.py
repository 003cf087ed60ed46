"""The first minutes of an empty database."""

from pathlib import Path

import pytest

from newsletter.cli.first_run import SAMPLE_READERS, add_sample_readers, find_or_seed, follow_site
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.errors import NotFoundError
from newsletter.gather.polling.sources import list_sources, source_ids_of
from newsletter.insight.figures import count_subscriptions
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.tables import SubscriptionState
from newsletter.sample.identity import SAMPLE_SOURCES
from tests.delivery.press import NOW

FEEDS = ["https://www.paper.example/feed.xml"]


def settings(port: int = 8000, *, sample: bool = True, mailbox: Path | None = None) -> Settings:
    """Return settings of an installation on a port."""
    return Settings.from_environment(web_port=port, sample=sample, mailbox_dir=mailbox)


def urls(database: Database, newsletter_id: int) -> list[str]:
    """Return the addresses of a newsletter's sources."""
    with database.transaction() as connection:
        return [each.url for each in list_sources(connection, source_ids_of(connection, newsletter_id))]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_an_existing_newsletter(database: Database, daily: Newsletter) -> None:
    """What is there is used as it is."""
    with database.transaction() as connection:
        assert (daily, False) == find_or_seed(connection, "daily", FEEDS, settings())


def test_a_slip_makes_no_newsletter(database: Database, daily: Newsletter) -> None:
    """Where there are newsletters, a name that none of them has is an error, with or without feeds."""
    with database.transaction() as connection, pytest.raises(NotFoundError) as caught:
        find_or_seed(connection, "dialy", FEEDS, settings())
    assert "daily" in caught.value.mend


def test_from_the_sample(database: Database) -> None:
    """On an empty database the sample publication is laid out, with all of its sources at our own address."""
    with database.transaction() as connection:
        found, is_new = find_or_seed(connection, "daily", [], settings(8123))
    assert (True, "daily") == (is_new, found.slug)
    assert [f"http://localhost:8123/sample{each.path}" for each in SAMPLE_SOURCES] == urls(database, found.id)


@pytest.mark.parametrize(
    ("feed", "publisher"),
    [
        (FEEDS[0], "www.paper.example"),
        ("feed.xml", "Your newsroom"),
        ("http://[", "Your newsroom"),
        (f"https://{'long.' * 40}example/", "Your newsroom"),
    ],
)
def test_a_newsletter_for_a_feed(database: Database, feed: str, publisher: str) -> None:
    """It is named for the feed's host, where that is a name that a newsletter can have."""
    with database.transaction() as connection:
        assert publisher == find_or_seed(connection, "daily", [feed], settings())[0].publisher


def test_the_sample_follows_the_site(database: Database) -> None:
    """Served from another port on the next day, the sample's sources are there too."""
    with database.transaction() as connection:
        found, _ = find_or_seed(connection, "daily", [], settings(8123))
        follow_site(connection, settings(9000))
    assert all(url.startswith("http://localhost:9000/sample/") for url in urls(database, found.id))


def test_without_the_sample(database: Database) -> None:
    """An operator's own database gets no sample: the error says what to do."""
    with database.transaction() as connection, pytest.raises(NotFoundError) as caught:
        find_or_seed(connection, "daily", [], settings(sample=False))
    assert "newsletters add" in caught.value.mend


@pytest.mark.parametrize(("feed", "publisher"), [(FEEDS[0], "paper.example"), ("feed.xml", "Your newsroom")])
def test_from_feeds(database: Database, feed: str, publisher: str) -> None:
    """Named feeds make a plain newsletter, published by whoever they come from."""
    with database.transaction() as connection:
        found, is_new = find_or_seed(connection, "daily", [feed], settings(sample=False))
    assert is_new
    assert publisher in found.publisher


def test_sample_readers_only_where_mail_stays_here(database: Database, daily: Newsletter, tmp_path: Path) -> None:
    """Invented readers are added only when nothing can reach anybody."""
    with database.transaction() as connection:
        add_sample_readers(connection, daily.id, settings(), NOW)
        assert {} == count_subscriptions(connection, daily.id)
        add_sample_readers(connection, daily.id, settings(mailbox=tmp_path), NOW)
        assert {SubscriptionState.ACTIVE: len(SAMPLE_READERS)} == count_subscriptions(connection, daily.id)
