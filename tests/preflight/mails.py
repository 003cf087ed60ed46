"""Messages for the tests of this room: ours as the templates make it, and a small good one to spoil."""

from datetime import UTC, date, datetime
from pathlib import Path

from newsletter.config import Settings
from newsletter.delivery.messages.compiled import compile_edition
from newsletter.delivery.messages.dkim_keys import SigningKey
from newsletter.delivery.messages.form import Reader
from newsletter.delivery.messages.original import Original
from newsletter.edition.assemble import masthead
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.selection import ChosenArticle, Selection
from newsletter.edition.store import FrozenContent
from newsletter.preflight.examine import CHECKS, told
from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, Outcome
from newsletter.preflight.opened import open_message
from newsletter.publication.newsletters import Newsletter

NOW = datetime(2026, 3, 2, 6, 40, tzinfo=UTC)
HOME = "https://news.quay-paper.de"
LEAVE = f"{HOME}/unsubscribe/a-token-of-some-length"
EXPECTED = Expected(HOME, "1 Quay Street\nHarbourtown")


def a_newsletter(**settings: object) -> Newsletter:
    """Return a newsletter that the world can reach."""
    usual: dict[str, object] = {
        "id": 1,
        "slug": "daily",
        "name": "The Daily",
        "publisher": "The Quay Paper",
        "sender_address": "news@quay-paper.de",
        "postal_address": "1 Quay Street\nHarbourtown",
        "created_at": NOW,
        "scheduled_since": NOW,
    }
    return Newsletter(**{**usual, **settings})  # type: ignore[arg-type]  # each test's own settings


def an_article(number: int, **facts: object) -> ChosenArticle:
    """Return an article as it stands in an edition."""
    usual: dict[str, object] = {
        "article_id": number,
        "title": f"The council opens bridge number {number} to everybody",
        "url": f"https://www.quay-paper.de/news/bridge-{number}",
        "summary": "After three years of work the bridge is open. The mayor cut the ribbon on Monday morning.",
        "section": "Town",
        "source": "The Quay Paper",
        "author": "Ann Writer",
        "published_at": NOW,
        "image_url": f"{HOME}/image/0123456789abcdef-{number}.jpg" if number % 2 else "",
        "image_alt": "A crowd on the bridge in the first light" if number % 2 else "",
        "image_width": 1200,
        "image_height": 800,
        "reasons": (),
        "points": 10.0,
        "parts": {},
        "votes": None,
        "also_in": (),
        "language": "",
    }
    return ChosenArticle(**{**usual, **facts})  # type: ignore[arg-type]  # each test's own facts


def our_mail(language: str = "en", keys: tuple[SigningKey, ...] = (), **settings: object) -> bytes:
    """Return a message of an edition of ours, as a reader gets it."""
    newsletter = a_newsletter(language=language, **settings)
    selection = Selection(tuple(map(an_article, range(1, 9))), tuple(map(an_article, range(11, 13))))
    paper = Stationery(Settings.from_environment().template_folders)
    archive = f"{HOME}/archive/daily/2026-03-02"
    content = paper.digest(selection, masthead(newsletter), date(2026, 3, 2), archive)
    parts = (content.subject, content.preheader, content.text, content.html, content.marker)
    frozen = FrozenContent(language, *parts, NOW, content.links)
    compiled = compile_edition(Original(frozen, newsletter, 7, archive), keys)
    digest = "5b1f6e0c" * 4
    return compiled.message(
        Reader(
            "reader@quay-readers.de",
            LEAVE,
            f"<7.{digest}@quay-paper.de>",
            f"{HOME}/c/some-token",
            f"{HOME}/preferences/some-token",
        )
    )


HEAD = f"""\
From: The Daily <news@quay-paper.de>
To: reader@quay-readers.de
Subject: The council opens a bridge
Date: Mon, 02 Mar 2026 06:40:00 +0000
Message-ID: <7.5b1f6e0c@quay-paper.de>
MIME-Version: 1.0
List-Id: The Daily <daily.quay-paper.de>
List-Unsubscribe: <{LEAVE}>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
DKIM-Signature: v=1; a=rsa-sha256; d=quay-paper.de; s=one;
 h=from:to:subject:date:list-unsubscribe:list-unsubscribe-post; bh=YQ==; b=YQ==
Content-Type: multipart/alternative; boundary=cut
"""

TEXT = f"""\
The council opens a bridge
https://www.quay-paper.de/news/bridge

Unsubscribe: {LEAVE}
1 Quay Street
Harbourtown
"""

HTML = f"""\
<!DOCTYPE html>
<html lang="en"><head><title>The Daily</title></head>
<body style="background-color: #ffffff; color: #222222">
<h1>The council opens a bridge</h1>
<img src="https://www.quay-paper.de/bridge.jpg" width="600" height="400" alt="A crowd in the first light">
<p><a href="https://www.quay-paper.de/news/bridge" style="color: #104080">Read on</a></p>
<p><a href="{LEAVE}" style="color: #104080">Unsubscribe</a></p>
<p>1 Quay Street<br>Harbourtown</p>
</body></html>
"""


def a_mail(head: str = HEAD, text: str | None = TEXT, html: str | None = HTML) -> bytes:
    """Return a good message, or one with another header or other parts."""
    parts = [("plain", text), ("html", html)]
    written = "".join(
        f"--cut\nContent-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{content}\n"
        for kind, content in parts
        if content is not None
    )
    return f"{head}\n{written}--cut--\n".replace("\n", "\r\n").encode()


def with_html(content: str) -> bytes:
    """Return the good message with something more at the end of its HTML."""
    return a_mail(html=HTML.replace("</body>", f"{content}</body>"))


def findings_of(name: str, raw: bytes, expected: Expected = EXPECTED) -> list[Finding]:
    """Return what one check says of a message."""
    return told(name, CHECKS[name](open_message(raw), expected))


def faults_of(name: str, raw: bytes, expected: Expected = EXPECTED) -> list[tuple[Outcome, str]]:
    """Return what one check has against a message."""
    found = findings_of(name, raw, expected)
    return [(each.outcome, each.what) for each in found if each.outcome is not Outcome.PASS]


def save(folder: Path, raw: bytes) -> Path:
    """Save a message as a mail program does."""
    path = folder / "mail.eml"
    path.write_bytes(raw)
    return path
