"""What is read on an article's page, and where it is said to stand."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.gather.page.facts import PageFacts
from newsletter.gather.page.profile import parse_profile
from newsletter.gather.page.read import read_page
from tests.gather.page.samples import DRUPAL7

HERE = "https://gazette.example/news/region/families-on-the-move"
PARAGRAPHS = "".join(
    f"<p>The council met for the {name} time this week, and again could not agree on who should pay for it.</p>"
    for name in ("first", "second", "third", "fourth", "fifth")
)


def page(head: str = "", body: str = "", lang: str = "en") -> PageFacts:
    html = f"<html lang='{lang}'><head>{head}</head><body><article>{body}{PARAGRAPHS}</article></body></html>"
    return read_page(html.encode(), HERE)


def ld(*documents: Any) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(each)}</script>' for each in documents)


@pytest.fixture(scope="module")
def facts() -> PageFacts:
    """Read the Drupal 7 page once."""
    return read_page(DRUPAL7.encode(), HERE)


class TestThePageWithoutMetadata:
    """A Drupal 7 newspaper's page of 2020 says everything in its markup alone."""

    @pytest.mark.parametrize(
        ("fact", "expected"),
        [
            ("title", "Families on the move again as shelling nears the olive terraces"),
            ("published_at", datetime(2020, 2, 28, tzinfo=UTC)),
            ("updated_at", datetime(2020, 2, 28, tzinfo=UTC)),
            ("section", "Region"),
            ("caption", "A family loads a cart beside the road out of the hill town of Saraqeb on Thursday"),
            ("credit", "AFP"),
            ("dateline", "SARAQEB, Syria"),
            ("subheadings", ("A road with one way", "Waiting at the school")),
            ("votes", 7),
            ("language", "en"),
            ("author", "Lina Haddad"),
        ],
    )
    def test_gives_every_fact(self, facts: PageFacts, fact: str, expected: object) -> None:
        """Each of the page's facts is found, and none is taken from its margins."""
        assert expected == getattr(facts, fact)

    def test_its_image_is_the_articles(self, facts: PageFacts) -> None:
        """Neither the logo nor the tracker is the image."""
        path = "/sites/default/files/styles/large/public/field/image/terraces_feb28.jpg?itok=Zx81"
        assert f"https://gazette.example{path}" == facts.image_url

    def test_without_an_address_its_image_is_as_it_is_written(self) -> None:
        """A saved page that names no address of its own still tells which image is its own."""
        facts = read_page(DRUPAL7.encode())
        assert "" == facts.url
        assert facts.image_url.startswith("/sites/default/files/styles/large/")

    def test_its_text_has_the_article_and_nothing_else(self, facts: PageFacts) -> None:
        """Votes, caption, newsletter box and footer are no part of the text."""
        assert "did not light its oven" in facts.text
        assert "before the weekend." in facts.text
        for foreign in (
            "users have voted",
            "AFP photo",
            "emailed to you",
            "All rights reserved",
            "opens a week early",
        ):
            assert foreign not in facts.text

    def test_each_fact_names_where_it_stood(self, facts: PageFacts) -> None:
        """What only the profile can find is said to be found by it."""
        named = {name: facts.origins[name] for name in ("published", "votes", "credit", "dateline", "language")}
        profile = "profile drupal7"
        expected = {
            "published": profile,
            "votes": profile,
            "credit": profile,
            "dateline": "body",
            "language": "html",
        }
        assert expected == named

    def test_dates_are_in_the_sites_own_zone(self) -> None:
        """A publisher's profile names the zone that a bare day is a day of."""
        own = b'[site]\nzone = "Asia/Amman"\n[published]\nselectors = [".author-date"]\npatterns = ["- (.*?) -"]\n'
        facts = read_page(DRUPAL7.encode(), HERE, parse_profile("own", own))
        assert datetime(2020, 2, 28, tzinfo=ZoneInfo("Asia/Amman")) == facts.published_at
        assert facts.published_is_day
        assert "profile own" == facts.origins["published"]


