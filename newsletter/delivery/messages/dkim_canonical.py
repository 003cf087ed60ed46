"""The relaxed canonical form (RFC 6376 §3.4.2, §3.4.4) of text, and of text with holes.

Signing covers a message's canonical form, and making it costs more than signing with Ed25519. All messages of an
edition share most of theirs, so it is made once, with a hole wherever a value goes. This module says when that
equals the canonical form of the filled text:

A. A hole is no white space and no line end. A value whose first and last octets are neither behaves as the hole
   does: each run of white space lies inside the value or outside of it. So its own canonical form may be put in.
B. White space that ends before a cut is not joined by what follows, unless what stands before the cut ends in
   white space, or in a CR whose LF is cut off. So a value that begins a line may begin with white space, or be
   empty, if it does not end that way, and if visible text follows the last hole: empty lines at the end go.

Everything else has to be made canonical when it is filled in.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsletter.errors import ContentError

_HOLE = re.compile(rb"\xff([0-9]+)\xff")
"""An octet that UTF-8 never holds (RFC 3629 §3), around the number of the value that goes there."""

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_FIELD_END = re.compile(rb"\r\n(?![ \t])")

_IN_FIELD = re.compile(rb"\S(?:[^\r\n]*\S)?")
_IN_LINE = re.compile(rb"\S(?:.*\S)?", re.DOTALL)
_AT_LINE_START = re.compile(rb"(?:.*[^ \t\r])?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Field:
    """One header field in canonical form: its name, and the whole without a line end."""

    name: str
    canonical: bytes


def relaxed_text(text: bytes) -> bytes:
    """Return text with each run of white space made one space, and none before a CRLF."""
    text = text.replace(b"\t", b" ")
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text.replace(b" \r\n", b"\r\n")


def relaxed_body(body: bytes) -> bytes:
    """Return a body in canonical form. One that lacks its last CRLF has it added first, as SMTP will."""
    ended = body if body.endswith(b"\r\n") else body + b"\r\n"
    text = relaxed_text(ended)
    while text.endswith(b"\r\n\r\n"):
        text = text[:-2]
    return b"" if text == b"\r\n" else text


def relaxed_field(field: bytes) -> Field:
    """Return a header field in canonical form. Raises ContentError when it is none."""
    found = _FIELD.fullmatch(field)
    if found is None:
        raise ContentError("A line of the headers is no header field.", "Render the edition again.")
    name = found[1].lower()
    return Field(name.decode("ascii"), name + b":" + relaxed_text(found[2].replace(b"\r\n", b"")).strip(b" "))


def fields(head: bytes) -> list[Field]:
    """Return the header fields in canonical form, in order; the last line end belongs to the gap before the body.

    Raises ContentError for a line that is no field.
    """
    return [relaxed_field(each) for each in _FIELD_END.split(head)]


def with_holes(pieces: Iterable[object]) -> bytes:
    """Join pieces; each that is not bytes becomes a hole, numbered from 0.

    Raises ContentError for bytes that could be taken for a hole.
    """
    written = []
    count = 0
    for piece in pieces:
        if not isinstance(piece, bytes):
            written.append(b"\xff%d\xff" % count)
            count += 1
        elif b"\xff" in piece:
            raise ContentError("A message holds an octet that is no text.", "Write it in quoted-printable.")
        else:
            written.append(piece)
    return b"".join(written)


class Mould:
    """Canonical text with holes, into which canonical values are put."""

    __slots__ = ("_holes", "_segments")

    def __init__(self, text: bytes) -> None:
        self._segments = _HOLE.split(text)
        self._holes = [(each, int(self._segments[each])) for each in range(1, len(self._segments), 2)]

    def fill(self, values: Sequence[bytes]) -> bytes:
        """Return the text with each hole's value in its place."""
        segments = self._segments.copy()
        for position, number in self._holes:
            segments[position] = values[number]
        return b"".join(segments)


def fits_in_fields(head: bytes) -> list[re.Pattern[bytes]]:
    """Return what the value of each hole in the headers must match wholly to be put in by itself (A above)."""
    return [_IN_FIELD for _ in _HOLE.finditer(head)]


def fits_in_body(body: bytes) -> list[re.Pattern[bytes]]:
    """Return the same for the holes of a canonical body (A and B above)."""
    holes = list(_HOLE.finditer(body))
    ends_visibly = bool(holes) and bool(body[holes[-1].end() :].strip(b"\r\n"))
    before = [body[hole.start() - 1 : hole.start()] for hole in holes]
    return [_AT_LINE_START if ends_visibly and octet == b"\n" else _IN_LINE for octet in before]
