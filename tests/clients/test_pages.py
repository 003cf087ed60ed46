"""Mails and public pages in a real browser: axe-core, html-validate, and no sideways scrolling."""

import urllib.request
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.clients.judges import AXE, faults_of, judge, needs_node
from tests.clients.walk import NAMES, PAPERS, Walk, link_in
from tests.e2e.test_a_reader import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium at /usr/bin/chromium"),
]
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def addresses(walk: Walk) -> dict[str, str]:
    """Return the public pages, by a name and the language."""
    found = {"box": f"{walk.paper.url}/"}
    for paper in PAPERS:
        language = paper.language
        digest = walk.part(f"digest-{language}", "plain")
        day = link_in(digest, "archive")
        found |= {
            f"archive-{language}": f"{walk.paper.url}/archive/{paper.slug}",
            f"edition-{language}": day,
            f"unsubscribe-{language}": link_in(digest, "unsubscribe"),
            f"preferences-{language}": link_in(digest, "preferences"),
            f"confirm-{language}": link_in(walk.part(f"confirm-{language}", "plain"), "confirm"),
            f"box-{language}": f"{walk.paper.url}/?lang={language}",
        }
    return found


PAGES = [
    "box",
    *(
        f"{kind}-{paper.language}"
        for paper in PAPERS
        for kind in ("archive", "edition", "unsubscribe", "preferences", "box")
    ),
]


def opened(browser: Browser, width: int, scheme: Scheme) -> Page:
    return browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)


def shown(page: Page, name: str, walk: Walk) -> None:
    """Show a mail, with nothing fetched, or a public page."""
    if name in walk.sources:
        page.route("**/*", lambda route: route.abort())
        page.set_content(walk.part(name, "html"))
    else:
        page.goto(addresses(walk)[name])


@needs_node
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", [*NAMES, *PAGES])
def test_nobody_is_shut_out(name: str, scheme: Scheme, walk: Walk, browser: Browser) -> None:
    """axe-core finds nothing serious, in the light and in the dark."""
    page = opened(browser, 390, scheme)
    shown(page, name, walk)
    faults = faults_of(page, AXE.read_text("utf-8"))
    page.close()
    assert [] == faults


@pytest.mark.parametrize("width", [320, 390, 600, 1200])
@pytest.mark.parametrize("name", [*NAMES, *PAGES])
def test_nothing_scrolls_sideways(name: str, width: int, walk: Walk, browser: Browser) -> None:
    """Everything is as wide as the screen, down to 320 px."""
    page = opened(browser, width, "light")
    shown(page, name, walk)
    widest = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert widest <= width


@needs_node
def test_the_pages_are_valid(walk: Walk, tmp_path: Path) -> None:
    """html-validate has nothing to say of our own pages; an archived mail is judged as mail."""
    fetched: dict[str, bytes] = {}
    for name in PAGES:
        with urllib.request.urlopen(addresses(walk)[name], timeout=30) as answer:
            fetched[f"{name}.html"] = answer.read()
    mails = {name: content for name, content in fetched.items() if name.startswith("edition")}
    pages = {name: content for name, content in fetched.items() if name not in mails}
    said: dict[str, Any] = {
        **judge("markup.mjs", pages, tmp_path, "page"),
        **judge("markup.mjs", mails, tmp_path, "mail"),
    }
    assert {name: [] for name in fetched} == said
