"""Pages of links read into articles."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import NotAFeedError, SettingsError
from newsletter.gather.article import Article, Feed
from newsletter.gather.formats.section import check_selector, parse_section

BASE = "https://news.example/region/"

PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>Region | The Gazette</title></head><body>
<header><h1><a href="/">The Gazette, since 1884</a></h1></header>
<nav><ul><li><h2><a href="/weather/today">The weather today and tomorrow</a></h2></li></ul></nav>
<main>
 <h2><a href="/region/all">Region</a></h2>
 <article><a href="/region/ferry"><img src="/i/ferry.jpg" alt="The boat at noon"></a>
  <h2><a href="/region/ferry?utm_source=home">Ferry <em>reopens</em> after the winter storms</a></h2>
  <p><a href="/authors/ida">By Ida Dahl, our writer on the coast</a></p></article>
 <section class="list"><ul>
  <li><a href="/region/bridge"><img data-src="/i/bridge.jpg" src="data:,x" alt=""><h3>Bridge stays shut for
   a third week</h3><p>A long summary that no headline needs.</p></a></li>
  <li><h3><a href="https://elsewhere.example/story">A story that somebody else is telling</a></h3></li>
  <li><h3><a href="//www.news.example/region/mill#comments">Old mill becomes a library for the town</a></h3></li>
 </ul></section>
 <aside><h3><a href="/most-read">What everybody else reads this week</a></h3></aside>
</main><footer><h3><a href="/imprint">Imprint and contact of the Gazette</a></h3></footer></body></html>"""


def read(page: str, selector: str = "") -> Feed:
    """Read a page."""
    return parse_section(page.encode(), BASE, "text/html", selector)


def test_the_headlines_of_the_main_part_are_taken_in_their_order() -> None:
    """Not the menu, not the name of a section, not another site's; the image is the teaser's own; no date."""
    feed = read(PAGE)
    assert (feed.title, feed.language) == ("Region | The Gazette", "en-GB")
    site = "https://news.example"
    assert feed.articles == (
        Article(
            title="Ferry reopens after the winter storms",
            url=f"{site}/region/ferry?utm_source=home",
            guid=f"{site}/region/ferry?utm_source=home",
            image_url=f"{site}/i/ferry.jpg",
            image_alt="The boat at noon",
            position=1,
        ),
        Article(
            title="Bridge stays shut for a third week",
            url=f"{site}/region/bridge",
            guid=f"{site}/region/bridge",
            image_url=f"{site}/i/bridge.jpg",
            position=2,
        ),
        Article(
            title="Old mill becomes a library for the town",
            url="https://www.news.example/region/mill",
            guid="https://www.news.example/region/mill",
            position=3,
        ),
    )


@pytest.mark.parametrize("selector", [".list li", ".list h3", ".list a", "section.list > ul > li:not(.ad)"])
def test_a_selector_names_the_links_or_what_stands_around_them(selector: str) -> None:
    """What the operator chooses is taken as it is, another site's article too."""
    assert [each.url for each in read(PAGE, selector).articles[-2:]] == [
        "https://elsewhere.example/story",
        "https://www.news.example/region/mill",
    ]


def test_of_a_teaser_without_a_headline_the_link_with_the_most_words_is_taken() -> None:
    """A section's name and a "more" lead elsewhere or say less."""
    teaser = '<div class="t"><a href="/s">Region</a> <a href="/1">Ferry reopens</a> <a href="/1">More</a></div>'
    assert [(each.title, each.url) for each in read(teaser, ".t").articles] == [
        ("Ferry reopens", "https://news.example/1")
    ]


@pytest.mark.parametrize(
    ("link", "title"),
    [
        (
            '<a href="/1"><img src="/i.jpg" alt="The boat at noon, seen from afar"></a>',
            "The boat at noon, seen from afar",
        ),
        ('<a href="/1" aria-label="Ferry reopens after storms"></a>', "Ferry reopens after storms"),
        (
            '<a href="/1"><h4>Ferry reopens after storms</h4><p>And much more text</p></a>',
            "Ferry reopens after storms",
        ),
        ("<a href='/1'><div>Ferry reopens</div><div>after &amp; storms</div></a>", "Ferry reopens after & storms"),
    ],
)
def test_a_title_is_what_a_reader_of_the_page_takes_for_one(link: str, title: str) -> None:
    """The heading inside, else the text, else what the image or the link is labelled with."""
    assert [each.title for each in read(f"<main><article>{link}</article></main>").articles] == [title]


def test_short_headlines_of_a_terse_script_are_headlines() -> None:
    """Ten letters of Arabic or Japanese are a sentence; of English, the name of a section."""
    page = "<h2><a href='/1'>{}</a></h2>"
    assert len(read(page.format("عودة العبّارة")).articles) == 1
    assert len(read(page.format("渡し船が再開")).articles) == 1
    with pytest.raises(NotAFeedError):
        read(page.format("Region news"))


