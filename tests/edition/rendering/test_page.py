"""What a template can print of an article and of the newsletter."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from newsletter.edition.rendering.page import Compositor, PrintedArticle, lay_out_paper
from newsletter.edition.rendering.phrases import Phrases
from newsletter.edition.rendering.selection import AlsoIn, ChosenArticle, Masthead, Selection

WORDS = """
by = "By {author}"
[votes]
one = "{number} vote"
other = "{number} votes"
"""
MASTHEAD = Masthead(
    slug="daily",
    name="The Daily",
    publisher="Daily Press",
    tagline="",
    language="en-GB",
    zone="UTC",
    site_url="https://example.org/",
    postal_address="1 Quay Street\n\nOslo",
    accent="#b3261e",
)
ARTICLE = ChosenArticle(
    article_id=1,
    title="Library opens",
    url="https://example.org/1",
    summary="At last.",
    section="City",
    source="The Daily",
    author="Ann Lee",
    published_at=datetime(2026, 11, 22, 7, 5, tzinfo=UTC),
    image_url="https://example.org/1.jpg",
    image_alt="",
    why="",
    points=1.0,
    parts={},
    votes=3,
    also_in=(),
    language="",
)


def as_it_is(value: str, /, *, may_shrink: bool = False) -> str:
    return value


def printed(*articles: ChosenArticle, masthead: Masthead = MASTHEAD) -> list[PrintedArticle]:
    compositor = Compositor(masthead, Phrases("en-GB", lambda _: [WORDS]), date(2026, 11, 22), as_it_is)
    page = compositor.lay_out(Selection(articles[:2], articles[2:]))
    assert page.lead
    return [page.lead, *page.top_stories, *page.blog_posts]


def test_the_first_article_leads_and_the_parts_keep_their_order() -> None:
    """Lead, top stories and blog posts are apart."""
    titles = [article.title for article in printed(*(replace(ARTICLE, title=name) for name in "abcd"))]

    assert list("abcd") == titles


def test_an_edition_of_blog_posts_has_no_lead() -> None:
    """A quiet day still prints."""
    compositor = Compositor(MASTHEAD, Phrases("en", lambda _: [WORDS]), date(2026, 11, 22), as_it_is)

    page = compositor.lay_out(Selection((), (ARTICLE,)))

    assert page.lead is None
    assert page.blog_posts[0].title == "Library opens"


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        (("By Ann Lee", "07:05", "3 votes"), {}),
        (("By Ann Lee", "Bay Courier", "07:05", "3 votes"), {"source": "Bay Courier"}),
        (("Bay Courier", "07:05", "3 votes"), {"source": "Bay Courier", "author": "Bay Courier"}),
        (("07:05", "3 votes"), {"author": ""}),
        (("By Ann Lee", "07:05"), {"why": "Most voted today · 3 votes"}),
        (("By Ann Lee", "07:05", "3 votes"), {"why": "13 votes in 3 h"}),
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
    assert printed(replace(ARTICLE, why="in 3 sources"))[0].why == "In 3 sources"


def test_a_reason_in_another_language_is_left_to_the_console() -> None:
    """An Arabic page carries no English line; the votes that it would have named stand in the small print."""
    arabic = replace(MASTHEAD, language="ar")
    article = printed(replace(ARTICLE, why="3 votes in 3 h"), masthead=arabic)[0]
    assert article.why == ""
    assert "3 votes" in article.facts


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
    ("expected", "language"),
    [(("ar", "rtl"), "ar"), (("en-GB", "ltr"), ""), (("en-GB", "ltr"), '"><script>'), (("he-IL", "rtl"), "he_IL")],
)
def test_an_article_has_its_own_language(expected: tuple[str, str], language: str) -> None:
    """Only a well-formed tag reaches the page."""
    article = printed(replace(ARTICLE, language=language))[0]

    assert expected == (article.lang, article.dir)


def test_long_fields_are_cut_to_their_places() -> None:
    """One endless article leaves room for the others."""
    endless = "word " * 1000
    article = printed(replace(ARTICLE, title=endless, summary=endless, section=endless, why=endless))[0]

    assert len(article.title) <= 300
    assert len(article.summary) <= 400
    assert len(article.section) <= 80
    assert len(article.why) <= 120


def test_the_paper_is_mirrored_for_arabic() -> None:
    """Start and end are the reader's, not the compass's."""
    english = lay_out_paper(MASTHEAD, as_it_is)
    arabic = lay_out_paper(replace(MASTHEAD, language="ar-JO"), as_it_is)

    assert (english.dir, english.start, english.end) == ("ltr", "left", "right")
    assert (arabic.dir, arabic.start, arabic.end) == ("rtl", "right", "left")
    assert english.postal_address == ("1 Quay Street", "Oslo")


@pytest.mark.parametrize(("expected", "letters"), [("large", 10), ("medium", 20), ("small", 40)])
def test_a_long_name_is_set_smaller(expected: str, letters: int) -> None:
    """The masthead fits a phone."""
    assert expected == lay_out_paper(replace(MASTHEAD, name="n" * letters), as_it_is).name_size
