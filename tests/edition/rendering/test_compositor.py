"""An article's facts, set in their places."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.edition.look.theme import read_theme
from newsletter.edition.reasons import Reason, ReasonKind
from newsletter.edition.rendering.compositor import Compositor
from newsletter.edition.rendering.page import Page, PrintedArticle
from newsletter.edition.rendering.selection import AlsoIn, ChosenArticle, Masthead, Selection
from newsletter.edition.words.catalogue import Catalogue
from newsletter.edition.words.phrases import Phrases
from tests.edition.rendering import builders

THEME = read_theme("broadsheet", [builders.OURS])
MASTHEAD = replace(builders.MASTHEAD, name="The Daily", zone="UTC")
ARTICLE = replace(
    builders.ARTICLE,
    title="Library opens",
    source="The Daily",
    author="Ann Lee",
    published_at=datetime(2026, 11, 22, 7, 5, tzinfo=UTC),
    reasons=(),
    votes=3,
    also_in=(),
)


def as_it_is(value: str, /, *, may_shrink: bool = False) -> str:
    return value


def laid_out(selection: Selection, masthead: Masthead = MASTHEAD) -> Page:
    phrases = Phrases(masthead.language, Catalogue(()))
    return Compositor(masthead, THEME, phrases, builders.SUNDAY, as_it_is).lay_out(selection)


def printed(*articles: ChosenArticle, masthead: Masthead = MASTHEAD) -> tuple[PrintedArticle, ...]:
    return laid_out(Selection(articles[:2], articles[2:]), masthead).articles


def test_the_first_article_leads_and_the_parts_keep_their_order() -> None:
    """Lead, top stories and blog posts are apart."""
    titles = [article.title for article in printed(*(replace(ARTICLE, title=name) for name in "abcd"))]

    assert list("abcd") == titles


def test_an_edition_of_blog_posts_has_no_lead() -> None:
    """A quiet day still prints."""
    page = laid_out(Selection((), (ARTICLE,)))

    assert page.lead is None
    assert page.blog_posts[0].title == "Library opens"


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        (("By Ann Lee", "07:05", "3 votes"), {}),
        (("By Ann Lee", "Bay Courier", "07:05", "3 votes"), {"source": "Bay Courier"}),
        (("Bay Courier", "07:05", "3 votes"), {"source": "Bay Courier", "author": "Bay Courier"}),
        (("07:05", "3 votes"), {"author": ""}),
        (("By Ann Lee", "07:05"), {"reasons": (Reason(ReasonKind.MOST_VOTED, 3, timedelta(hours=3)),)}),
        (("By Ann Lee", "07:05", "3 votes"), {"reasons": (Reason(ReasonKind.VOTED, 13, timedelta(hours=3)),)}),
        (("By Ann Lee", "07:05"), {"votes": None}),
        (("By Ann Lee", "07:05"), {"votes": 0}),
        (("By Ann Lee", "3 votes"), {"published_at": None}),
        ((), {"published_at": None, "votes": None, "author": ""}),
    ],
)
def test_the_small_print_says_each_thing_once(expected: tuple[str, ...], changes: dict[str, object]) -> None:
    """No fact is printed twice, and none that is not known."""
    assert expected == printed(replace(ARTICLE, **changes))[0].facts  # type: ignore[arg-type]  # fields by name


def test_the_reason_starts_like_a_sentence() -> None:
    """Ranking writes its reasons in lower case; a line of print does not."""
    assert printed(replace(ARTICLE, reasons=(Reason(ReasonKind.COVERED, 3),)))[0].why == "In 3 sources"


def test_the_small_print_has_the_votes_where_no_reason_is_shown() -> None:
    """A count is left out only where the reader sees it in the line beneath."""
    voted = replace(ARTICLE, reasons=(Reason(ReasonKind.VOTED, 3, timedelta(hours=3)),))
    assert "3 votes" not in printed(voted)[0].facts
    article = printed(voted, masthead=replace(MASTHEAD, show_why=False))[0]
    assert ("", True) == (article.why, "3 votes" in article.facts)


def test_links_are_numbered_through_the_edition() -> None:
    """The plain text's numbers run on, and what is no link has none."""
    also = (AlsoIn("Courier", "https://courier.example/1", "t"), AlsoIn("Radio", "javascript:alert(1)", "t"))

    first, second, third = printed(
        replace(ARTICLE, also_in=also), replace(ARTICLE, url="ftp://x.example/"), ARTICLE
    )

    assert (first.number, first.also_in[0].number, first.also_in[1].number) == (1, 2, 0)
    assert (first.also_in[1].source, first.also_in[1].link) == ("Radio", "")
    assert (second.number, second.link, third.number) == (0, "", 3)


def test_only_web_pictures_are_shown() -> None:
    """A picture of another kind is no picture."""
    assert printed(replace(ARTICLE, image_url="data:image/png;base64,AAAA"))[0].image == ""


@pytest.mark.parametrize(
    ("expected", "language", "title"),
    [
        (("ar", "rtl"), "ar", "افتتاح مكتبة"),
        (("he-IL", "rtl"), "he_IL", "שלום"),
        (("en-GB", "ltr"), "", "Library opens"),
        (("en-GB", "ltr"), '"><script>', "Library opens"),
        (("en-GB", "ltr"), "fa", "Library opens"),
        (("fr", "ltr"), "fr", "2026"),
    ],
)
def test_an_article_has_its_own_language(expected: tuple[str, str], language: str, title: str) -> None:
    """Only a well-formed tag reaches the page, and none that the article's own letters belie."""
    article = printed(replace(ARTICLE, language=language, title=title, summary=""))[0]
    assert expected == (article.lang, article.dir)


def test_what_comes_after_the_stories_is_brief() -> None:
    """A brief has its headline, whose it is and since when, and one line; no picture and no reason."""
    also = (AlsoIn("Courier", "https://courier.example/1", "t"),)
    told = replace(ARTICLE, source="Radio", summary="word " * 100, also_in=also, reasons=(builders.VOTED,))
    page = laid_out(Selection(tuple(replace(told, article_id=number) for number in range(1, 7)), ()))
    assert (1, 3, 2) == (len([page.lead]), len(page.top_stories), len(page.briefs))
    brief = page.briefs[0]
    assert ("Radio", "07:05") == brief.facts
    assert len(brief.summary) <= 90
    assert ("", "", "", ()) == (brief.image, brief.image_alt, brief.why, brief.also_in)


def test_sections_are_told_apart_by_colour() -> None:
    """A section that the theme knows has its place among the page's colours; the others have the accent."""
    sections = ("World", "Sport", "world ", "Harbour", "")
    page = laid_out(Selection(tuple(replace(ARTICLE, section=each) for each in sections), ()))
    assert [1, 2, 1, 0, 0] == [each.hue for each in page.articles]
    assert [THEME.sections["world"], THEME.sections["sport"]] == [each.light for each in page.hues]
    assert all(each.dark != each.light for each in page.hues)


def test_long_fields_are_cut_to_their_places() -> None:
    """One endless article leaves room for the others."""
    endless = "word " * 1000
    article = printed(
        replace(
            ARTICLE,
            title=endless,
            summary=endless,
            section=endless,
            reasons=(Reason(ReasonKind.LIKED, name=endless),),
        )
    )[0]

    assert len(article.title) <= 300
    assert len(article.summary) <= 400
    assert len(article.section) <= 80
    assert len(article.why) <= 120