def test_on_a_page_without_headings_the_longer_links_are_headlines() -> None:
    """Older sites are made of tables and divs; their menus have few words, and their headlines many."""
    page = """<div class="menu"><a href="/politics">Politics and Economy</a></div>
    <h2><a href="/region">Region</a></h2>
    <div><a href="/1"><img src="/1.jpg"></a><a href="/1">Ferry reopens after the storms of a long winter</a></div>
    <div><a href="/2">Read more</a><a href="/2">Bridge stays shut for the third week in a row</a></div>"""
    assert [(each.title[:6], each.url[-2:], each.image_url[-5:]) for each in read(page).articles] == [
        ("Ferry ", "/1", "1.jpg"),
        ("Bridge", "/2", ""),
    ]


def test_links_are_read_against_the_base_of_the_page() -> None:
    """HTML's <base> counts, wherever the page was found."""
    page = "<base href='https://cdn.example/x/'><h2><a href='1'>Ferry reopens after the storms</a></h2>"
    assert read(page).articles[0].url == "https://cdn.example/x/1"


def test_the_page_itself_and_what_opens_nothing_are_no_articles() -> None:
    """Anchors, scripts and addresses of mail are left out."""
    hrefs = ("#top", "", "/region/", "javascript:x()", "mailto:a@b.example", "/")
    page = "".join(f"<h2><a href='{href}'>Ferry reopens after the storms</a></h2>" for href in hrefs)
    with pytest.raises(NotAFeedError, match="Name its links"):
        read(page)


def test_a_page_in_another_encoding_is_read() -> None:
    """The page's own word about its encoding counts where HTTP says none."""
    page = "<meta charset=windows-1256><h2><a href='/1'>عودة العبّارة إلى العمل</a></h2>"
    (article,) = parse_section(page.encode("windows-1256"), BASE).articles
    assert article.title == "عودة العبّارة إلى العمل"


@pytest.mark.parametrize("selector", ["a[", "::", "a:no-such", "a::before", "(" * 100, "ns|a", "a:contains("])
def test_what_is_no_selector_is_told(selector: str) -> None:
    """At the command line as a setting that cannot be used, at a poll as a source that cannot be read."""
    with pytest.raises(SettingsError, match="is no CSS selector"):
        check_selector(selector)
    with pytest.raises(NotAFeedError, match="is no CSS selector"):
        read(PAGE, selector)


def test_a_good_selector_passes() -> None:
    """And so does none."""
    check_selector("main article h2 > a")
    check_selector("")


@pytest.mark.parametrize(
    "content", [b"", b"plain", b"\x89PNG", b"<rss/>", b"{}", b"<p>" * 200_001, b"<div>" * 50_000]
)
def test_a_page_without_articles_is_told(content: bytes) -> None:
    """However empty, deep or long it is."""
    with pytest.raises(NotAFeedError):
        parse_section(content, BASE)


def test_ten_thousand_links_become_a_thousand_at_most() -> None:
    """The first of a page are enough."""
    page = "".join(f"<h2><a href='/{n}'>Ferry reopens after storm {n}</a></h2>" for n in range(10_000))
    assert len(read(page).articles) == 1_000


PIECES = st.sampled_from(
    [
        *(
            "<main>",
            "</main>",
            "<article>",
            "</article>",
            "<h2>",
            "</h2>",
            "<a href='/1'>",
            "<a href='http://['>",
            "</a>",
        ),
        *(
            "Ferry reopens after storms",
            "<img src='/i.jpg' width=1>",
            "<img srcset='/i.jpg 2x'>",
            "<li>",
            "<base href='//['>",
        ),
        *(
            "<!--",
            "-->",
            "<![CDATA[",
            "&#x0;",
            "&#xD800;",
            "<",
            "</html>",
            "<svg>",
            "<script>",
            "<nav>",
            "<a href=''>",
        ),
    ]
)


@given(st.lists(PIECES, max_size=25), st.sampled_from(["", "a", "li", "h2 a", "main"]))
def test_any_pieces_of_a_page_give_articles_or_an_error(pieces: list[str], selector: str) -> None:
    """However tags are strewn, the reader gives a Feed or a NotAFeedError."""
    with suppress(NotAFeedError):
        feed = read("".join(pieces), selector)
        assert all(article.url.startswith("http") and article.title for article in feed.articles)


@given(st.binary(max_size=300), st.text(max_size=30), st.text(max_size=20))
def test_any_bytes_and_any_selector_give_articles_or_an_error(
    content: bytes, content_type: str, selector: str
) -> None:
    """Nothing crashes the reader."""
    for start in (b"", b"<main><h2><a href=/1>"):
        with suppress(NotAFeedError):
            assert isinstance(parse_section(start + content, BASE, content_type, selector), Feed)
