"""A reader stays in charge, on a phone, by keyboard, without script: from a mail's own link and back to it."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.e2e.installation import Installation, installation

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
READER = "grace@example.net"
FURTHEST = 60
"""Presses of Tab from one end of a page to the other, and more."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium at /usr/bin/chromium"),
]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Give a running newspaper whose newsletter is written in two languages."""
    with installation(tmp_path_factory.mktemp("paper")) as running:
        assert 0 == running.run("newsletters", "set", "daily", "languages=ar").returncode
        yield running


@pytest.fixture(scope="module")
def phone() -> Iterator[Browser]:
    """Start a browser without a window."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield opened
        opened.close()


def state(paper: Installation) -> str:
    """Return where the reader stands."""
    lines = paper.run("readers", "show", READER).stdout.splitlines()
    told = next(line.removeprefix("daily: ") for line in lines if line.startswith("daily: "))
    return told.partition(",")[0]


def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there."""
    for _ in range(FURTHEST):
        page.keyboard.press("Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            return
    raise AssertionError("no key reaches it")


def press(page: Page, name: str) -> None:
    """Press a button with the keyboard alone."""
    reach(page, page.get_by_role("button", name=name, exact=True))
    with page.expect_navigation():
        page.keyboard.press("Enter")


def link_to(page_name: str, mail: str) -> str:
    """Return the first link of a mail's text to one of the reader's own pages."""
    return next(word for word in mail.split() if urlsplit(word).path.startswith(f"/{page_name}/"))


def test_a_reader_stays_in_charge(paper: Installation, phone: Browser) -> None:
    """Language, a pause of two weeks, back again, out, and back once more; no login anywhere."""
    assert 0 == paper.run("readers", "add", "daily", READER).returncode
    subject = paper.run_json("day", "daily")["subject"]
    mail = paper.wait_for_mail(READER, subject=subject)
    text = mail.get_body(("plain",))
    assert text is not None
    page = phone.new_page(viewport={"width": 390, "height": 800}, java_script_enabled=False)

    page.goto(link_to("preferences", text.get_content()))
    assert page.get_by_text(READER).is_visible()
    choice = page.get_by_role("group", name="In which language").get_by_role("radio")
    reach(page, choice.first)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert ("ar", "rtl") == tuple(page.locator("html").get_attribute(each) for each in ("lang", "dir"))
    page.goto(f"{page.url.partition('?')[0]}?lang=en")
    assert choice.nth(1).is_checked()

    press(page, "Pause")
    assert page.get_by_text("Your pause has begun.").is_visible()
    assert "paused" == state(paper)
    press(page, "Resume now")
    assert page.get_by_text("Welcome back.").is_visible()
    assert "active" == state(paper)

    page.goto(f"{link_to('unsubscribe', text.get_content())}?lang=en")
    assert "active" == state(paper)
    press(page, "Unsubscribe")
    assert page.get_by_role("heading", name="You are unsubscribed").is_visible()
    assert "unsubscribed" == state(paper)
    press(page, "Undo: stay subscribed")
    assert page.get_by_text("You are subscribed again").is_visible()
    assert "active" == state(paper)
    assert [] == page.context.cookies()
    page.close()
