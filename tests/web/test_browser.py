"""A real browser: what feeds say stays inert, and the console works as a person uses it."""

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Dialog, Page

from newsletter.admins.store import create_admin
from tests.browsing import needs_chromium
from tests.web.serving import serving

PASSWORD = "four words nobody joins"
TITLES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "</title><svg onload=alert(3)>",
    "'-alert(4)-'",
    "<iframe srcdoc='<script>parent.alert(5)</script>'>",
]

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture
def served(make_scene: Callable[..., Any]) -> Iterator[Any]:
    """Serve an edition that is being sent, with hostile titles, to an admin who may log in."""
    door = socket.create_server(("127.0.0.1", 0))
    scene = make_scene(public_url=f"http://127.0.0.1:{door.getsockname()[1]}")
    with scene.database.transaction() as connection:
        create_admin(connection, "editor@paper.example", PASSWORD)
    scene.add_reader("one@example.com")
    scene.add_reader("two@example.com")
    scene.gather([], url="https://bad.example/feed", error=TITLES[1])
    scene.gather(TITLES)
    scene.edition_id = scene.make_edition(ready_only=False)
    with serving(scene.app, door):
        yield scene


def _log_in(page: Page, url: str) -> None:
    page.goto(f"{url}/console")
    page.fill("#address", "editor@paper.example")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/console")


def test_hostile_titles_run_nowhere(served: Any, browser: Browser) -> None:
    """No page opens a dialog, fails a script or breaks its own policy."""
    page = browser.new_page()
    heard: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        heard.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.extend([line.text] * ("Content Security Policy" in line.text)))
    url = served.services.settings.public_url
    _log_in(page, url)
    for path in (
        "/",
        "/archive/daily",
        "/archive/daily/2026-03-02",
        "/console",
        "/console/editions/1",
        "/mailbox",
    ):
        answer = page.goto(f"{url}{path}", wait_until="networkidle" if path != "/console/editions/1" else "load")
        assert answer is not None
        assert answer.status == 200, path
    assert heard == []


def test_an_editor_watches_and_pauses_a_sending(served: Any, browser: Browser) -> None:
    """The counts move by themselves, and the button works from the page's own form."""
    page = browser.new_page()
    url = served.services.settings.public_url
    _log_in(page, url)
    page.goto(f"{url}/console/editions/{served.edition_id}")
    accepted = page.locator('#counts [data-state="accepted"]')
    assert accepted.is_hidden()
    with served.database.transaction() as connection:
        connection.execute(sa.text("UPDATE delivery SET state = 'accepted' WHERE id = 1"))
    accepted.wait_for(state="visible")
    assert accepted.locator("dd").inner_text() == "1"
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").wait_for()
    assert "Paused by editor@paper.example." in page.inner_text("main")


def test_a_reader_subscribes_without_script(served: Any, browser: Browser) -> None:
    """The box works in a browser that runs nothing."""
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(served.services.settings.public_url)
    page.get_by_label("Newsletter: Get top stories").fill("new@example.com")
    served.clock.pass_by(timedelta(seconds=20))
    page.get_by_role("button", name="Subscribe").click()
    page.wait_for_url("**/subscribed?lang=en")
    assert len(served.ringer.rung) == 1
