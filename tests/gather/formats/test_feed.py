"""Feeds in XML read into articles."""

import gzip
import json
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import NotAFeedError
from newsletter.gather.article import Article, Feed
from newsletter.gather.formats.feed import parse_feed
from tests.captures import captured

BASE = "https://news.example/feed.xml"


def rss(inside: str, head: str = "") -> bytes:
    """Wrap articles in an RSS 2.0 document."""
    return f'{head}<rss version="2.0"><channel><title>T</title>{inside}</channel></rss>'.encode()


def only(content: bytes) -> Article:
    """Return the one article of a feed."""
    (article,) = parse_feed(content, BASE).articles
    return article


def with_item(inside: str) -> Article:
    """Return the article made of an RSS item with a title and a link of its own."""
    return only(rss(f"<item><title>Ferry reopens</title><link>/ferry</link>{inside}</item>"))


def test_rss_2_is_read_whole() -> None:
    """Every fact an RSS article can carry reaches the Article."""
    feed = parse_feed(
        b"""<?xml version="1.0"?>
        <rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
             xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:nl="urn:newsletter:article">
        <channel><title>The &lt;b&gt;Gazette&lt;/b&gt;</title><language>en-gb</language>
        <item><title>Ferry &amp;amp; bridge</title><link>/2026/ferry?id=1</link>
        <guid isPermaLink="false">n-1</guid>
        <pubDate>Thu, 13 Aug 2026 06:24:00 +0200</pubDate><dc:creator>Ida Dahl</dc:creator>
        <category>Region</category><category>Traffic</category>
        <description>&lt;p&gt;The line opens in May.&lt;/p&gt;</description>
        <media:content url="/i/small.jpg" medium="image" width="200"/>
        <media:content url="/i/large.jpg" medium="image" width="1200"/>
        <media:credit role="photographer">Ole Bo</media:credit><media:credit>AFP</media:credit>
        <slash:comments>12</slash:comments><nl:votes>7</nl:votes></item></channel></rss>""",
        BASE,
    )
    assert feed == Feed(
        title="The Gazette",
        language="en-gb",
        articles=(
            Article(
                title="Ferry & bridge",
                url="https://news.example/2026/ferry?id=1",
                guid="n-1",
                published_at=datetime(2026, 8, 13, 4, 24, tzinfo=UTC),
                author="Ida Dahl",
                section="Region",
                image_url="https://news.example/i/large.jpg",
                summary="The line opens in May.",
                language="en-gb",
                position=1,
                votes=7,
                comments=12,
                credit="Ole Bo",
                categories=("Region", "Traffic"),
            ),
        ),
    )


def test_atom_is_read() -> None:
    """Atom's two dates are two dates, and its language is the article's own."""
    article = only(
        b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><title>G</title><entry xml:lang="ar">
        <title type="html">&lt;em&gt;Bac&lt;/em&gt;</title><link href="/bac"/><id>tag:a,2026:1</id>
        <published>2026-08-13T04:00:00Z</published><updated>2026-08-13T07:00:00+01:00</updated>
        <author><name>Ida</name></author><category term="r" label="Region"/><summary>Bateau.</summary>
        </entry></feed>"""
    )
    assert (article.title, article.url, article.guid) == ("Bac", "https://news.example/bac", "tag:a,2026:1")
    assert article.published_at == datetime(2026, 8, 13, 4, tzinfo=UTC)
    assert article.updated_at == datetime(2026, 8, 13, 6, tzinfo=UTC)
    assert (article.language, article.section, article.author) == ("ar", "Region", "Ida")


def test_rdf_and_the_oldest_rss_are_read() -> None:
    """RSS 1.0 and 0.91, with its DOCTYPE, are feeds too."""
    rdf = only(
        b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>G</title></channel>
        <item rdf:about="https://a.org/1"><title>A</title><link>https://a.org/1</link><dc:date>2026-08-13</dc:date>
        </item></rdf:RDF>"""
    )
    old = only(
        b'<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd">'
        b'<rss version="0.91"><channel><item><title>B</title><link>https://a.org/2</link></item></channel></rss>'
    )
    assert (rdf.url, rdf.published_at) == ("https://a.org/1", datetime(2026, 8, 13, tzinfo=UTC))
    assert (old.url, old.guid, old.published_at) == ("https://a.org/2", "https://a.org/2", None)


