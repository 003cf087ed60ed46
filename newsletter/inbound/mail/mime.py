"""The parts of a message, found without recursion and within limits.

The standard library's parser takes a stack frame a level and time that grows with levels times lines; a stranger
chooses both. A report says what it has to say in its first parts, so what lies beyond the limits is not read.
"""

import binascii
import quopri
import re
from collections import deque
from typing import NamedTuple

from newsletter.inbound.mail.charsets import decode
from newsletter.inbound.mail.headers import Headers, read_headers
from newsletter.inbound.mail.markup import text_of_markup

MOST_BYTES = 2 * 1024 * 1024
MOST_PARTS = 60
DEEPEST = 8
LONGEST_HEADERS = 128 * 1024
"""Bytes of one header section."""
LONGEST_TEXT = 64 * 1024
"""Bytes of one part that are read as text."""

_LONGEST_BOUNDARY = 200
_RETURNED = frozenset(
    {
        "message/rfc822",
        "message/global",
        "message/global-headers",
        "message/partial",
        "text/rfc822-headers",
        "text/rfc822",
    }
)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


class Part(NamedTuple):
    """A leaf of the tree: its media type, its fields, its octets with the transfer encoding undone."""

    content_type: str
    headers: Headers
    octets: bytes

    @property
    def is_text(self) -> bool:
        """Whether people are to read it."""
        return self.content_type.startswith("text/") and not self.is_returned

    @property
    def is_returned(self) -> bool:
        """Whether it is the message that a report is about, or its header section."""
        return self.content_type in _RETURNED

    @property
    def text(self) -> str:
        """What it says, without markup."""
        told = decode(self.octets[:LONGEST_TEXT], self.headers.parameter("charset"))
        return text_of_markup(told) if self.content_type == "text/html" else told


class Letter(NamedTuple):
    """A message as it came: its fields, the leaves of its tree in order, and whether that is all of it."""

    headers: Headers
    parts: list[Part]
    is_whole: bool


def read_letter(raw: bytes) -> Letter:
    """Return the fields and parts of a message; never raises, whatever the octets."""
    octets = raw[:MOST_BYTES]
    octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    headers, content = _divide(octets)
    parts, is_whole = _leaves(headers, content)
    return Letter(headers, parts, is_whole and len(raw) <= MOST_BYTES)


def _leaves(headers: Headers, content: bytes) -> tuple[list[Part], bool]:
    """Return the leaves, and whether the tree stayed within the limits."""
    leaves: list[Part] = []
    waiting = deque([(headers, content, 0)])
    seen, deepest = 0, 0
    while waiting and seen < MOST_PARTS:
        seen += 1
        own, octets, depth = waiting.popleft()
        deepest = max(deepest, depth)
        if own.content_type.startswith("multipart/") and depth < DEEPEST:
            pieces = _pieces(octets, own.parameter("boundary"))
            inner = [(*_divide(piece), depth + 1) for piece in pieces]
            if inner:
                waiting.extendleft(reversed(inner))
                continue
        leaves.append(_returned(own) if depth and _is_a_message(own) else _leaf(own, octets))
    return leaves, not waiting and deepest < DEEPEST


def _is_a_message(headers: Headers) -> bool:
    """Whether a returned message was put in as a part, without a header section of the part's own."""
    return all(headers[name] for name in ("received", "from", "message-id", "subject"))


def _returned(headers: Headers) -> Part:
    lines = "\n".join(f"{name}: {value}" for name, value in headers.fields)
    return Part("message/rfc822", Headers([]), lines.encode("utf-8", "replace") + b"\n\n")


def _leaf(headers: Headers, octets: bytes) -> Part:
    content_type = headers.content_type
    if content_type.startswith("multipart/"):
        content_type = "text/plain"
    return Part(content_type, headers, _undo(octets, headers["content-transfer-encoding"]))


def _divide(octets: bytes) -> tuple[Headers, bytes]:
    """Divide a header section from its content; a section that is none is all content (RFC 2046 §5.1)."""
    if octets.startswith(b"\n"):
        return Headers([]), octets[1:]
    section, _, content = octets.partition(b"\n\n")
    headers = read_headers(section[:LONGEST_HEADERS])
    if not headers.fields:
        return headers, octets
    return headers, content


def _pieces(octets: bytes, boundary: str) -> list[bytes]:
    """Return what stands between the delimiters (RFC 2046 §5.1.1); the last needs no end."""
    octets = b"\n" + octets
    delimiter = b"\n--" + boundary.encode("utf-8", "replace") if boundary else _likely_delimiter(octets)
    pieces: list[bytes] = []
    start, at = -1, octets.find(delimiter) if delimiter else -1
    while at >= 0 and len(pieces) < MOST_PARTS:
        end = octets.find(b"\n", at + 1)
        end = end if end >= 0 else len(octets)
        rest = octets[at + len(delimiter) : end].strip()
        # A longer line is the delimiter of another part, within this one.
        if rest in {b"", b"--"}:
            if start >= 0:
                pieces.append(octets[start:at])
            if rest == b"--":
                return pieces
            start = end + 1
        at = octets.find(delimiter, at + 1)
    if 0 <= start < len(octets) and len(pieces) < MOST_PARTS:
        pieces.append(octets[start:])
    return pieces


def _likely_delimiter(octets: bytes) -> bytes:
    """Return the first line that looks like a delimiter, where no boundary is named."""
    start = octets.find(b"\n--")
    return b"\n" + octets[start + 1 :].partition(b"\n")[0].rstrip()[:_LONGEST_BOUNDARY] if start >= 0 else b""


def _undo(octets: bytes, encoding: str) -> bytes:
    """Undo a transfer encoding (RFC 2045 §6); what is not encoded as said stays as it is."""
    match encoding.partition(";")[0].strip().lower():
        case "quoted-printable":
            return quopri.decodestring(octets)
        case "base64":
            kept = _NOT_BASE64.sub(b"", octets)
            kept = kept[: len(kept) // 4 * 4] if len(kept) % 4 == 1 else kept + b"=" * (-len(kept) % 4)
            try:
                return binascii.a2b_base64(kept)
            except binascii.Error:
                return octets
        case _:
            return octets


def returned_headers(part: Part) -> Headers:
    """Return the fields of a returned message."""
    octets = part.octets.lstrip(b"\n")
    return read_headers(octets.partition(b"\n\n")[0][:LONGEST_HEADERS])
