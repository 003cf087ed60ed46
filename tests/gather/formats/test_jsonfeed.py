"""JSON Feed read into articles."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import NotAFeedError
from newsletter.gather.article import Article, Feed
from newsletter.gather.formats.feed import parse_feed

BASE = "https://news.example/feed.json"
VERSION = "https://jsonfeed.org/version/1.1"


def read(**feed: Any) -> Feed:
    """Parse a JSON Feed of these parts."""
    return parse_feed(json.dumps({"version": VERSION, **feed}).encode(), BASE, "application/feed+json")


def test_an_article_is_read_whole() -> None:
    """Every fact of version 1.1, and our own counts, reach the Article."""
    item = {
        "id": 7,
        "url": "/ferry",
        "title": "Ferry <b>reopens</b>",
        "content_html": "<p>The line opens in May.</p>",
        "image": "/i.jpg",
        "date_published": "2026-08-13T06:24:00+02:00",
        "date_modified": "2026-08-13T09:00:00",
        "authors": [{"name": "Ida Dahl"}, {"name": "Ole Bo"}],
        "tags": ["Region", "Traffic"],
        "_newsletter": {
            "votes": 7,
            "comments": 2,
            "credit": "AFP",
            "correction": "The harbour is <b>Veld</b>.",
            "embargo-until": "2026-08-13T10:00:00Z",
            "featured": True,
            "withdrawn": True,
        },
    }
    feed = read(title="Gazette", language="en_GB", items=[item])
    assert feed.articles == (
        Article(
            title="Ferry reopens",
            url="https://news.example/ferry",
            guid="7",
            published_at=datetime(2026, 8, 13, 4, 24, tzinfo=UTC),
            updated_at=datetime(2026, 8, 13, 9, tzinfo=UTC),
            author="Ida Dahl, Ole Bo",
            section="Region",
            image_url="https://news.example/i.jpg",
            summary="The line opens in May.",
            language="en-GB",
            position=1,
            votes=7,
            comments=2,
            credit="AFP",
            categories=("Region", "Traffic"),
            correction="The harbour is Veld.",
            embargo_ends_at=datetime(2026, 8, 13, 10, tzinfo=UTC),
            is_featured=True,
            is_withdrawn=True,
        ),
    )
    assert (feed.title, feed.language) == ("Gazette", "en-GB")


def test_version_1_and_a_byte_order_mark_are_read() -> None:
    """The older version has one author, and some servers begin with a mark."""
    feed = {
        "version": "https://jsonfeed.org/version/1",
        "author": {"name": "Ida"},
        "items": [{"id": "https://a.org/1", "content_text": "The boat is late."}],
    }
    (article,) = parse_feed(json.dumps(feed).encode("utf-8-sig"), BASE).articles
    assert (article.title, article.url, article.author) == ("The boat is late.", "https://a.org/1", "Ida")


def test_articles_that_cannot_be_opened_are_left_out() -> None:
    """Positions count what is left."""
    items = [{"id": "1", "title": "A", "url": "javascript:x"}, {"id": "2", "title": "B", "url": "https://a.org/"}]
    assert [(each.title, each.position) for each in read(items=items).articles] == [("B", 1)]


@pytest.mark.parametrize(
    "text",
    ['{"items": []}', "{", '{"version": 3}', '{"a":' * 100_000, '{"version": "9' + "9" * 5_000, "{}" * 150_000],
)
def test_other_json_is_no_feed(text: str) -> None:
    """Without the version of a JSON Feed there is none, however deep or long the JSON."""
    with pytest.raises(NotAFeedError):
        parse_feed(text.encode(), BASE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "id",
        "url",
        "title",
        "content_html",
        "content_text",
        "summary",
        "image",
        "date_published",
        "date_modified",
        "authors",
        "author",
        "tags",
        "language",
        "_newsletter",
    ]
)


@given(JSON, st.lists(st.dictionaries(KEYS, JSON), max_size=3))
def test_values_of_any_kind_do_no_harm(value: Any, items: list[Any]) -> None:
    """A wrong type is taken as not said."""
    assert isinstance(read(title=value, language=value, home_page_url=value, items=items), Feed)
    assert isinstance(read(items=value, author=value, authors=value), Feed)
