"""How the parts of a message are encoded: quoted-printable or base64, or as they are in 8bit (RFC 6152).

In 8bit no soft break keeps a line short and nothing hides a dot, so whatever would need care on the wire is left
to quoted-printable: the whole edition for what all share, one message for what its reader's values make of it.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from newsletter.edition.rendering.slots import Slot
from newsletter.errors import ContentError

LONGEST_LINE = 998
"""Octets, less the line end (RFC 5322 §2.1.1)."""

_PLACE = b"\xff"
"""An octet that UTF-8 never holds (RFC 3629 §3)."""


class Encoding(StrEnum):
    """A Content-Transfer-Encoding (RFC 2045 §6)."""

    QUOTED_PRINTABLE = "quoted-printable"
    BASE64 = "base64"
    EIGHT_BIT = "8bit"


class Encodings(NamedTuple):
    """How the two parts of a message are encoded; none or both are in 8bit."""

    text: Encoding
    html: Encoding


QUOTED = Encodings(Encoding.QUOTED_PRINTABLE, Encoding.QUOTED_PRINTABLE)
IN_8BIT = Encodings(Encoding.EIGHT_BIT, Encoding.EIGHT_BIT)


class UnfitError(ContentError):
    """Something that cannot be sent in 8bit as it is."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Not fit for 8bit: {what}.", "Send it in quoted-printable.")


def plain_pieces(pieces: Sequence[str | Slot]) -> list[bytes | Slot]:
    """Return text in UTF-8 with every kind of line end made CRLF, and slots as they are."""
    return [piece if isinstance(piece, Slot) else re.sub("\r\n?|\n", "\r\n", piece).encode() for piece in pieces]


def room_for_values(pieces: Iterable[object]) -> int:
    """Return how many octets each value may have so that no line of a message is too long.

    Whatever is not bytes is a place for a value. Raises UnfitError where values that are empty would be too long.
    """
    text = b"".join(piece if isinstance(piece, bytes) else _PLACE for piece in pieces)
    if b"\0" in text or b"\n." in text:
        raise UnfitError("a NUL, or a dot that begins a line")
    room = LONGEST_LINE
    for line in text.split(b"\r\n"):
        places = line.count(_PLACE)
        left = LONGEST_LINE - len(line) + places
        if left < 0:
            raise UnfitError(f"a line of {len(line)} octets")
        if places:
            room = min(room, left // places)
    return room


class Fitting:
    """Says whether values can stand in 8bit as they are."""

    def __init__(self, room: int) -> None:
        """Take values of ``room`` octets each."""
        self._fits = re.compile(rb"(?!\.)[^\0\r\n]{0,%d}" % room).fullmatch

    def check(self, values: Iterable[bytes]) -> None:
        """Raise UnfitError for a value that is too long, begins with a dot, or ends its line."""
        if not all(map(self._fits, values)):
            raise UnfitError("a value that is long, begins with a dot or ends its line")
