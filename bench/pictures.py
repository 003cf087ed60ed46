"""``python -m bench.pictures``: the pictures of ``docs/pictures``, of our sample publication in a real browser.

The mail is the one that our templates make today, its pictures are drawn by the sample's own code, and nothing is
fetched.
"""

import sys
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Route, sync_playwright

from bench.masthead import LANTERN, SITE
from newsletter.edition.reasons import Reason, ReasonKind
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.selection import ChosenArticle, Selection
from newsletter.edition.rendering.slots import Slot, fill_html
from newsletter.gather.article import Genre
from newsletter.sample import identity
from newsletter.sample.paper import PublishedArticle, on_show
from newsletter.sample.pictures import draw, picture_named

_HERE = Path(__file__).parent
_PICTURES = _HERE.parent / "docs" / "pictures"
_CHROMIUM = "/usr/bin/chromium"
_DAY = date(2026, 11, 22)
_NOW = datetime(2026, 11, 22, 21, tzinfo=UTC)
_STORIES, _POSTS = 8, 2
_HEIGHT, _COLOURS = 1500, 128
_READER = {
    Slot.ADDRESS: "ann@example.org",
    Slot.UNSUBSCRIBE: f"{SITE}/unsubscribe/x",
    Slot.PREFERENCES: f"{SITE}/preferences/x",
}
_SHOTS: tuple[tuple[str, str, int, Literal["light", "dark"]], ...] = (
    ("digest-desk-light", "en", 680, "light"),
    ("digest-phone-dark", "en", 390, "dark"),
    ("digest-phone-arabic", "ar", 390, "light"),
)


def main() -> int:
    """Draw every picture anew."""
    _PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name, language, width, scheme in _SHOTS:
            shot = _shoot(browser, _mail(language), width, scheme)
            shown = Image.open(BytesIO(shot)).convert("RGB")
            shown.quantize(_COLOURS).save(_PICTURES / f"{name}.png", optimize=True)
            print(f"docs/pictures/{name}.png: {shown.width} x {shown.height}")
        browser.close()
    return 0


def _mail(language: str) -> str:
    selection, masthead = _selection(), LANTERN
    if language == "ar":
        told = tomllib.loads((_HERE / "arabic.toml").read_text("utf-8"))
        masthead = replace(masthead, language="ar", name=told["name"], tagline=told["tagline"])
        pairs = zip(selection.top_stories, told["articles"], strict=False)
        stories = (replace(each, **{"language": "ar", "author": told["author"], **words}) for each, words in pairs)
        selection = Selection(tuple(stories), ())
    stationery = Stationery([_HERE.parent / "templates"], public_url=SITE)
    content = stationery.digest(selection, masthead, _DAY, f"{SITE}/archive/daily/{_DAY}")
    return fill_html(content.html, content.marker, _READER)


def _selection() -> Selection:
    shown = on_show(_NOW)
    news = [each for each in shown if each.article.genre is Genre.NEWS][:_STORIES]
    posts = [each for each in shown if each.article.genre is Genre.BLOG][:_POSTS]
    chosen = [_chosen(number, each) for number, each in enumerate([*news, *posts])]
    return Selection(tuple(chosen[: len(news)]), tuple(chosen[len(news) :]))


def _chosen(number: int, published: PublishedArticle) -> ChosenArticle:
    article = published.article
    return ChosenArticle(
        article_id=number,
        title=article.headline,
        url=f"{SITE}{published.path}",
        summary=article.summary,
        section=article.section,
        source=identity.PUBLISHER,
        author=article.author,
        published_at=published.published_at,
        image_url=f"{SITE}/pictures/{article.picture.name}.jpg",
        image_alt=article.caption,
        image_credit=article.credit,
        image_width=1200,
        image_height=675,
        reasons=(Reason(ReasonKind.PLACED, number + 1),),
        points=1.0,
        parts={},
        votes=article.votes,
        also_in=(),
        language="",
        words=len(article.text.split()),
    )


def _shoot(browser: Browser, html: str, width: int, scheme: Literal["light", "dark"]) -> bytes:
    page = browser.new_page(viewport={"width": width, "height": _HEIGHT}, color_scheme=scheme)
    page.route("**/*", _answer)
    page.set_content(html, wait_until="load")
    shot = page.screenshot()
    page.close()
    return shot


def _answer(route: Route) -> None:
    picture = picture_named(Path(route.request.url).stem)
    if picture is None:
        route.abort()
    else:
        route.fulfill(body=draw(picture), content_type="image/jpeg")


if __name__ == "__main__":
    sys.exit(main())
