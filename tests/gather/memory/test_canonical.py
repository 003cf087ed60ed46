"""Links, and which two name the same article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.memory.canonical import TRACKING, absolute_url, canonical_url

SAME = "https://news.example/2026/08/story"


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example/2026/08/story",
        "HTTPS://WWW.News.Example:443/2026/08/story/",
        "http://news.example:80/2026/08/story",
        "https://m.news.example/2026/08/story#comments",
        "https://amp.news.example/2026/08/story",
        "https://news.example./2026/08/story/amp",
        "https://news.example/2026/08/story/amp/",
        "https://news.example/2026/08/story?amp=1",
        "https://news.example/2026/08/story?outputType=amp",
        "https://news.example/2026/08/story?utm_source=rss&utm_medium=feed&fbclid=x&",
        "https://news.example/2026/08/story?UTM_Source=rss&mc_cid=1&mc_eid=2&ref=home&gclid=3",
        "https://news-example.cdn.ampproject.org/c/s/news.example/2026/08/story",
        "https://www-news-example.cdn.ampproject.org/v/s/www.news.example/2026/08/story/amp/?amp_js_v=1&ref=x&amp=1",
        "https://www.google.com/amp/s/www.news.example/2026/08/story",
        "https://jo:secret@news.example/2026/08/story",
    ],
)
def test_variants_of_a_link_are_one(url: str) -> None:
    """Protocol, host prefix, AMP, tracking, fragment and final slash do not make another article."""
    assert canonical_url(url).removesuffix("?amp_js_v=1") == SAME


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://news.example/?p=12", "https://news.example/?p=12"),
        ("https://news.example/a?page=2&id=7&utm_source=x", "https://news.example/a?page=2&id=7"),
        ("https://news.example", "https://news.example/"),
        ("https://news.example/story.amp.html", "https://news.example/story.html"),
        ("https://news.example/Story", "https://news.example/Story"),
        ("https://m.example/a", "https://m.example/a"),
        ("http://localhost:8000/sample/a?utm_source=x", "http://localhost:8000/sample/a"),
        ("http://127.0.0.1:8025/a", "http://127.0.0.1:8025/a"),
        ("http://localhost/a", "http://localhost/a"),
        ("http://news.example:8080/a", "http://news.example:8080/a"),
        ("http://[2606:2800::1]/a", "https://[2606:2800::1]/a"),
        ("mailto:jo@news.example", "mailto:jo@news.example"),
        ("http://[", "http://["),
        ("", ""),
    ],
)
def test_what_names_an_article_stays(url: str, canonical: str) -> None:
    """Parameters that choose an article, letters' case, local servers and what is no web address stay."""
    assert canonical_url(url) == canonical


HOSTS = st.sampled_from(
    ["www.a.org", "m.amp.a.org", "x.cdn.ampproject.org", "www.google.com", "localhost:1", "[::1]"]
)
PATHS = st.lists(st.sampled_from(["amp", "a.amp.html", "c", "s", "b.org", "", "x y", "%20", "é"]), max_size=6)
QUERIES = st.lists(
    st.sampled_from(["amp=1", "id=3", "utm_a=b", "", "=", "ref", "a=b=c", "outputType=AMP"]), max_size=5
)


@given(st.sampled_from(["http", "https", "HTTP"]), HOSTS, PATHS, QUERIES, st.text(max_size=5))
def test_the_canonical_form_is_its_own(
    scheme: str, host: str, path: list[str], query: list[str], end: str
) -> None:
    """Taking the canonical form twice changes nothing."""
    once = canonical_url(f"{scheme}://{host}/{'/'.join(path)}?{'&'.join(query)}#{end}")
    assert canonical_url(once) == once


@given(st.text(max_size=60))
def test_any_text_has_a_canonical_form(text: str) -> None:
    """Nothing fails, and the result is stable."""
    once = canonical_url(f"http://{text}")
    assert canonical_url(once) == once


def test_tracking_names_are_lower_case() -> None:
    """Names are compared in lower case, so the list has to be."""
    assert {name.lower() for name in TRACKING} == TRACKING


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://a.org/x", "https://a.org/x"),
        ("/x?y=1", "https://base.example/x?y=1"),
        ("  x\n y ", "https://base.example/dir/x%20y"),
        (" \n", ""),
        ("//cdn.example/i.jpg", "https://cdn.example/i.jpg"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("mailto:jo@a.org", ""),
        ("http://", ""),
        ("http://[", ""),
        ("https://a.org/" + "x" * 3_000, ""),
        ("https://a.org/\u202egnp.exe", ""),
    ],
)
def test_only_web_addresses_are_links(link: str, url: str) -> None:
    """Relative links are resolved; what a reader must not or cannot open is dropped."""
    assert absolute_url(link, "https://base.example/dir/feed.xml") == url


def test_how_letters_are_escaped_makes_no_difference() -> None:
    """A feed escapes an Arabic address, its sitemap does not, and a third source escapes in small letters."""
    spellings = ("/%D9%85%D8%B5%D8%B1?q=%7e", "/%d9%85%d8%b5%d8%b1?q=~", "/مصر?q=%7E")
    assert 1 == len({canonical_url(f"https://paper.example{each}") for each in spellings})
    assert canonical_url("https://paper.example/a%2Fb") != canonical_url("https://paper.example/a/b")
