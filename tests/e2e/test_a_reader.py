"""A reader's whole way in a real browser: subscribe, confirm, read, leave; and an editor's: send now."""

import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser

from tests.browsing import needs_chromium
from tests.e2e.installation import Installation, installation

READER = "grace@example.net"

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("paper")) as running:
        yield running


def test_a_reader_subscribes_reads_and_leaves(paper: Installation, browser: Browser) -> None:
    """From the one field to the one click: no edition before confirming, and none after leaving."""
    page = browser.new_page(viewport={"width": 390, "height": 800}, java_script_enabled=False)
    page.goto(paper.url)
    page.get_by_label("Newsletter: Get top stories and blog posts emailed to you each day.").fill(READER)
    # A form that is sent sooner than a person can fill it in comes back.
    page.wait_for_timeout(3500)
    page.get_by_role("button", name="Subscribe").click()
    assert page.get_by_role("heading", name="Look into your mailbox").is_visible()

    confirmation = paper.wait_for_mail(READER)
    text = confirmation.get_body(("plain",))
    assert text is not None
    link = next(word for word in text.get_content().split() if "/confirm/" in word)
    assert "auto-generated" == confirmation["Auto-Submitted"]

    page.goto(link)
    assert {"daily": "unconfirmed"} == states(paper)
    page.get_by_role("button", name="Yes, subscribe me").click()
    assert page.get_by_role("heading", name="You are subscribed").is_visible()
    assert {"daily": "active"} == states(paper)

    told = paper.run_json("day", "daily")
    assert "sent" == told["verdict"]
    edition = paper.wait_for_mail(READER, subject=told["subject"])
    assert 1 == len(paper.mail_to("ann@example.org", subject=told["subject"]))
    assert "List-Unsubscribe=One-Click" == edition["List-Unsubscribe-Post"]

    leave = edition["List-Unsubscribe"].strip("<>")
    page.goto(leave)
    assert {"daily": "active"} == states(paper)
    answer = urllib.request.urlopen(leave, data=urlencode({"List-Unsubscribe": "One-Click"}).encode())
    assert 200 == answer.status
    assert {"daily": "unsubscribed"} == states(paper)

    next_day = paper.send_tomorrows()
    assert [] == paper.mail_to(READER, subject=next_day["subject"])
    assert 1 == len(paper.mail_to("ann@example.org", subject=next_day["subject"]))
    page.close()


def states(paper: Installation) -> dict[str, str]:
    """Return where the reader stands with each newsletter."""
    lines = paper.run("readers", "show", READER).stdout.splitlines()
    return dict(line.split(": ") for line in lines if not line.startswith(" "))
