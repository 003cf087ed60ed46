"""A reader's whole way in a real browser: subscribe, confirm, read, leave; and an editor's: send now."""

import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.installation import Installation, installation

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
READER = "grace@example.net"

NEXT_DAY = """<?xml version="1.0"?><rss version="2.0"><channel><title>Tomorrow's paper</title>
<link>https://tomorrow.example/</link><description>x</description>
{}</channel></rss>"""
ARTICLE = "<item><title>{0}</title><link>https://tomorrow.example/{1}</link><guid>{1}</guid></item>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium at /usr/bin/chromium"),
]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("paper")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield opened
        opened.close()


def test_a_reader_subscribes_reads_and_leaves(paper: Installation, browser: Browser, tmp_path: Path) -> None:
    """From the one field to the one click: no edition before confirming, and none after leaving."""
    page = browser.new_page(viewport={"width": 390, "height": 800}, java_script_enabled=False)
    page.goto(paper.url)
    page.get_by_label("Newsletter: Get top stories and blog posts emailed to you each day.").fill(READER)
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

    feed = tmp_path / "tomorrow.xml"
    headlines = ("Rain is coming from the west", "Markets close early", "Mayor opens the new bridge")
    listed = "".join(ARTICLE.format(headline, number) for number, headline in enumerate(headlines))
    feed.write_text(NEXT_DAY.format(listed))
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    next_day = paper.run_json("day", "daily", "--date", tomorrow, "--feed", str(feed))
    assert "sent" == next_day["verdict"]
    assert [] == paper.mail_to(READER, subject=next_day["subject"])
    assert 1 == len(paper.mail_to("ann@example.org", subject=next_day["subject"]))
    page.close()


def states(paper: Installation) -> dict[str, str]:
    """Return where the reader stands with each newsletter."""
    lines = paper.run("readers", "show", READER).stdout.splitlines()
    return dict(line.split(": ") for line in lines if not line.startswith(" "))