class TestJsonLd:
    """What sites write for programs counts first."""

    ARTICLE: dict[str, Any] = {  # noqa: RUF012 — read, never changed
        "@type": ["NewsArticle"],
        "headline": "Bridge &amp; tolls",
        "datePublished": "2026-03-01T10:00:00+02:00",
        "dateModified": "2026-03-01T11:30:00+02:00",
        "author": [{"@id": "#rana"}, {"@type": "Person", "name": "By Omar Nasser"}],
        "image": {"@type": "ImageObject", "url": "/b.jpg", "caption": "The bridge (AFP photo)"},
        "articleSection": ["Region", "Roads"],
        "dateline": "AQABA",
        "correction": "An earlier version named the wrong bridge.",
        "isAccessibleForFree": "False",
        "inLanguage": "en-GB",
        "interactionStatistic": [
            {"interactionType": "https://schema.org/CommentAction", "userInteractionCount": 3},
            {"interactionType": {"@type": "http://schema.org/LikeAction"}, "userInteractionCount": "41"},
        ],
    }
    WHO: dict[str, Any] = {"@id": "#rana", "@type": "Person", "name": "Rana Saleh"}  # noqa: RUF012 — likewise

    @pytest.mark.parametrize(
        "documents",
        [
            ({"@graph": [{"@type": "WebSite", "name": "G"}, ARTICLE, WHO]},),
            ([ARTICLE, WHO],),
            (WHO, ARTICLE),
            ({"@type": "WebPage", "mainEntity": ARTICLE, "about": WHO},),
        ],
        ids=["graph", "list", "two scripts", "nested"],
    )
    def test_is_read_in_every_arrangement(self, documents: tuple[Any, ...]) -> None:
        """One article gives the same facts however its objects are arranged."""
        facts = page(ld(*documents))
        zone = timezone(timedelta(hours=2))
        assert "Bridge & tolls" == facts.title
        assert datetime(2026, 3, 1, 10, tzinfo=zone) == facts.published_at
        assert datetime(2026, 3, 1, 11, 30, tzinfo=zone) == facts.updated_at
        assert "Rana Saleh, Omar Nasser" == facts.author
        assert ("https://gazette.example/b.jpg", "The bridge", "AFP") == (
            facts.image_url,
            facts.caption,
            facts.credit,
        )
        assert ("Region", "AQABA", 41, False) == (facts.section, facts.dateline, facts.votes, facts.is_free)
        assert "An earlier version named the wrong bridge." == facts.correction
        assert {"json-ld"} == {
            facts.origins[name] for name in ("title", "published", "author", "votes", "section")
        }

    def test_slips_of_the_pen_are_forgiven(self) -> None:
        """A comma too many, a raw line break and an HTML comment around it spoil nothing."""
        script = '<!-- {"@type": "Article", "headline": "Two\nlines", "datePublished": "2026-03-01",} -->'
        facts = page(f'<script type="application/ld+json">{script}</script>')
        assert ("Two lines", True) == (facts.title, facts.published_is_day)

    def test_the_article_of_this_address_is_meant(self) -> None:
        """Of several articles on a page, the one with the page's own address counts."""
        other = {"@type": "NewsArticle", "headline": "Other", "datePublished": "2026-01-01", "url": "/other"}
        this = {"@type": "NewsArticle", "headline": "This", "datePublished": "2026-02-02", "url": HERE}
        assert "This" == page(ld([other, this])).title

    def test_a_live_blog_is_known(self) -> None:
        """LiveBlogPosting says that the article is live."""
        assert page(ld({"@type": "LiveBlogPosting", "headline": "Live", "datePublished": "2026-02-02"})).is_live


