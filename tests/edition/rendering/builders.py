"""What tests of rendering set in type: one newsletter, one article, and the values of one reader."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from lxml import html as lxml_html

from newsletter.edition.reasons import Reason, ReasonKind
from newsletter.edition.rendering.content import Content, Stationery
from newsletter.edition.rendering.facts import Fact
from newsletter.edition.rendering.selection import AlsoIn, ChosenArticle, Masthead, Selection
from newsletter.edition.rendering.slots import Slot, fill_html

OURS = Path(__file__).parents[3] / "templates"
SUNDAY = date(2026, 11, 22)
ARCHIVE = "https://news.example/archive/daily/2026-11-22"
VALUES = {
    Slot.UNSUBSCRIBE: "https://news.example/u/abc?x=1&y=2",
    Slot.ADDRESS: "ann@example.org",
    Slot.PREFERENCES: "https://news.example/preferences/abc",
    Slot.CLICK: "https://news.example/c/abc",
}
MASTHEAD = Masthead(
    slug="daily",
    name="The Harbour Post",
    publisher="Harbour Media",
    tagline="News from the bay",
    language="en-GB",
    zone="Europe/Oslo",
    site_url="https://news.example/",
    postal_address="12 Quay Street\n0150 Oslo",
    accent="#b3261e",
)
ARTICLE = ChosenArticle(
    article_id=1,
    title="Old ferry terminal becomes a library",
    url="https://news.example/1?a=1&b=2",
    summary="The council voted 11 to 4.",
    section="City",
    source="Bay Courier",
    author="Mara Lindqvist",
    published_at=datetime(2026, 11, 22, 6, 40, tzinfo=UTC),
    image_url="https://news.example/1.jpg",
    image_alt="The bay at first light",
    reasons=(Reason(ReasonKind.COVERED, 3),),
    points=1.0,
    parts={"votes": 1.0},
    votes=132,
    also_in=(AlsoIn("Radio Nord", "https://nord.example/1", "Library"),),
    language="",
)
VOTED = Reason(ReasonKind.MOST_VOTED, 132, timedelta(hours=5))


def an_article(number: int, **changes: object) -> ChosenArticle:
    """Return an article of its own: id and headline follow the number."""
    facts = {"article_id": number, "title": f"Headline {number}", **changes}
    return replace(ARTICLE, **facts)  # type: ignore[arg-type]  # fields by name


def full_of(number: int, text: str, link: str, **changes: object) -> ChosenArticle:
    """Return an article with one text in every field that a feed fills, and one link in every address."""
    words = ("title", "summary", "section", "author", "source", "image_alt", "image_credit")
    liked = (Reason(ReasonKind.LIKED, name=text),)
    return an_article(number, **dict.fromkeys(words, text), reasons=liked, url=link, image_url=link, **changes)


def edition(*titles: str, blog_posts: int = 0) -> Selection:
    """Return a selection of articles with these headlines, the last so many of them blog posts."""
    articles = tuple(an_article(number, title=title) for number, title in enumerate(titles, start=1))
    return Selection(articles[: len(articles) - blog_posts], articles[len(articles) - blog_posts :])


def digest(selection: Selection, masthead: Masthead = MASTHEAD, *folders: Path) -> Content:
    """Render a selection with our templates, and before them those of ``folders``."""
    return Stationery([*folders, OURS], public_url="https://news.example").digest(
        selection, masthead, SUNDAY, ARCHIVE
    )


def parsed(content: Content) -> lxml_html.HtmlElement:
    """Return the HTML as one reader gets it."""
    return lxml_html.document_fromstring(fill_html(content.html, content.marker, VALUES))


def text_of(element: lxml_html.HtmlElement) -> str:
    """Return all the words of an element."""
    return str(element.text_content())


def confirmation_of(link: str) -> dict[str, Fact]:
    """Return the facts of a confirmation mail for one newsletter, which can also be answered."""
    return {"confirm_url": link, "names": [MASTHEAD.name], "answers": "yes"}