@pytest.mark.parametrize(
    ("dates", "published", "updated"),
    [
        ("", None, None),
        ("<pubDate>yesterday</pubDate>", None, None),
        ("<pubDate>Thu, 13 Aug 2026 06:24:00</pubDate>", datetime(2026, 8, 13, 6, 24, tzinfo=UTC), None),
        ("<pubDate>2026-08-13T06:24:00</pubDate>", datetime(2026, 8, 13, 6, 24, tzinfo=UTC), None),
        ("<pubDate>Thu, 13 Aug 2026 06:24:00 EST</pubDate>", datetime(2026, 8, 13, 11, 24, tzinfo=UTC), None),
        ("<pubDate>Mon, 01 Jan 0001 00:00:00 +0000</pubDate>", None, None),
        ("<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>", None, None),
        ("<pubDate>Thu, 13 Aug 99999 06:24:00 GMT</pubDate>", None, None),
        (
            '<updated xmlns="http://www.w3.org/2005/Atom">2026-08-14T00:00:00Z</updated>',
            datetime(2026, 8, 14, tzinfo=UTC),
            datetime(2026, 8, 14, tzinfo=UTC),
        ),
    ],
)
def test_dates_are_read_and_never_invented(
    dates: str, published: datetime | None, updated: datetime | None
) -> None:
    """Without a zone a date is UTC; absurd and unreadable ones are none; an only date is the publication's."""
    article = with_item(dates)
    assert (article.published_at, article.updated_at) == (published, updated)


@pytest.mark.parametrize(
    ("links", "url"),
    [
        ("<link>https://a.org/x</link>", "https://a.org/x"),
        ("<link>javascript:alert(1)</link><guid>https://a.org/guid</guid>", "https://a.org/guid"),
        ("<guid>https://a.org/guid</guid>", "https://a.org/guid"),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>data:text/html,x</link><guid isPermaLink='false'>7</guid>", None),
        ("", None),
    ],
)
def test_an_article_needs_a_link_that_opens(links: str, url: str | None) -> None:
    """A guid may stand in for a missing or dangerous link; without either there is no article."""
    articles = parse_feed(rss(f"<item><title>A</title>{links}</item>"), BASE).articles
    assert [article.url for article in articles] == ([url] if url else [])


@pytest.mark.parametrize(
    ("inside", "image"),
    [
        ('<enclosure url="/e.jpg" type="image/jpeg" length="1"/>', "https://news.example/e.jpg"),
        ('<enclosure url="/e.mp3" type="audio/mpeg" length="1"/>', ""),
        ("<description>&lt;img src='/d.png' alt='A boat'&gt; Text</description>", "https://news.example/d.png"),
        ("<description>&lt;img width=1 height=1 src='/pixel.gif'&gt;</description>", ""),
        ("<description>&lt;img src='javascript:x'&gt;</description>", ""),
    ],
)
def test_an_image_is_one_that_readers_can_see(inside: str, image: str) -> None:
    """Enclosures and images in the text serve; sound, trackers and scripts do not."""
    assert with_item(inside).image_url == image


def test_the_description_of_an_image_in_the_text_is_kept() -> None:
    """An alt text is the editor's own words."""
    assert with_item("<description>&lt;img src='/d.png' alt='A boat'&gt;</description>").image_alt == "A boat"


def test_votes_are_found_under_any_prefix() -> None:
    """The namespace counts, not the name a site gives it."""
    assert with_item('<v:votes xmlns:v="urn:newsletter:article">31</v:votes>').votes == 31
    assert with_item('<v:votes xmlns:v="urn:somebody:else">31</v:votes>').votes is None
    assert with_item('<v:votes xmlns:v="urn:newsletter:article">-1</v:votes>').votes is None


def test_an_address_is_no_byline() -> None:
    """RSS wants an e-mail address as the author; readers get the name."""
    assert with_item("<author>ida@news.example (Ida Dahl)</author>").author == "Ida Dahl"
    assert with_item("<author>ida@news.example</author>").author == ""


