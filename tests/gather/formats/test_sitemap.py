"""News sitemaps read into articles."""

import gzip
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import NotAFeedError
from newsletter.gather.article import Article, Feed
from newsletter.gather.formats.sitemap import parse_sitemap

BASE = "https://news.example/news-sitemap.xml"
HEAD = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
)


def sitemap(inside: str) -> bytes:
    """Wrap pages in a sitemap."""
    return f'<?xml version="1.0" encoding="UTF-8"?>{HEAD}{inside}</urlset>'.encode()


def page(news: str, more: str = "") -> str:
    """Write one page with its news."""
    return f"<url><loc>https://news.example/ferry</loc>{more}<news:news>{news}</news:news></url>"


def only(content: bytes) -> Article:
    """Return the one article of a sitemap."""
    (article,) = parse_sitemap(content, BASE).articles
    return article


def test_an_article_is_read_whole() -> None:
    """Headline, dates, language, keywords and image reach the Article; the paper's name is the source's title."""
    feed = parse_sitemap(
        sitemap(
            page(
                "<news:publication><news:name>The Gazette</news:name><news:language>en</news:language>"
                "</news:publication><news:publication_date>2026-08-13T06:24:00+02:00</news:publication_date>"
                "<news:title>Ferry &amp;amp; bridge</news:title><news:keywords>Region, Traffic</news:keywords>",
                "<lastmod>2026-08-13T09:00:00Z</lastmod><image:image><image:loc>/i.jpg</image:loc>"
                "<image:caption>The boat at noon</image:caption></image:image>",
            )
        ),
        BASE,
    )
    assert feed == Feed(
        "The Gazette",
        "en",
        (
            Article(
                title="Ferry & bridge",
                url="https://news.example/ferry",
                guid="https://news.example/ferry",
                published_at=datetime(2026, 8, 13, 4, 24, tzinfo=UTC),
                updated_at=datetime(2026, 8, 13, 9, tzinfo=UTC),
                section="Region",
                categories=("Region", "Traffic"),
                image_url="https://news.example/i.jpg",
                image_alt="The boat at noon",
                language="en",
                position=1,
            ),
        ),
    )


@pytest.mark.parametrize(
    ("dates", "published", "updated"),
    [
        ("2026-08-13", datetime(2026, 8, 13, tzinfo=UTC), None),
        ("yesterday", None, datetime(2026, 8, 13, tzinfo=UTC)),
        ("2026-08-13T00:00:00Z", datetime(2026, 8, 13, tzinfo=UTC), None),
        ("2026-08-12", datetime(2026, 8, 12, tzinfo=UTC), datetime(2026, 8, 13, tzinfo=UTC)),
    ],
)
def test_a_change_is_later_than_the_publication(
    dates: str, published: datetime | None, updated: datetime | None
) -> None:
    """A lastmod that only repeats the publication is no change, and no date is invented."""
    news = f"<news:title>Ferry</news:title><news:publication_date>{dates}</news:publication_date>"
    article = only(sitemap(page(news, "<lastmod>2026-08-13</lastmod>")))
    assert (article.published_at, article.updated_at) == (published, updated)


def test_pages_that_are_no_news_are_passed_over() -> None:
    """A sitemap may list both; positions count the articles."""
    plain = "<url><loc>https://news.example/about</loc></url>"
    feed = parse_sitemap(sitemap(plain + page("<news:title>Ferry</news:title>")), BASE)
    assert [(each.title, each.position) for each in feed.articles] == [("Ferry", 1)]


def test_a_quiet_site_has_a_sitemap_without_articles() -> None:
    """Nothing for two days is no error."""
    assert parse_sitemap(sitemap(""), BASE) == Feed("", "", ())


def test_a_sitemap_without_news_is_refused_with_a_way_out() -> None:
    """Addresses without headlines are nothing to choose from."""
    with pytest.raises(NotAFeedError, match="without headlines or dates"):
        parse_sitemap(sitemap("<url><loc>https://news.example/about</loc></url>"), BASE)


