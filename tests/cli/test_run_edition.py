"""Asking for an edition and watching it to its end."""

from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.cli import run_edition
from newsletter.cli.run_edition import Watch, add_addresses, put_feeds, watch_edition
from newsletter.delivery import control
from newsletter.errors import SettingsError
from newsletter.gather.article import Genre
from newsletter.gather.polling.sources import list_sources, put_source
from newsletter.gather.tables import SourceKind
from newsletter.schedule.request import ask_again
from newsletter.services import Services
from tests.cli.conftest import InlineRinger
from tests.delivery.press import NOW, Press


def ringer(services: Services) -> InlineRinger:
    """Return the worker of these tests."""
    found: object = services.ringer
    assert isinstance(found, InlineRinger)
    return found


def test_feeds_by_address_and_by_file(press: Press, feed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is known by its whole path, so that the same words from another folder are another source."""
    monkeypatch.chdir(feed.parent)
    with press.database.transaction() as connection:
        ids = put_feeds(connection, ["feed.xml", "https://paper.example/feed.xml", str(feed)])
        sources = list_sources(connection, ids)
    assert ids[0] == ids[2]
    assert [(feed.as_uri(), SourceKind.FILE), ("https://paper.example/feed.xml", SourceKind.FEED)] == [
        (each.url, each.kind) for each in sources
    ]


@pytest.mark.parametrize("feed", ["nowhere.xml", "/", "ftp://paper.example/feed.xml", ""])
def test_what_is_no_feed(press: Press, feed: str) -> None:
    """Neither a file nor an address: the flag to look at is named."""
    with press.database.transaction() as connection, pytest.raises(SettingsError, match="--feed"):
        put_feeds(connection, [feed])


def test_addresses(press: Press) -> None:
    """Each address is one subscription, however it is spelled."""
    with press.database.transaction() as connection:
        ids = add_addresses(
            connection,
            press.tokens,
            press.newsletter.id,
            ["ann@example.org", "ANN@example.org", "bo@example.org"],
        )
    assert ids[0] == ids[1] != ids[2]


def test_each_state_is_told_once(services: Services, press: Press) -> None:
    """Whoever watches hears of every state that is seen, and no more."""
    edition_id = press.send("ann")
    with press.database.transaction() as connection:
        control.pause(connection, edition_id, "wait")
    heard: list[str] = []
    told = watch_edition(services, edition_id, Watch(timedelta(seconds=30), heard.append))
    assert ["daily/2026-03-02: paused"] == heard
    assert ("held", "wait") == (told["verdict"], told["reason"])


def test_a_lost_bell_is_rung_again(services: Services, press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that forgot the bell delays the day, and does not end it."""
    monkeypatch.setattr(run_edition, "_RING_AGAIN", timedelta(milliseconds=300))
    edition_id = press.send("ann")
    told = watch_edition(services, edition_id, Watch(timedelta(seconds=30), lambda _: None))
    assert "sent" == told["verdict"]
    assert edition_id in {bell.id for bell in ringer(services).rung}


def test_patience_ends(services: Services, press: Press) -> None:
    """What has not ended in time is told as it stands."""
    ringer(services).is_deaf = True
    edition_id = press.send("ann")
    told = watch_edition(services, edition_id, Watch(timedelta(0), lambda _: None))
    assert ("running", {"pending": 1}) == (told["verdict"], told["deliveries"])


def test_a_paused_edition_is_not_pushed(services: Services, press: Press) -> None:
    """Asking for an edition that a person paused changes nothing and rings for nothing."""
    edition_id = press.send("ann")
    with press.database.transaction() as connection:
        control.pause(connection, edition_id, "wait")
    told = run_edition.run_edition(
        services,
        lambda connection: ask_again(connection, edition_id, None, "test", NOW),
        Watch(timedelta(seconds=5), lambda _: None),
    )
    assert ("held", "wait", edition_id) == (told["verdict"], told["reason"], told["id"])
    assert [] == ringer(services).rung


def test_a_feed_named_by_hand_keeps_its_genre(press: Press) -> None:
    """Trying a digest on a blog's feed does not make its posts news for the newsletters that gather it."""
    url = "https://paper.example/blog.xml"
    with press.database.transaction() as connection:
        source_id = put_source(connection, url, SourceKind.FEED, Genre.BLOG)
        assert (source_id,) == put_feeds(connection, [url])
        assert Genre.BLOG is list_sources(connection, [source_id])[0].genre
