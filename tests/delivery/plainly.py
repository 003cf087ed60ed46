"""The same edition by the plain way, to hold against ours: one EmailMessage for each reader, and nothing shared.

``plain_message`` leans on nothing of newsletter/delivery, and ``read_wire`` on the email package for encoded words
alone.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.generator import BytesGenerator
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape, unescape
from io import BytesIO
from pathlib import Path
from typing import cast

from newsletter.db import Database
from newsletter.delivery.messages.compiled import Original, compile_edition
from newsletter.delivery.messages.composer import Copy
from newsletter.delivery.post import Post
from newsletter.delivery.transport import MemoryTransport
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.selection import AlsoIn, ChosenArticle, Masthead, Selection
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition, FrozenContent
from newsletter.publication.newsletters import Newsletter
from newsletter.tokens import Purpose, Tokens

READY_AT = datetime(2026, 3, 2, 6, 0, 30, tzinfo=UTC)
HOME = "https://news.paper.example"
ARCHIVE = f"{HOME}/archive/daily/2026-03-02"
_TEMPLATES = Path(__file__).parents[2] / "templates"
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
_ARTICLE = ChosenArticle(
    article_id=1,
    title="\u00dcberfahrt: the ferry sails again",
    url="https://news.example/1?a=1&b=2",
    summary="The council voted 11 to 4, and the quay was full. " * 3,
    section="City",
    source="Bay Courier",
    author="Mara Lindqvist",
    published_at=READY_AT,
    image_url="https://news.example/1.jpg",
    image_alt="The bay",
    why="It is new.",
    points=1.0,
    parts={},
    votes=None,
    also_in=(),
    language="",
)


def a_post(secret: str) -> Post:
    """Return what mail goes out with; nothing here asks a database."""
    return Post(cast("Database", None), Tokens(secret), HOME, MemoryTransport())


def a_copy(articles: int = 3, *, track_clicks: bool = True) -> Copy:
    """Return an edition as our templates print it, each article with a picture and a reference: two links each."""
    newsletter = replace(_DAILY, track_clicks=track_clicks)
    masthead = Masthead(**{name: getattr(newsletter, name) for name in Masthead.__dataclass_fields__})
    chosen = tuple(
        replace(
            _ARTICLE,
            article_id=number,
            url=f"{_ARTICLE.url}&n={number}",
            also_in=(AlsoIn("Radio Nord", f"https://nord.example/{number}", "Library"),),
        )
        for number in range(articles)
    )
    selection = Selection(chosen[:-1], chosen[-1:])
    rendered = Stationery([_TEMPLATES]).digest(selection, masthead, date(2026, 3, 2), ARCHIVE)
    content = FrozenContent(
        rendered.subject,
        rendered.preheader,
        rendered.text,
        rendered.html,
        rendered.marker,
        READY_AT,
        rendered.links,
    )
    return Copy(_edition(rendered.subject), newsletter, content, compile_edition(_original(content, newsletter)))


def _original(content: FrozenContent, newsletter: Newsletter) -> Original:
    return Original(content, newsletter, 4, ARCHIVE)


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
        requested_by="test",
        sends_when_ready=True,
        source_ids=None,
        subscription_ids=None,
        subject=subject,
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
    values = {"unsubscribe": leave, "address": address, "click": own}
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
