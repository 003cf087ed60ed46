"""WordPress's REST interface read into articles."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import NotAFeedError
from newsletter.gather.article import Article, Feed
from newsletter.gather.formats.wordpress import parse_wordpress, wordpress_url

BASE = "https://news.example/wp-json/wp/v2/posts"
POST: dict[str, Any] = {
    "id": 7,
    "date": "2026-08-13T06:24:00",
    "date_gmt": "2026-08-13T04:24:00",
    "modified_gmt": "2026-08-13T09:00:00",
    "guid": {"rendered": "https://news.example/?p=7"},
    "status": "publish",
    "link": "https://news.example/2026/ferry/",
    "title": {"rendered": "Ferry &#038; bridge &#8211; reopened"},
    "content": {"rendered": "<p>Whole text.</p>", "protected": False},
    "excerpt": {"rendered": "<p>The line opens in May.</p>", "protected": False},
    "sticky": True,
    "_embedded": {
        "author": [{"name": "Ida Dahl"}],
        "wp:featuredmedia": [
            {
                "source_url": "https://news.example/i.jpg",
                "alt_text": "The boat at noon",
                "caption": {"rendered": "<p>The boat leaves the harbour. (AFP photo)</p>"},
            }
        ],
        "wp:term": [
            [{"name": "traffic", "slug": "traffic", "taxonomy": "post_tag"}],
            [
                {"name": "Uncategorized", "slug": "uncategorized", "taxonomy": "category"},
                {"name": "Region", "slug": "region", "taxonomy": "category"},
            ],
        ],
    },
}


def read(*posts: Any) -> Feed:
    """Read a list of posts."""
    return parse_wordpress(json.dumps(posts).encode(), BASE, "application/json; charset=UTF-8")


def test_a_post_is_read_whole() -> None:
    """Dates in UTC, categories before tags, the image with its alt and credit, and the site's own favour."""
    assert read(POST).articles == (
        Article(
            title="Ferry & bridge – reopened",
            url="https://news.example/2026/ferry/",
            guid="https://news.example/?p=7",
            published_at=datetime(2026, 8, 13, 4, 24, tzinfo=UTC),
            updated_at=datetime(2026, 8, 13, 9, tzinfo=UTC),
            author="Ida Dahl",
            section="Region",
            categories=("Region", "traffic"),
            image_url="https://news.example/i.jpg",
            image_alt="The boat at noon",
            credit="AFP",
            summary="The line opens in May.",
            position=1,
            is_featured=True,
        ),
    )


def test_a_bare_post_is_an_article() -> None:
    """Without what is embedded, an excerpt or a date in UTC, what is left is read and nothing is invented."""
    content = {"rendered": "<p><img src='/d.png' alt='A boat'>The line opens.</p>"}
    (article,) = read(
        {"title": {"rendered": "Ferry"}, "link": "/f", "date": "2026-08-13T06:24:00", "content": content}
    ).articles
    expected = ("https://news.example/f", None, "https://news.example/d.png", "A boat", "The line opens.")
    found = (article.url, article.published_at, article.image_url, article.image_alt, article.summary)
    assert found == expected


def test_publishing_is_no_change() -> None:
    """WordPress dates the last change of every post."""
    (article,) = read({**POST, "modified_gmt": POST["date_gmt"]}).articles
    assert article.updated_at is None


def test_what_may_not_be_read_is_left_out() -> None:
    """Posts behind a password, drafts, and what an author of parts of the answer may not see."""
    locked = {**POST, "content": {"rendered": "", "protected": True}}
    denied = {**POST, "_embedded": {"author": [{"code": "rest_user_invalid_id", "message": "Invalid user ID."}]}}
    (article,) = read(locked, {**POST, "status": "draft"}, denied).articles
    assert (article.author, article.position) == ("", 1)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("https://news.example", "https://news.example/wp-json/wp/v2/posts?per_page=50"),
        ("https://news.example/blog/", "https://news.example/blog/wp-json/wp/v2/posts?per_page=50"),
        (f"{BASE}?categories=7&per_page=20", f"{BASE}?categories=7&per_page=20"),
        (
            "https://news.example/?rest_route=/wp/v2/posts",
            "https://news.example/?rest_route=/wp/v2/posts&per_page=50",
        ),
    ],
)
def test_the_address_is_made_of_the_site(given: str, asked: str) -> None:
    """A home page is enough, and parameters that are given stay."""
    assert wordpress_url(given) == f"{asked}&_embed=author,wp:featuredmedia,wp:term"


def test_what_cannot_be_taken_apart_stays() -> None:
    """The fetch says what is wrong with it."""
    assert wordpress_url("http://[") == "http://["


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"{}",
        b"3",
        b"[1]",
        b'[{"a": 1}]',
        b"[" * 100_000,
        b'{"code": "rest_no_route", "message": "No route was found."}',
    ],
)
def test_what_is_no_list_of_posts_is_told(content: bytes) -> None:
    """Pages, other JSON and the site's own refusal."""
    with pytest.raises(NotAFeedError, match="This is no list of WordPress posts"):
        parse_wordpress(content, BASE)


def test_the_refusal_of_the_site_is_repeated() -> None:
    """It knows best why it answers no posts."""
    with pytest.raises(NotAFeedError, match="No route was found"):
        parse_wordpress(b'{"code": "rest_no_route", "message": "No <b>route</b> was found."}', BASE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["name", "slug", "taxonomy", "source_url", "caption", "rendered", "protected"])


@given(
    st.dictionaries(st.sampled_from([*POST]), JSON | st.dictionaries(KEYS, JSON, max_size=3), max_size=5),
    st.dictionaries(st.sampled_from([*POST["_embedded"]]), st.lists(st.dictionaries(KEYS, JSON) | st.lists(JSON))),
)
def test_values_of_any_kind_do_no_harm(post: dict[str, Any], embedded: dict[str, Any]) -> None:
    """A wrong type is taken as not said."""
    assert isinstance(read({**POST, "_embedded": embedded, **post}), Feed)


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_bytes_give_articles_or_an_error(content: bytes, content_type: str) -> None:
    """No bytes and no content type crash the reader."""
    for start in (b"", b"["):
        with suppress(NotAFeedError):
            assert isinstance(parse_wordpress(start + content, BASE, content_type), Feed)


def test_a_site_that_does_not_say_its_name_is_called_by_its_host() -> None:
    """The interface answers articles alone."""
    assert read().title == "news.example"
    assert parse_wordpress(b"[]", "http://[").title == ""
