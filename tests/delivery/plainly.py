"""The same edition by the plain way, to hold against ours: one EmailMessage for each reader, and nothing shared.

``plain_message`` leans on nothing of newsletter/delivery, and ``read_wire`` on the email package for encoded words
alone.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from email.generator import BytesGenerator
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape, unescape
from io import BytesIO
from typing import cast

from newsletter.db import Database
from newsletter.delivery.messages.compiled import compile_edition
from newsletter.delivery.messages.composer import Copy
from newsletter.delivery.messages.original import Original
from newsletter.delivery.post import Post
from newsletter.delivery.transport import MemoryTransport
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import EditionKind
from newsletter.publication.newsletters import Newsletter
from newsletter.tokens import Purpose, Tokens
from tests.delivery.editions import ARABIC, ARCHIVE, ARTICLE, HOME, READY_AT, articles, content_of

_DAILY = Newsletter(
    slug="daily",
    name="The Daily",
    publisher="The Paper",
    sender_address="news@paper.example",
    postal_address="1 Quay Street",
    id=1,
    created_at=READY_AT,
    scheduled_since=READY_AT,
)


def a_post(secret: str) -> Post:
    """Return what mail goes out with; nothing here asks a database."""
    return Post(cast("Database", None), Tokens(secret), HOME, MemoryTransport())


def a_copy(count: int = 3, *, track_clicks: bool = True, arabic: bool = False) -> Copy:
    """Return an edition as our templates print it, in English or in Arabic."""
    newsletter = replace(_DAILY, track_clicks=track_clicks)
    article, language = (ARABIC, "ar") if arabic else (ARTICLE, "en")
    content = content_of(newsletter, articles(count, article), language)
    return Copy(
        _edition(content.subject), newsletter, content, compile_edition(Original(content, newsletter, 4, ARCHIVE))
    )


def _edition(subject: str) -> Edition:
    return Edition(
        id=4,
        newsletter_id=1,
        slug="daily",
        key="2026-03-02",
        edition_on=date(2026, 3, 2),
        state=EditionState.SENDING,
        reason="",
        notes=[],
        kind=EditionKind.DIGEST,
        article_id=None,
        requested_by="test",
        sends_when_ready=True,
        source_ids=None,
        subscription_ids=None,
        subject=subject,
        content_hash="0",
        due_at=READY_AT,
        created_at=READY_AT,
        gathering_at=READY_AT,
        ready_at=READY_AT,
        sending_at=READY_AT,
        finished_at=None,
        rechecked_at=None,
    )


def plain_message(copy: Copy, tokens: Tokens, subscription_id: int, address: str) -> EmailMessage:
    """Return a reader's message as a program of one screen would write it."""
    newsletter, content = copy.newsletter, copy.content
    leave = f"{HOME}/unsubscribe/{tokens.sign(Purpose.UNSUBSCRIBE, subscription_id, content.ready_at)}"
    own = f"{HOME}/c/{tokens.pair_signer(Purpose.CLICK, copy.edition.id)(subscription_id)}"
    prefer = f"{HOME}/preferences/{tokens.sign(Purpose.PREFERENCES, subscription_id, content.ready_at)}"
    values = {"unsubscribe": leave, "address": address, "click": own, "preferences": prefer}
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(newsletter.name, addr_spec=newsletter.sender_address)
    message["To"] = address
    message["Subject"] = content.subject
    message["Date"] = content.ready_at
    digest = tokens.digest("edition", copy.edition.id, subscription_id).hex()
    message["Message-ID"] = f"<{copy.edition.id}.{digest}@paper.example>"
    message["List-Id"] = f"{newsletter.name} <daily.paper.example>"
    message["List-Unsubscribe"] = f"<{leave}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["List-Archive"] = f"<{ARCHIVE}>"
    message["Feedback-ID"] = "20260302:daily:digest:paperexample"
    message["Precedence"] = "bulk"
    text, html = content.text, content.html
    for name, value in values.items():
        text = text.replace(f"{content.marker}s{name}x", value)
        html = html.replace(f"{content.marker}s{name}x", escape(value))
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    message["Content-Language"] = content.language
    return message


def flattened(message: EmailMessage) -> bytes:
    """Return the bytes that smtplib.SMTP.send_message would write, before it doubles dots."""
    raw = BytesIO()
    BytesGenerator(raw, policy=SMTP.clone(max_line_length=998)).flatten(message)
    return raw.getvalue()


@dataclass(frozen=True)
class Received:
    """What a message says to whoever reads it."""

    headers: dict[str, str]
    text: str
    html: str

    @property
    def links(self) -> tuple[list[str], list[str]]:
        """Every address in the text and in the HTML, in their order."""
        hrefs = re.findall(r'href="([^"]*)"', self.html)
        return re.findall(r"https?://\S+", self.text), [unescape(href) for href in hrefs]


def read_wire(raw: bytes) -> Received:
    """Read a message of two parts (RFC 5322 §2.2, RFC 2046 §5.1.1), without the parser of the email package."""
    headers, content = _headers_of(raw)
    boundary = re.search(r'boundary="([^"]+)"', headers.pop("content-type"))
    assert boundary
    parts = content.split(f"--{boundary[1]}".encode())
    assert parts[3].strip() == b"--"
    text, html = (_decoded(part.removeprefix(b"\r\n").removesuffix(b"\r\n")) for part in parts[1:3])
    return Received(headers, text, html)


def _decoded(part: bytes) -> str:
    headers, content = _headers_of(part)
    assert 'charset="utf-8"' in headers["content-type"]
    match headers["content-transfer-encoding"]:
        case "quoted-printable":
            content = binascii.a2b_qp(content)
        case "base64":
            content = binascii.a2b_base64(content)
    return content.decode().replace("\r\n", "\n")


def _headers_of(raw: bytes) -> tuple[dict[str, str], bytes]:
    head, _, content = raw.partition(b"\r\n\r\n")
    lines = re.sub(rb"\r\n(?=[ \t])", b"", head).decode().split("\r\n")
    return dict(_header(line) for line in lines), content


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), str(make_header(decode_header(value.strip())))


def readers(count: int) -> Iterator[tuple[int, str]]:
    """Yield readers of every usual kind, and of some that need care."""
    kinds = (
        "reader{}",
        ".dot{}",
        "o'hara{}",
        "a=b&c{}",
        "under_score{}",
        "long{}" + "x" * 40,
        "UPPER{}",
        "plus+{}",
    )
    for number in range(count):
        yield number + 1, f"{kinds[number % len(kinds)].format(number)}@mail{number % 7}.example.org"
