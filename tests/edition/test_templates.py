"""Our own templates in a real browser: phones, the dark, Arabic."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, sync_playwright

from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.selection import AlsoIn, ChosenArticle, Masthead, Selection
from newsletter.edition.rendering.slots import Slot, fill_html

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's or any other Chromium"),
]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MASTHEAD = Masthead(
    slug="daily",
    name="The Extraordinarily Long Named Gazette of the Archipelago",
    publisher="Harbour Media",
    tagline="News from the bay, every morning before the first ferry",
    language="en",
    zone="UTC",
    site_url="https://news.example/",
    postal_address="12 Quay Street",
    accent="#ffd400",
)
ARTICLE = ChosenArticle(
    article_id=1,
    title="Fishermen count the cost of the warmest autumn on record",
    url="https://news.example/1",
    summary="Catches of cod fell by a third.",
    section="Environment",
    source="Bay Courier",
    author="Jonas Okafor",
    published_at=datetime(2026, 11, 22, 6, 40, tzinfo=UTC),
    image_url="https://news.example/1.jpg",
    image_alt="Boats in the harbour",
    why="Talked about in 3 sources",
    points=1.0,
    parts={},
    votes=41,
    also_in=(AlsoIn("Radio Nord", "https://nord.example/1", ""),),
    language="",
)
ENDLESS = replace(ARTICLE, title="W" * 400, summary="x" * 400, section="y" * 90, author="z" * 90, why="v" * 200)
SELECTION = Selection(
    (ARTICLE, ARTICLE, ENDLESS, replace(ENDLESS, image_url=""), ARTICLE),
    (ENDLESS, replace(ARTICLE, language="ar")),
)

FAINT_TEXT = """() => {
  const rgb = colour => colour.match(/[0-9.]+/g).map(Number);
  const luminance = colour => {
    const linear = value => value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4;
    const [r, g, b] = rgb(colour).map(value => linear(value / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (rgb(colour)[3] !== 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const faint = [];
  for (const element of document.body.querySelectorAll('*')) {
    const words = [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).join('');
    if (!words || !element.checkVisibility()) continue;
    const pair = [luminance(getComputedStyle(element).color), luminance(ground(element))];
    const [dim, bright] = pair.sort((a, b) => a - b);
    if ((bright + .05) / (dim + .05) < 4.5) faint.push(words.slice(0, 40));
  }
  return faint;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=["en", "ar"])
def mails(request: pytest.FixtureRequest) -> list[str]:
    """Render an edition and a confirmation in one language."""
    stationery = Stationery([Path(__file__).parents[2] / "templates"])
    masthead = replace(MASTHEAD, language=request.param)
    edition = stationery.digest(SELECTION, masthead, date(2026, 11, 22), "https://news.example/archive")
    values = {Slot.ADDRESS: f"{'a' * 60}@example.org", Slot.UNSUBSCRIBE: "https://news.example/u/1"}
    confirmation = stationery.confirm(masthead, f"https://news.example/confirm/{'t' * 120}")
    return [fill_html(edition.html, edition.marker, values), confirmation.html]


def look(browser: Browser, html: str, width: int, scheme: Literal["light", "dark"], question: str) -> Any:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.route("**/*", lambda route: route.abort())
    page.set_content(html)
    answer = page.evaluate(question)
    page.close()
    return answer


@pytest.mark.parametrize("width", [320, 390, 640, 1200])
def test_nothing_scrolls_sideways(browser: Browser, mails: list[str], width: int) -> None:
    """The longest words and addresses break within the narrowest phone."""
    for html in mails:
        assert look(browser, html, width, "light", "() => document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(browser: Browser, mails: list[str], scheme: Literal["light", "dark"]) -> None:
    """All text has WCAG's contrast of 4.5 to 1, by day and by night, even with a yellow accent."""
    for html in mails:
        assert look(browser, html, 390, scheme, FAINT_TEXT) == []


def test_a_phone_shows_one_column(browser: Browser, mails: list[str]) -> None:
    """What stands side by side on a desk stands below each other on a phone."""
    columns = """() => new Set([...document.querySelectorAll('h3')].map(h => Math.round(
        h.getBoundingClientRect()[document.documentElement.dir === 'rtl' ? 'right' : 'left']))).size"""

    assert look(browser, mails[0], 1200, "light", columns) == 2
    assert look(browser, mails[0], 390, "light", columns) == 1
