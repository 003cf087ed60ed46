"""A reader's own pages in a real browser: on the narrowest phone, in the light and the dark, to every reader."""

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from newsletter.gather.article import Article, Genre
from newsletter.gather.memory.store import store_articles
from newsletter.gather.polling.sources import attach_source, lease_source, put_source
from newsletter.gather.tables import SourceKind
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter, change_newsletter
from newsletter.readers.moving import ask_change
from newsletter.tokens import Purpose
from tests.browsing import needs_chromium
from tests.clients.judges import AXE, faults_of, needs_node
from tests.web.serving import serving

SECTIONS = ("Sport", "Politics", "World", "Science and technology", "Culture", "L" + "o" * 50 + "ng")
GROUPS = ("what", "hour", "pause", "address", "newsletters", "data")

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture
def pages(make_scene: Callable[..., Any]) -> Iterator[dict[str, str]]:
    """Serve an installation with everything to choose; give the addresses of a reader's own pages by name."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        scene = make_scene(public_url=url)
        _offer_everything(scene)
        reader, now = scene.add_reader(f"{'a' * 60}@example.com"), scene.clock()
        with scene.database.transaction() as connection:
            ask_change(connection, scene.services.gate, reader, f"{'b' * 60}@example.com", now)

        def link(purpose: Purpose, number: int = reader) -> str:
            return f"{url}/{purpose}/{scene.services.tokens.sign(purpose, number, now)}"

        with serving(scene.app, door):
            yield {
                **{group: f"{link(Purpose.PREFERENCES)}?open={group}&" for group in GROUPS},
                "preferences": f"{link(Purpose.PREFERENCES)}?",
                "unsubscribe": f"{link(Purpose.UNSUBSCRIBE)}?",
                "old": f"{link(Purpose.ADDRESS, 1)}?",
                "new": f"{link(Purpose.ADDRESS, 2)}?",
                "data held": f"{link(Purpose.DATA)}?",
                "erase": f"{link(Purpose.DATA)}/erase?",
            }


def _offer_everything(scene: Any) -> None:
    now = scene.clock()
    with scene.database.transaction() as connection:
        change_newsletter(connection, "daily", {"languages": "ar", "reader_hours": "true"})
        for slug in ("sport", "books"):
            paper = NewsletterSettings(
                slug=slug, name=slug.title(), publisher="P", sender_address="s@paper.example", tagline="Each day"
            )
            add_newsletter(connection, paper)
        source_id = put_source(connection, "https://paper.example/feed", SourceKind.FEED, Genre.NEWS)
        attach_source(connection, scene.newsletter.id, source_id)
        source = lease_source(connection, source_id, now + timedelta(minutes=1), now)
        assert source is not None
        articles = [
            Article(guid=each, url=f"https://paper.example/{place}", title=f"On {each}", section=each)
            for place, each in enumerate(SECTIONS)
        ]
        store_articles(connection, source, articles, now)


@needs_node
@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ar", "dark")])
def test_every_reader_can_use_them(
    pages: dict[str, str], browser: Browser, language: str, scheme: Literal["light", "dark"]
) -> None:
    """Nothing serious for axe, names and contrast among it, at a phone's width."""
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme, bypass_csp=True)
    faults = {}
    for name, address in pages.items():
        page.goto(f"{address}lang={language}")
        faults[name] = faults_of(page, AXE.read_text())
    page.close()
    assert {} == {name: found for name, found in faults.items() if found}


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_nothing_scrolls_sideways(pages: dict[str, str], browser: Browser, width: int) -> None:
    """With the longest addresses and sections."""
    page = browser.new_page(viewport={"width": width, "height": 844})
    seen = {}
    for name, address in pages.items():
        page.goto(f"{address}lang=ar")
        seen[name] = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert dict.fromkeys(pages, width) == seen


def test_it_is_one_screen_on_a_phone(pages: dict[str, str], browser: Browser) -> None:
    """Each group in a line, and the way out, without scrolling; no form is shown before its group is opened."""
    page = browser.new_page(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page.goto(pages["preferences"].rstrip("?"))
    out = page.get_by_role("button", name="Unsubscribe").bounding_box()
    assert out is not None
    assert out["y"] + out["height"] <= 844
    assert ["Unsubscribe"] == page.get_by_role("button").all_inner_texts()
    assert len(GROUPS) == page.locator("summary").count()
    page.close()


def test_a_link_to_a_group_opens_it(pages: dict[str, str], browser: Browser) -> None:
    """As the foot of every edition has one to the pause; no script is needed for it."""
    page = browser.new_page(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    for group in GROUPS:
        page.goto("about:blank")
        page.goto(f"{pages['preferences'].rstrip('?')}#{group}")
        assert [group] == _open_groups(page)
    page.close()


def _open_groups(page: Page) -> list[str]:
    """Return the groups whose form can be seen."""
    return [group for group in GROUPS if page.locator(f"#{group} form").is_visible()]