def test_an_index_names_the_sitemaps_to_add() -> None:
    """News first, then what changed last, three at most."""
    names = [("old", "2026-01-01"), ("pages", "2026-11-22"), ("news-2", "2026-11-21"), ("news-1", "2026-11-22")]
    inside = "".join(f"<sitemap><loc>/{name}.xml</loc><lastmod>{day}</lastmod></sitemap>" for name, day in names)
    with pytest.raises(NotAFeedError) as caught:
        parse_sitemap(f"<sitemapindex>{inside}</sitemapindex>".encode(), BASE)
    site = "https://news.example"
    assert (
        caught.value.mend == f"Add one of these instead: {site}/news-1.xml, {site}/news-2.xml, {site}/pages.xml."
    )


@pytest.mark.parametrize(
    "content", [b"", b"plain", b"<html><body>x</body></html>", b"<rss/>", b"<urlset>" + b"<url/>" * 200_001, b"{}"]
)
def test_what_is_no_sitemap_is_told(content: bytes) -> None:
    """Pages, feeds, text and endless documents are refused."""
    with pytest.raises(NotAFeedError, match="This is no news sitemap"):
        parse_sitemap(content, BASE)


def test_a_sitemap_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    """What came before the damage counts."""
    content = sitemap(page("<news:title>Ferry</news:title>"))
    assert only(content[: -len("</urlset>")] + b"<url><loc>htt").title == "Ferry"


def test_a_packed_sitemap_is_unpacked_within_limits() -> None:
    """Sites keep sitemaps as gzip files; one that grows without end, or is damaged, is none."""
    packed = gzip.compress(sitemap(page("<news:title>Ferry</news:title>")))
    assert only(packed).title == "Ferry"
    for broken in (gzip.compress(b" " * 20_000_000), packed[:-20], b"\x1f\x8bx"):
        with pytest.raises(NotAFeedError, match="This is no news sitemap"):
            parse_sitemap(broken, BASE)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_do_not_grow_and_read_no_file(tmp_path: Path, encoding: str) -> None:
    """Whatever a DOCTYPE defines is gone before the parser sees it."""
    canary = tmp_path / "canary"
    canary.write_text("CANARY")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE urlset [<!ENTITY l0 "ha">{laughs}<!ENTITY x SYSTEM "{canary.as_uri()}">]>'
    body = HEAD + page("<news:title>Ferry &l9; &x;</news:title>") + "</urlset>"
    title = only((head + body).encode(encoding)).title
    assert title.startswith("Ferry")
    assert "CANARY" not in title
    assert len(title) < 30


PIECES = st.sampled_from(
    [
        *("<url>", "</url>", "<loc>", "</loc>", "https://a.org/1", "http://[", "<news:news>", "</news:news>"),
        *("<news:title>", "</news:title>", "Ferry", "<news:publication>", "<news:publication_date>", "2026-08-13"),
        *(
            "<image:image>",
            "<image:loc>",
            "<lastmod>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "&#x0;",
            "&",
            "<",
            "<?x",
        ),
        *("<x:y>", "<:>", "<sitemap>", 'xmlns=""', "</urlset>"),
    ]
)


@given(st.lists(PIECES, max_size=25))
def test_any_pieces_of_a_sitemap_give_articles_or_an_error(pieces: list[str]) -> None:
    """However tags are strewn, the reader gives a Feed or a NotAFeedError."""
    for head in (HEAD, "<sitemapindex>"):
        with suppress(NotAFeedError):
            feed = parse_sitemap((head + "".join(pieces)).encode(), BASE)
            assert all(article.url.startswith("http") and article.title for article in feed.articles)


@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_bytes_give_articles_or_an_error(content: bytes, content_type: str) -> None:
    """No bytes and no content type crash the reader."""
    for start in (b"", HEAD.encode()):
        with suppress(NotAFeedError):
            assert isinstance(parse_sitemap(start + content, BASE, content_type), Feed)
