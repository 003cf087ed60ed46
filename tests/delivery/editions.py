"""An edition's content made by our own templates, for tests that need a real one and no database."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path

from newsletter.edition.reasons import Reason, ReasonKind
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.selection import AlsoIn, ChosenArticle, Masthead, Selection
from newsletter.edition.store import FrozenContent
from newsletter.publication.newsletters import Newsletter

READY_AT = datetime(2026, 3, 2, 6, 0, 30, tzinfo=UTC)
HOME = "https://news.paper.example"
ARCHIVE = f"{HOME}/archive/daily/2026-03-02"
STATIONERY = Stationery([Path(__file__).parents[2] / "templates"])

ARTICLE = ChosenArticle(
    article_id=1,
    title="\u00dcberfahrt: the ferry sails again",
    url="https://news.example/1?a=1&b=2",
    summary="The council voted 11 to 4, and the quay was full. " * 3,
    section="City",
    source="Bay Courier",
    author="Mara Lindqvist",
    published_at=READY_AT,
    image_url="https://news.example/1.jpg",
    image_alt="The bay",
    reasons=(Reason(ReasonKind.NEWEST),),
    points=1.0,
    parts={},
    votes=None,
    also_in=(),
    language="",
)
ARABIC = replace(
    ARTICLE,
    title="العبّارة تبحر من جديد إلى الضفّة الأخرى",
    summary="صوّت المجلس بأحد عشر صوتًا مقابل أربعة، وكان الرصيف ممتلئًا بالناس منذ الصباح الباكر. " * 3,
    section="المدينة",
    source="بريد الخليج",
    author="مريم الحدّاد",
    image_alt="الخليج",
)


def articles(count: int, article: ChosenArticle = ARTICLE) -> tuple[ChosenArticle, ...]:
    """Return so many articles, each with a picture and a reference: two links each."""
    return tuple(
        replace(
            article,
            article_id=number,
            url=f"{article.url}&n={number}",
            also_in=(AlsoIn("Radio Nord", f"https://nord.example/{number}", "Library"),),
        )
        for number in range(count)
    )


def content_of(newsletter: Newsletter, chosen: Sequence[ChosenArticle], language: str = "en") -> FrozenContent:
    """Return a newsletter's edition in a language; the last of its articles is a blog post."""
    settings = {each.name: getattr(newsletter, each.name) for each in fields(Masthead)}
    masthead = Masthead(**{**settings, "language": language})
    selection = Selection(tuple(chosen[:-1]), tuple(chosen[-1:]))
    rendered = STATIONERY.digest(selection, masthead, date(2026, 3, 2), ARCHIVE)
    frozen = {
        name: getattr(rendered, name) for name in ("subject", "preheader", "text", "html", "marker", "links")
    }
    return FrozenContent(language=language, ready_at=READY_AT, **frozen)
