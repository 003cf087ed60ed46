"""Articles that a feed takes back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.article import Article
from newsletter.gather.formats.feed import parse_feed
from newsletter.gather.formats.tombstones import tombstones

HEAD = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>G</title>'
)
ENTRY = (
    "<entry><title>Ferry reopens</title><link href='/ferry'/><id>tag:a,2026:1</id>"
    "<updated>2026-08-13T06:00:00Z</updated></entry>"
)


def read(inside: str) -> list[tuple[str, str, bool]]:
    """Read a feed into guids, addresses and whether they are withdrawn."""
    articles = parse_feed(f"{HEAD}{inside}</feed>".encode(), "https://news.example/").articles
    return [(each.guid, each.url, each.is_withdrawn) for each in articles]


def test_what_is_listed_no_longer_is_known_by_its_guid() -> None:
    """A tombstone stands where the article stood (RFC 6721 §2)."""
    dead = '<at:deleted-entry ref="tag:a,2026:2" when="2026-08-13"><at:comment>x</at:comment></at:deleted-entry>'
    linked = '<at:deleted-entry ref="https://news.example/3" when="2026-08-13T07:00:00Z"/>'
    assert read(ENTRY + dead + linked) == [
        ("tag:a,2026:1", "https://news.example/ferry", False),
        ("tag:a,2026:2", "", True),
        ("https://news.example/3", "https://news.example/3", True),
    ]


def test_a_withdrawn_article_has_no_place() -> None:
    """It is in nobody's way."""
    feed = parse_feed(f'{HEAD}<at:deleted-entry ref="a"/></feed>'.encode(), "https://news.example/")
    assert feed.articles == (Article(title="", url="", guid="a", is_withdrawn=True),)


@pytest.mark.parametrize(
    ("when", "is_withdrawn"),
    [("2026-08-13T07:00:00Z", True), ("2026-08-13T06:00:00Z", True), ("2026-08-13T05:00:00Z", False), ("", True)],
)
def test_an_article_that_changed_since_stands_again(when: str, is_withdrawn: bool) -> None:
    """The later word counts (RFC 6721 §3)."""
    assert [each[2] for each in read(f'{ENTRY}<at:deleted-entry ref="tag:a,2026:1" when="{when}"/>')] == [
        is_withdrawn
    ]


def test_a_tombstone_in_a_text_is_text() -> None:
    """An article may write about them."""
    text = '<![CDATA[<at:deleted-entry ref="tag:a,2026:1" when="2026-08-13T07:00:00Z"/>]]>'
    assert [each[2] for each in read(ENTRY.replace("Ferry reopens", text))] == [False]


def test_of_two_the_later_counts() -> None:
    """A feed may repeat itself."""
    dead = '<at:deleted-entry ref="a" when="{}"/>'
    content = HEAD + dead.format("2026-08-14") + dead.format("2026-08-13") + dead.format("") + "</feed>"
    assert tombstones(content.encode()) == {"a": datetime(2026, 8, 14, tzinfo=UTC)}


PIECES = st.sampled_from(
    [
        "<at:deleted-entry>",
        '<at:deleted-entry ref="a"',
        ' when="2026-08-13"',
        "/>",
        ">",
        "<",
        "</at:deleted-entry>",
        "&",
    ]
)


@given(st.lists(PIECES, max_size=20), st.binary(max_size=50))
def test_no_bytes_do_harm(pieces: list[str], more: bytes) -> None:
    """What is damaged is read as far as it goes."""
    found = tombstones(HEAD.encode() + "".join(pieces).encode() + more)
    assert set(found) <= {"a"}
