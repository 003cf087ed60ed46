"""Our own templates in a real browser: phones, the dark, Arabic, every theme."""

from dataclasses import replace
from io import BytesIO
from typing import Any, Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser

from newsletter.edition.reasons import Reason, ReasonKind
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.selection import Correction, Selection
from newsletter.edition.rendering.slots import Slot, fill_html
from tests.browsing import needs_chromium
from tests.edition.rendering import builders

pytestmark = [pytest.mark.browser, needs_chromium]
MASTHEAD = replace(
    builders.MASTHEAD,
    name="The Extraordinarily Long Named Gazette of the Archipelago",
    tagline="News from the bay, every morning before the first ferry",
    accent="#ffd400",
    recommend=True,
)
ARTICLE = replace(
    builders.ARTICLE, section="Environment", image_credit="Ida Berg", image_width=1200, image_height=800
)
ENDLESS = replace(
    ARTICLE,
    title="W" * 400,
    summary="x" * 400,
    section="y" * 90,
    author="z" * 90,
    source="w" * 90,
    reasons=(Reason(ReasonKind.LIKED, name="v" * 200),),
)
ARABIC = replace(ARTICLE, language="ar", title="عودة الكراكي إلى الخليج", summary="وصلت في ليلة واحدة.")
SELECTION = Selection(
    (ARTICLE, ARTICLE, ENDLESS, replace(ENDLESS, image_url=""), ARABIC, ENDLESS, ARTICLE),
    (ENDLESS, ARABIC),
    (Correction(9, "x" * 400, "y" * 400, "https://news.example/9"),),
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


LOOKS = [("en", "broadsheet"), ("ar", "broadsheet"), ("en", "gazette"), ("ar", "plain")]


@pytest.fixture(scope="module", params=LOOKS, ids=["-".join(each) for each in LOOKS])
def mails(request: pytest.FixtureRequest) -> list[str]:
    """Render an edition and a confirmation in one language and one theme."""
    stationery = Stationery([builders.OURS])
    language, theme = request.param
    masthead = replace(MASTHEAD, language=language, theme=theme)
    edition = stationery.digest(SELECTION, masthead, builders.SUNDAY, builders.ARCHIVE)
    values = {**builders.VALUES, Slot.ADDRESS: f"{'a' * 60}@example.org"}
    confirm_url = f"https://news.example/confirm/{'t' * 120}"
    confirmation = stationery.write("confirm", masthead, builders.confirmation_of(confirm_url))
    return [fill_html(mail.html, mail.marker, values) for mail in (edition, confirmation)]


Scheme = Literal["light", "dark"]


def look(browser: Browser, html: str, width: int, scheme: Scheme, question: str) -> Any:
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
def test_every_text_can_be_read(browser: Browser, mails: list[str], scheme: Scheme) -> None:
    """All text has WCAG's contrast of 4.5 to 1, by day and by night, even with a yellow accent."""
    for html in mails:
        assert look(browser, html, 390, scheme, FAINT_TEXT) == []


def test_nothing_scrolls_sideways_without_rules_for_phones(browser: Browser, mails: list[str]) -> None:
    """Where a mail program drops the style sheets in the head, the columns break by themselves."""
    bare = mails[0].replace("@media", "@ignored")
    assert 320 == look(browser, bare, 320, "light", "() => document.documentElement.scrollWidth")


def test_a_mail_that_is_turned_dark_can_be_read(browser: Browser, mails: list[str]) -> None:
    """A program that inverts colours by itself finds dark text on light grounds, nothing else to stumble over.

    Chromium's own darkening shows the way: after it, what was the lightest ground is among the darkest.
    """
    for html in mails:
        page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="light")
        page.route("**/*", lambda route: route.abort())
        page.context.new_cdp_session(page).send("Emulation.setAutoDarkModeOverride", {"enabled": True})
        page.set_content(html)
        shades = Image.open(BytesIO(page.screenshot(full_page=True))).convert("L").histogram()
        page.close()
        assert sum(shades[:96]) > 0.6 * sum(shades)
        assert sum(shades[160:]) > 0.003 * sum(shades)


def test_a_phone_shows_one_column(browser: Browser, mails: list[str]) -> None:
    """What stands side by side on a desk stands below each other on a phone."""
    side_by_side = """() => {
        const tops = [...document.querySelectorAll('.column')].map(each => each.getBoundingClientRect().top);
        return tops.length - new Set(tops).size;
    }"""
    assert look(browser, mails[0], 1200, "light", side_by_side) > 0
    assert 0 == look(browser, mails[0], 390, "light", side_by_side)
