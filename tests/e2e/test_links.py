"""Every link of a mail that was delivered, followed by machines before its reader: nothing happens."""

import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from newsletter.config import Settings
from newsletter.db import Database
from newsletter.local import runfile
from tests.browsing import needs_chromium
from tests.e2e.installation import PATIENCE, Installation, installation
from tests.rows import every_row

pytestmark = [pytest.mark.browser, needs_chromium]
READER = "ann@example.org"
"""The reader whom a first start finds, and mails the first edition to."""

LINK = re.compile(r"""https?://[^\s"'<>]+""")
QUIET_TIME = 1.0
"""Seconds without anything written after which all that was begun counts as done."""


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Give an installation whose clock is silent: what is written while it is watched is written by visitors."""
    with installation(tmp_path_factory.mktemp("paper"), TICK_INTERVAL="86400") as running:
        yield running


@pytest.fixture(scope="module")
def database(paper: Installation) -> Iterator[Database]:
    """Give the installation's own database."""
    live = runfile.joined(Settings.from_environment(data_dir=paper.data))
    assert live is not None
    opened = Database(live.database_url.get_secret_value(), application="tests")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def mail(paper: Installation) -> EmailMessage:
    return paper.wait_for_mail(READER)


@pytest.fixture(scope="module")
def links(paper: Installation, mail: EmailMessage) -> list[str]:
    """Give every address of ours in the mail: of its headers, its text and its HTML."""
    written = [str(value) for name, value in mail.items() if name.startswith("List-")]
    written += [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    found = {link.replace("&amp;", "&") for each in written for link in LINK.findall(each)}
    ours = sorted(each for each in found if urlsplit(each).netloc == urlsplit(paper.url).netloc)
    kinds = {urlsplit(each).path.split("/")[1] for each in ours}
    assert {"archive", "preferences", "unsubscribe", "sample"} <= kinds
    return ours


def settled(database: Database) -> dict[str, list[str]]:
    """Return every row, once nothing is being written any more."""
    deadline = time.monotonic() + PATIENCE
    before, now = None, every_row(database)
    while before != now:
        assert time.monotonic() < deadline, "the installation does not come to rest"
        time.sleep(QUIET_TIME)
        before, now = now, every_row(database)
    return now


def ask(method: str, url: str, data: bytes | None = None) -> tuple[int, str | None]:
    """Return the status of an answer, redirects followed, and what it would have a browser remember."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, method=method), timeout=30) as answer:
            return answer.status, answer.headers["Set-Cookie"]
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers["Set-Cookie"]


def test_scanners_change_nothing(database: Database, links: list[str], browser: Browser) -> None:
    """GET, HEAD, and a browser that runs scripts, moves the mouse about and waits: not one row of any table."""
    before = settled(database)
    for link in links:
        assert [200, 200] == [ask(method, link)[0] for method in ("GET", "HEAD")], link
        page = browser.new_page()
        page.goto(link, wait_until="load")
        page.mouse.move(200, 300)
        page.mouse.wheel(0, 2_000)
        page.close()
    after = settled(database)
    assert {} == {table: rows for table, rows in after.items() if rows != before[table]}


def test_one_post_without_cookies_leaves(paper: Installation, database: Database, mail: EmailMessage) -> None:
    """As a mail program's own button sends it (RFC 8058); what it answers has no cookie, and twice is once."""
    assert "List-Unsubscribe=One-Click" == mail["List-Unsubscribe-Post"]
    link = LINK.findall(str(mail["List-Unsubscribe"]))[0]
    assert "daily: active" in paper.run("readers", "show", READER).stdout
    assert (200, None) == ask("POST", link, b"List-Unsubscribe=One-Click")
    assert "daily: unsubscribed" in paper.run("readers", "show", READER).stdout
    left = settled(database)
    assert (200, None) == ask("POST", link, b"List-Unsubscribe=One-Click")
    assert left == settled(database)
