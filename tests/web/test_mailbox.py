"""The local mailbox shows mail, and lets none of it act."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from newsletter.local.mailbox import store


@pytest.fixture
def name(tmp_path: Path) -> str:
    """Keep one message that tries everything."""
    message = EmailMessage()
    message["From"] = "News <news@paper.example>"
    message["To"] = "reader@example.com"
    message["Subject"] = "<script>alert(1)</script> today"
    message["List-Unsubscribe"] = "<https://paper.example/unsubscribe/x>"
    message["X-Other"] = "more"
    message.set_content("Plain <b>words</b>.")
    html = "<html><head><title>x</title></head><body><script>alert(2)</script>Rich words.</body></html>"
    message.add_alternative(html, subtype="html")
    folder = tmp_path / "mail"
    folder.mkdir()
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    return store(folder, "bounce@paper.example", ["reader@example.com"], message.as_bytes(), now).name


def test_the_list_names_each_message(scene: Any, name: str) -> None:
    """Time, addressee and subject are there, and the subject is text."""
    page = scene.browser().get("/mailbox").text
    assert f'href="/mailbox/{name}"' in page
    assert "reader@example.com" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "Mon 2 Mar 2026, 12:00 UTC" in page


def test_a_message_is_shown_in_all_its_forms(scene: Any, name: str) -> None:
    """Headers first, the HTML in a sandboxed frame, the text as text."""
    page = scene.browser().get(f"/mailbox/{name}").text
    assert "https://paper.example/unsubscribe/x" in page
    assert "Plain &lt;b&gt;words" in page
    assert f'<iframe src="/mailbox/{name}/html"' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "alert(2)" not in page


def test_the_html_part_may_run_nothing(scene: Any, name: str) -> None:
    """It may show pictures and its own styles; links open beside it."""
    answer = scene.browser().get(f"/mailbox/{name}/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "img-src http: https:" in policy
    assert "frame-ancestors 'self'" in policy
    assert "sandbox" in policy
    assert "script" not in policy
    assert '<head><base target="_blank"><title>' in answer.text


def test_the_source_is_a_download(scene: Any, name: str) -> None:
    """The bytes come as they were submitted, never as a page."""
    answer = scene.browser().get(f"/mailbox/{name}/source")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.content.startswith(b"From: News")


def test_only_messages_can_be_named(scene: Any, name: str) -> None:
    """No other name leads to a file."""
    for other in ("x", "..%2Fmail", "20260302T120000000000Z-00000000.eml"):
        for form in ("", "/html", "/source"):
            assert scene.browser().get(f"/mailbox/{other}{form}").status_code == 404


def test_without_a_mailbox_there_are_no_pages(make_scene: Callable[..., Any]) -> None:
    """With a relay of the operator's own, nothing of this is reachable."""
    browser = make_scene(mailbox_dir=None).browser()
    assert browser.get("/mailbox").status_code == 404
    assert "/mailbox" not in browser.get("/subscribed").text