def test_a_note_without_a_title_gets_its_first_words() -> None:
    """Short notes have no title; one without any words is left out."""
    notes = rss(
        "<item><link>/1</link><description>The boat is late.</description></item><item><link>/2</link></item>"
    )
    assert only(notes).title == "The boat is late."


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n",
        b"plain text about <b>things</b>",
        b"<!DOCTYPE html><html><head><title>x</title></head><body><rss version='2.0'></rss></body></html>",
        b"<xml/>",
        b'{"a": 1}',
        b"{broken",
        b"[1, 2]",
        b"\x89PNG\r\n\x1a\n",
        b"<urlset><url><loc>https://a.org/</loc></url></urlset>",
    ],
)
def test_what_is_no_feed_is_told(content: bytes) -> None:
    """Pages, text, pictures, other XML and other JSON are refused in one sentence."""
    with pytest.raises(NotAFeedError, match="This is no feed"):
        parse_feed(content, BASE)


@pytest.mark.parametrize(
    ("content", "mend"),
    [
        (
            "<html><link rel=alternate type='application/rss+xml' href='/f?a=1&amp;b=2'>",
            "https://news.example/f?a=1&b=2",
        ),
        ("<html><link rel=alternate type='application/rss+xml' href='javascript:x'>", "--kind page"),
        ("<html><body>", "--kind page"),
        ("<urlset>", "--kind sitemap"),
        ("<sitemapindex>", "--kind sitemap"),
        ('{"jsonapi": {}}', "--kind drupal"),
        ('[{"id": 1}]', "--kind wordpress"),
    ],
)
def test_what_is_another_kind_of_source_says_so(content: str, mend: str) -> None:
    """The error names the feed that a page names, or the kind that reads what came."""
    with pytest.raises(NotAFeedError) as caught:
        parse_feed(content.encode(), BASE)
    assert mend in caught.value.mend


def test_when_a_feed_wants_to_be_left_alone_is_read() -> None:
    """Minutes to keep it, and the hours and days not to ask."""
    feed = parse_feed(
        rss(
            "<ttl>90</ttl><skipHours><hour>0</hour><hour>23</hour></skipHours><skipDays><day>Sunday</day></skipDays>"
        ),
        BASE,
    )
    expected = (timedelta(minutes=90), frozenset({0, 23}), frozenset({6}))
    assert (feed.ttl, feed.skip_hours, feed.skip_days) == expected


def test_a_feed_without_articles_is_a_feed() -> None:
    """A quiet day is no error."""
    assert parse_feed(rss(""), BASE) == Feed("T", "", ())


@pytest.mark.parametrize(
    "damage",
    [
        "<item><title>A</title><link>https://a.org/1</link>",
        "<item><title>A &nbsp; &unknown;</title><link>https://a.org/1</link></item>",
        "<item><title>A\x00\x08</title><link>https://a.org/1</link></item>",
        "<item><title>A</title><link>https://a.org/1</link><description><![CDATA[cut",
        "<item><title>A & B</title><link>https://a.org/1</link></item>",
        "<item><title>A&#xD800;&#99999999;</title><link>https://a.org/1</link></item>",
    ],
)
def test_damaged_feeds_are_read_as_far_as_they_go(damage: str) -> None:
    """A missing end, an undefined entity or a stray character costs at most itself."""
    feed = parse_feed(f'<rss version="2.0"><channel>{damage}'.encode(), BASE)
    assert [article.url for article in feed.articles] == ["https://a.org/1"]
    assert feed.articles[0].title.startswith("A")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_do_not_grow_and_read_no_file(tmp_path: Path, encoding: str) -> None:
    """Billion laughs stay short and an external entity stays empty, in any encoding."""
    canary = tmp_path / "canary"
    canary.write_text("CANARY")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}<!ENTITY x SYSTEM "{canary.as_uri()}">]>'
    article = only(rss("<item><title>A &l9; &x;</title><link>/1</link></item>", head).decode().encode(encoding))
    assert len(article.title) < 30
    assert "CANARY" not in article.title


