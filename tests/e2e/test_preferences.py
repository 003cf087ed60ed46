"""A reader stays in charge, on a phone, by keyboard, without script: from the box to the last word."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page

from tests.browsing import browsing, needs_chromium
from tests.e2e.installation import PATIENCE, Installation, installation

READER, NEW = "grace@example.net", "grace@elsewhere.example.net"
FURTHEST = 80
"""Presses of Tab from one end of a page to the other, and more."""

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Give a running newspaper whose newsletter is written in two languages."""
    with installation(tmp_path_factory.mktemp("paper")) as running:
        assert 0 == running.run("newsletters", "set", "daily", "languages=ar", "reader_hours=true").returncode
        yield running


@pytest.fixture
def page() -> Iterator[Page]:
    """Open a page on a phone that runs no script; the tests touch nothing but its keys."""
    with browsing() as phone:
        yield phone.new_page(viewport={"width": 390, "height": 800}, java_script_enabled=False)


@dataclass
class Hands:
    """A reader with a keyboard and a mailbox."""

    paper: Installation
    page: Page

    def reach(self, wanted: Locator) -> None:
        """Press Tab until the focus is there."""
        for _ in range(FURTHEST):
            if wanted.evaluate("each => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError("no key reaches it")

    def press(self, name: str) -> None:
        """Press a button of a form."""
        self.reach(self.page.get_by_role("button", name=name, exact=True))
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def tick(self, name: str) -> None:
        """Tick a box."""
        self.reach(self.page.get_by_role("checkbox", name=name))
        self.page.keyboard.press("Space")

    def choose(self, group: str, presses: int) -> None:
        """Go down from the choice that is made."""
        self.reach(self.page.get_by_role("group", name=group).locator("input:checked"))
        for _ in range(presses):
            self.page.keyboard.press("ArrowDown")

    def open(self, heading: str) -> None:
        """Open a group of the page."""
        self.reach(self.page.locator("summary").filter(has=self.page.get_by_role("heading", name=heading)))
        self.page.keyboard.press("Enter")

    def type_into(self, label: str, text: str) -> None:
        """Fill in a field."""
        self.reach(self.page.get_by_label(label))
        self.page.keyboard.type(text)

    def follow(self, door: str, address: str) -> str:
        """Open the first link to such a page that was mailed to an address, in English; return it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for mail in self.paper.mail_to(address):
                text = mail.get_body(("plain",))
                words = text.get_content().split() if text is not None else []
                for link in (word.partition("#")[0] for word in words):
                    if urlsplit(link).path.startswith(f"/{door}/"):
                        self.page.goto(f"{link}?lang=en")
                        return str(link)
            time.sleep(0.1)
        raise AssertionError(f"no mail to {address} leads to {door}")

    def says(self, text: str) -> bool:
        """Whether the page says so where it can be seen."""
        return self.page.get_by_text(text).first.is_visible()

    def state(self, address: str = READER) -> str:
        """Return where the reader stands."""
        lines = self.paper.run("readers", "show", address).stdout.splitlines()
        told = next(line.removeprefix("daily: ") for line in lines if line.startswith("daily: "))
        return told.partition(",")[0]


@pytest.fixture
def hands(paper: Installation, page: Page) -> Hands:
    """Give a reader who subscribed by the box and confirmed."""
    hands = Hands(paper, page)
    page.goto(paper.url)
    hands.type_into("Newsletter: Get top stories", READER)
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    # Who is faster than people are is asked to press once more.
    while not page.get_by_role("heading", name="Look into your mailbox").is_visible():
        hands.press("Subscribe")
    hands.follow("confirm", READER)
    hands.press("Yes, subscribe me")
    return hands


@pytest.mark.timeout(300)
def test_a_reader_stays_in_charge(hands: Hands) -> None:
    """From the box to the last word, each page reached by a mail's own link; no login and no cookie anywhere."""
    preferences = hands.follow("preferences", READER)
    assert hands.says(READER)
    _choose_what_comes(hands, preferences)
    _pause_and_resume(hands, preferences)
    _move(hands)
    _leave_and_come_back(hands)
    _have_everything_erased(hands)
    assert [] == hands.page.context.cookies()


def _choose_what_comes(hands: Hands, preferences: str) -> None:
    """Once a week, and breaking news; in Arabic, which the page then speaks."""
    hands.open("What comes")
    hands.choose("How often?", 1)
    hands.tick("Breaking news")
    hands.choose("In which language?", 1)
    hands.press("Save")
    spoken = tuple(hands.page.locator("html").get_attribute(each) for each in ("lang", "dir"))
    assert ("ar", "rtl") == spoken
    hands.page.goto(f"{preferences}?lang=en")
    assert hands.says("Once a week")
    hands.open("What comes")
    assert hands.page.get_by_role("checkbox", name="Breaking news").is_checked()
    assert hands.page.get_by_role("radio", name="Once a week").is_checked()


def _pause_and_resume(hands: Hands, preferences: str) -> None:
    """By the link that editions have to this very group, which opens by it."""
    hands.page.goto(f"{preferences}?lang=en#pause")
    assert hands.page.get_by_role("radio", name="2 weeks", exact=True).is_visible()
    hands.press("Pause")
    assert hands.says("Your pause has begun.")
    assert "paused" == hands.state()
    hands.press("Resume now")
    assert hands.says("Welcome back.")


def _move(hands: Hands) -> None:
    """Both mailboxes agree; until then nothing changes."""
    hands.open("Where to")
    hands.type_into("Your new address", NEW)
    with hands.page.expect_navigation():
        hands.page.keyboard.press("Enter")
    assert hands.says("each gets a link")
    hands.follow("address", NEW)
    hands.press("This address is mine")
    assert hands.says("Until then nothing changes")
    hands.follow("address", READER)
    hands.press("I agree")
    assert hands.says("Your address is changed")
    assert "active" == hands.state(NEW)


def _leave_and_come_back(hands: Hands) -> None:
    """By an old mail's link: less first, then nothing, then as if nothing had happened."""
    hands.follow("unsubscribe", READER)
    assert hands.says(NEW)
    hands.press("Pause for 2 weeks")
    hands.follow("unsubscribe", READER)
    hands.press("Unsubscribe")
    assert hands.says("You are unsubscribed")
    assert "unsubscribed" == hands.state(NEW)
    hands.press("Undo: stay subscribed")
    assert hands.says("as if nothing had happened")
    assert "paused" == hands.state(NEW)


def _have_everything_erased(hands: Hands) -> None:
    """Shown all of it first, and asked once more."""
    hands.open("Your data")
    hands.press("Mail me the link")
    hands.follow("data", NEW)
    assert hands.says("This is all that we know of you.")
    hands.reach(hands.page.get_by_role("link", name="Erase everything"))
    with hands.page.expect_navigation():
        hands.page.keyboard.press("Enter")
    hands.press("Erase everything")
    assert hands.says("We know nothing more of you")
    assert 0 != hands.paper.run("readers", "show", NEW).returncode