class TestTrust:
    """Of several claims the most trusted counts, and a guess never passes for a fact."""

    def test_opengraph_before_markup(self) -> None:
        """OpenGraph's date counts before a <time> element's."""
        head = '<meta property="article:published_time" content="2026-03-01T08:00:00Z">'
        facts = page(head, '<h1>News</h1><time datetime="2025-01-01">then</time>')
        assert (datetime(2026, 3, 1, 8, tzinfo=UTC), "opengraph") == (
            facts.published_at,
            facts.origins["published"],
        )

    def test_time_before_a_guess(self) -> None:
        """A <time> element is certain."""
        facts = page("", '<h1>News</h1><time datetime="2025-01-01T06:00:00Z">then</time>')
        assert "time" == facts.origins["published"]

    def test_a_guess_is_called_one(self) -> None:
        """A date that only the copyright line could suggest is uncertain, if there is any."""
        facts = page("", "<h1>News of the bridge</h1><p>Printed 2024-05-06 by us.</p>")
        assert facts.origins.get("published", "uncertain") == "uncertain"

    def test_the_site_name_is_no_part_of_a_title(self) -> None:
        """What follows the bar in <title> is the site's name."""
        assert "A bridge for the valley" == page("<title>A bridge for the valley | The Gazette</title>").title

    def test_the_shown_headline_wins_over_the_one_for_search_engines(self) -> None:
        """Where OpenGraph repeats the heading that readers see, JSON-LD's other one does not count."""
        head = ld({"@type": "NewsArticle", "headline": "Bridge cost 2026 price", "datePublished": "2026-03-01"})
        head += '<meta property="og:title" content="The bridge costs more"><title>Bridge costs more now</title>'
        facts = page(head, "<h1>The bridge costs more</h1>")
        assert ("The bridge costs more", "opengraph") == (facts.title, facts.origins["title"])

    def test_letters_win_over_a_themes_language(self) -> None:
        """An English theme around Arabic text does not make it English."""
        arabic = (
            "<p>قال رئيس البلدية إن الجسر سيفتح أمام السيارات في نهاية الأسبوع بعد أعمال دامت عامين كاملين.</p>"
            * 6
        )
        head = "<head><title>جسر جديد في الوادي</title></head>"
        html = f"<html lang='en-US'>{head}<body><article>{arabic}</article></body></html>"
        facts = read_page(html.encode(), HERE)
        assert ("ar", "body") == (facts.language, facts.origins["language"])

    @pytest.mark.parametrize(
        ("orders", "expected"), [("noindex, follow", False), ("NONE", False), ("index", True)]
    )
    def test_noindex_is_heard(self, orders: str, expected: bool) -> None:
        """A page can ask not to be listed."""
        assert expected == page(f'<meta name="robots" content="{orders}">').is_indexable


class TestAnyBytes:
    """Strangers' bytes give facts or none, and never an exception."""

    @settings(deadline=None, max_examples=150)
    @given(st.binary(max_size=3000))
    def test_bytes_give_an_answer(self, content: bytes) -> None:
        """Whatever it is, the answer is facts."""
        assert isinstance(read_page(content, HERE), PageFacts)

    @settings(deadline=None, max_examples=150)
    @given(
        st.lists(
            st.sampled_from(
                [
                    *(
                        "<p>",
                        "</div>",
                        "<h1 class=title>",
                        "<a href='http://[x'>",
                        "<time datetime=9999-99-99>",
                        "\x00",
                    ),
                    *(
                        "<script type='application/ld+json'>",
                        '{"@type":"Article","image":[[{}]],"author":{"@id":{}}}',
                    ),
                    *("</script>", "<meta property='og:url' content='//['>", "<img src=a.jpg>", "<title>", " | "),
                    *(
                        "<link rel=canonical href='http://[::'>",
                        "<div class='submitted breadcrumb author caption'>",
                    ),
                    *("Feb 31,2020", "&#xD800;", "99999999999", "<figure><figcaption>", "(AFP photo)", "<table>"),
                    *("<meta name=Generator content='Drupal 7'>", "7 users have voted", "<html lang='\u202e'>"),
                ]
            ),
            max_size=40,
        )
    )
    def test_fragments_give_an_answer(self, fragments: list[str]) -> None:
        """Markup torn apart and put together wrongly is read all the same."""
        assert isinstance(read_page("".join(fragments).encode("utf-8", "surrogatepass"), HERE), PageFacts)

    @pytest.mark.parametrize(
        "content",
        [
            b"<div>" * 200_000 + b"x",
            b'<script type="application/ld+json">' + b"[" * 200_000,
            b"<ul><li>" * 20_000,
            "<p>x</p>".encode("utf-16"),
            b"<div {a}='" + b"x" * 9_000 + b"'>x</div>",
            b"",
        ],
        ids=["deep", "deep JSON", "lists", "UTF-16", "attribute", "nothing"],
    )
    def test_bombs_are_defused(self, content: bytes) -> None:
        """Nesting without end breaks no parser."""
        assert isinstance(read_page(content, ""), PageFacts)