def test_a_million_articles_become_a_thousand() -> None:
    """The first thousand of a source are enough."""
    content = rss("<item><title>A</title><link>/1</link></item>" * 100_000)
    articles = parse_feed(content, BASE).articles
    assert (len(articles), articles[-1].position) == (1_000, 1_000)


def test_bytes_that_look_like_an_address_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content is never taken for a file name or a URL, and parsing makes no connection."""
    feed = tmp_path / "feed.xml"
    feed.write_bytes(rss("<item><title>A</title><link>/1</link></item>"))
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the parser connects"))
    for name in (str(feed), feed.as_uri(), "http://127.0.0.1/feed.xml"):
        with pytest.raises(NotAFeedError):
            parse_feed(name.encode(), BASE)


PIECES = st.sampled_from(
    [
        "<rss>",
        '<rss version="2.0">',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        "<channel>",
        "<item>",
        "</item>",
        "<entry>",
        "<title>",
        '<title type="xhtml">',
        "</title>",
        "<link>",
        '<link href="http://["/>',
        "</link>",
        "<guid>",
        "<pubDate>",
        "2026-08-13",
        "<updated>",
        "<!--",
        "<![CDATA[",
        "]]>",
        "&lt;",
        "&#x0;",
        "&#xD800;",
        "&#",
        "&",
        "<",
        ">",
        "<!DOCTYPE",
        "[",
        "<image>",
        "<source>",
        '<enclosure url="//["/>',
        "<content>",
        "<svg>",
        '<content type="application/octet-stream">',
        "<media:content>",
        '<itunes:image href="x"/>',
        "http://[",
        "javascript:",
        "{",
    ]
)


@given(st.lists(PIECES, max_size=25))
def test_any_pieces_of_a_feed_give_articles_or_an_error(pieces: list[str]) -> None:
    """However tags are strewn, the reader gives a Feed or a NotAFeedError."""
    try:
        feed = parse_feed(b'<rss version="2.0"><channel>' + "".join(pieces).encode(), BASE)
    except NotAFeedError:
        return
    assert all(article.url.startswith("http") and article.title for article in feed.articles)


@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_bytes_give_articles_or_an_error(content: bytes, content_type: str) -> None:
    """No bytes and no content type crash the reader."""
    for start in (b"", b"<rss version='2.0'>", b"{"):
        with suppress(NotAFeedError):
            assert isinstance(parse_feed(start + content, BASE, content_type), Feed)


BETTER_TITLES = {
    # The feed escapes twice; the yardstick undoes it once.
    "Czechoslovakia (Czechia), 1939:&nbsp;Family House 2": "Czechoslovakia (Czechia), 1939: Family House 2",
    "United Kingdom, 1960: The &ldquo;Sussex&rdquo; House": "United Kingdom, 1960: The “Sussex” House",
    # The title is a line of C; the yardstick takes its end for a tag.
    "#include": "#include </etc/shadow>",
}
ABSURD_DATES = {"0001-01-01T00:00:00Z": None}


@pytest.mark.samples
def test_captured_feeds_are_read_as_the_yardstick_reads_them() -> None:
    """All 58 captured feeds agree with feedparser's reading in every title, link, date and image it finds."""
    feeds = captured("feeds")
    expected: dict[str, dict[str, Any]] = json.loads((feeds / "expected.json").read_text())
    for name, feed in expected.items():
        content = (feeds / name).read_bytes()
        read = parse_feed(gzip.decompress(content) if name.endswith(".gz") else content, "")
        assert (read.title, read.language) == (feed["title"], feed["language"] or ""), name
        assert len(read.articles) == len(feed["entries"]), name
        for article, entry in zip(read.articles, feed["entries"], strict=True):
            at = article.published_at
            assert article.title == BETTER_TITLES.get(entry["title"], entry["title"]), name
            assert article.url == entry["link"], name
            assert (at and f"{at:%Y-%m-%dT%H:%M:%SZ}") == ABSURD_DATES.get(entry["published"], entry["published"])
            assert article.guid == (entry["id"] or entry["link"]), name
            assert article.section == (entry["tags"] or [""])[0], name
            assert entry["image"] in {None, article.image_url}, name
