"""A message as a stranger opens it: header fields as they were written, and its two parts. Pure.

Our own library wrote the message, so it is not asked to read it: the header is taken apart here, by RFC 5322 §2.2
alone. Any bytes can be opened; what is no message has no fields and no parts.
"""

import codecs
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

_LINE_END = re.compile(rb"\r?\n")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Field:
    """A header field: its name as written, its value unfolded (RFC 5322 §2.2.3), and its lines on the wire."""

    name: str
    value: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A message: its header, the decoded parts, and the HTML as a tree; None for what is not there."""

    raw: bytes
    head: bytes
    fields: tuple[Field, ...]
    text: str | None
    html: str | None
    tree: HtmlElement | None

    def values(self, name: str) -> list[str]:
        """Return what every field of a name says, in order."""
        return [each.value for each in self.fields if each.name.lower() == name.lower()]

    def value(self, name: str) -> str:
        """Return what the first field of a name says, or nothing."""
        return next(iter(self.values(name)), "")

    @property
    def is_letter(self) -> bool:
        """Whether a program wrote it to one person, and no list sent it (RFC 3834 §5): it needs no way out."""
        is_automatic = self.value("Auto-Submitted").lower() not in {"", "no"}
        return is_automatic and not any(each.name.lower().startswith("list-") for each in self.fields)

    def elements(self, *tags: str) -> list[HtmlElement]:
        """Return the elements with these tags, all of them without one; comments are none."""
        if self.tree is None:
            return []
        return [each for each in self.tree.iter(*tags) if isinstance(each.tag, str)]


def open_message(raw: bytes) -> Opened:
    """Read a message's bytes; never raises."""
    head = _BLANK_LINE.split(raw, maxsplit=1)[0]
    message = message_from_bytes(raw)
    text = html = None
    for part in message.walk():
        kind = _kind(part)
        if kind == "text/plain" and text is None:
            text = _decoded(part)
        elif kind == "text/html" and html is None:
            html = _decoded(part)
    return Opened(raw, head, _fields(head), text, html, _tree(html) if html else None)


def tag_of(element: HtmlElement) -> str:
    """Return an element's name as it is shown: in angle brackets."""
    name: object = element.tag
    return f"<{name}>"


def words_of(tree: HtmlElement) -> str:
    """Return all the text of an element, white space folded."""
    return " ".join("".join(str(each) for each in tree.itertext()).split())


def _fields(head: bytes) -> tuple[Field, ...]:
    unfolded: list[list[bytes]] = []
    for line in _LINE_END.split(head):
        if line.startswith((b" ", b"\t")) and unfolded:
            unfolded[-1].append(line)
        else:
            unfolded.append([line])
    return tuple(_field(lines) for lines in unfolded if b":" in lines[0])


def _field(lines: list[bytes]) -> Field:
    name, _, value = b"".join(lines).partition(b":")
    told = tuple(line.decode("utf-8", "replace") for line in lines)
    return Field(name.decode("utf-8", "replace").strip(), value.decode("utf-8", "replace").strip(), told)


def _kind(part: Message) -> str:
    try:
        is_attached = part.get_content_disposition() == "attachment"
        return "" if is_attached or part.is_multipart() else part.get_content_type()
    except (ValueError, LookupError, AttributeError, TypeError):
        # A parameter that is damaged in a way that the library does not foresee.
        return ""


def _decoded(part: Message) -> str:
    try:
        payload = part.get_payload(decode=True)
        charset = part.get_content_charset("utf-8")
        codecs.lookup(charset)
    except (ValueError, LookupError, AttributeError, TypeError):
        payload, charset = part.get_payload(), "utf-8"
    content = payload if isinstance(payload, bytes) else str(payload).encode("utf-8", "replace")
    try:
        return content.decode(charset, "replace")
    except (ValueError, LookupError):
        # A codec that makes no text, such as hex.
        return content.decode("utf-8", "replace")


def _tree(html: str) -> HtmlElement | None:
    content = html.replace("\0", "").encode("utf-8", "replace")
    try:
        return document_fromstring(content, parser=HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError, AssertionError):
        return None
