"""Each kind of source asked and read its own way."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.errors import NotAFeedError
from newsletter.gather.article import Genre
from newsletter.gather.formats.reading import accepted, read_source, request_url
from newsletter.gather.http.fetch import Fetched, Validators
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.polling.poll import PollManners, poll_source
from newsletter.gather.polling.source_settings import describe_source
from newsletter.gather.polling.sources import Source, put_source
from newsletter.gather.tables import SourceKind, article, sighting, source
from tests.gather.formats import test_drupal, test_sitemap, test_wordpress
from tests.gather.web import Server

RSS = b"<rss version='2.0'><channel><item><title>Ferry</title><link>/1</link></item></channel></rss>"
CONTENT = {
    SourceKind.FEED: RSS,
    SourceKind.FILE: RSS,
    SourceKind.SITEMAP: test_sitemap.sitemap(test_sitemap.page("<news:title>Ferry</news:title>")),
    SourceKind.PAGE: b"<h1 class='x'><a href='/1'>Ferry</a></h1>",
    SourceKind.WORDPRESS: json.dumps([test_wordpress.POST]).encode(),
    SourceKind.DRUPAL: json.dumps({"data": [test_drupal.node()]}).encode(),
}


def origin(kind: SourceKind) -> Source:
    """Make a source of a kind."""
    return Source(
        id=1,
        url="https://news.example/",
        kind=kind,
        genre=Genre.NEWS,
        title="",
        etag="",
        last_modified="",
        content_hash="",
        failures=0,
        last_error="",
        polled_at=None,
        succeeded_at=None,
        selector=".x" if kind is SourceKind.PAGE else "",
    )


def answer(content: bytes) -> Fetched:
    """Make an answer."""
    return Fetched(200, "https://news.example/", content, "", Validators(), False, None, None)


@pytest.mark.parametrize("kind", CONTENT)
def test_each_kind_is_read_its_own_way(kind: SourceKind) -> None:
    """Every one gives articles, with the selector where there is one."""
    (article,) = read_source(origin(kind), answer(CONTENT[kind])).articles
    assert article.title.startswith("Ferry")


@pytest.mark.parametrize("kind", SourceKind)
def test_what_a_kind_is_not_is_told(kind: SourceKind) -> None:
    """No kind fails in another way; what is pushed to us is never read."""
    with pytest.raises(NotAFeedError):
        read_source(origin(kind), answer(b"<p>nothing</p>"))


@pytest.mark.parametrize("kind", SourceKind)
def test_each_kind_is_asked_its_own_way(kind: SourceKind) -> None:
    """The two interfaces have addresses of their own; all take anything rather than nothing."""
    is_interface = kind in {SourceKind.WORDPRESS, SourceKind.DRUPAL}
    assert request_url(origin(kind)).startswith("https://news.example/")
    assert (request_url(origin(kind)) != "https://news.example/") == is_interface
    assert accepted(kind).endswith("*/*;q=0.5")


INTERFACE = "/wp-json/wp/v2/posts?per_page=50&_embed=author,wp:featuredmedia,wp:term"


def polled(database: Database, policy: FetchPolicy, url: str, kind: SourceKind) -> list[sa.Row[Any]]:
    """Add a source of a kind, poll it, and return what is stored of its articles."""
    with database.transaction() as connection:
        source_id = put_source(connection, url, kind)
        describe_source(connection, source_id, selector=".x a" if kind is SourceKind.PAGE else "")
    done = poll_source(database, source_id, PollManners(policy, timedelta(minutes=20)), lambda: datetime.now(UTC))
    assert done is not None
    assert done.error == ""
    columns = (article.c.title, article.c.is_featured, source.c.is_dated_order)
    query = sa.select(*columns).select_from(article).join(sighting).join(source).order_by(sighting.c.position)
    with database.transaction() as connection:
        return list(connection.execute(query))


def test_a_page_is_polled_for_its_order(database: Database, server: Server, policy: FetchPolicy) -> None:
    """Its links are asked for as a page, picked by the selector, and their places count."""
    server.serve("/robots.txt", lambda visit: visit.answer(404))
    page = b"<a href=/0>Menu</a><p class=x><a href=/1>B</a><p class=x><a href=/2>A</a>"
    url = server.serve("/", lambda visit: visit.answer(200, page, Content_Type="text/html"))
    assert polled(database, policy, url, SourceKind.PAGE) == [("B", False, False), ("A", False, False)]
    assert server.headers_seen[-1]["Accept"] == accepted(SourceKind.PAGE)


def test_an_interface_is_polled_at_its_own_address(
    database: Database, server: Server, policy: FetchPolicy
) -> None:
    """The operator gives the site; what the site puts up is known as such."""
    server.serve(INTERFACE, lambda visit: visit.answer(200, CONTENT[SourceKind.WORDPRESS]))
    found = polled(database, policy, f"{server.origin}/", SourceKind.WORDPRESS)
    assert found == [("Ferry & bridge – reopened", True, True)]
    assert server.headers_seen[-1]["Accept"] == accepted(SourceKind.WORDPRESS)
