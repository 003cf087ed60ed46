"""The message as a form: bytes with places left free, and how each place is filled in for one reader."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from newsletter.delivery.quoted import quoted_value
from newsletter.edition.slots import Slot
from newsletter.errors import ContentError


@dataclass(frozen=True, slots=True)
class Reader:
    """What one message says that the others of its edition do not."""

    address: str
    unsubscribe_url: str
    message_id: str

    @property
    def local_id(self) -> str:
        """The Message-ID before its ``@``; the boundary between the parts is made of it."""
        return self.message_id.strip("<>").partition("@")[0]


class Context(StrEnum):
    """Where a value is put: each has its own spelling of the same value."""

    HEADER = "header"
    TEXT = "text"
    HTML = "html"


Place = tuple[Context, str]
"""A context, and a slot's name; headers have the ``local_id`` besides."""

Piece = bytes | Place

ID: Place = (Context.HEADER, "local_id")

_WRITERS: Mapping[Place, Callable[[Reader], bytes]] = {
    (Context.HEADER, Slot.ADDRESS): lambda reader: reader.address.encode("ascii"),
    (Context.HEADER, Slot.UNSUBSCRIBE): lambda reader: reader.unsubscribe_url.encode("ascii"),
    ID: lambda reader: reader.local_id.encode("ascii"),
    (Context.TEXT, Slot.ADDRESS): lambda reader: quoted_value(reader.address),
    (Context.TEXT, Slot.UNSUBSCRIBE): lambda reader: quoted_value(reader.unsubscribe_url),
    (Context.HTML, Slot.ADDRESS): lambda reader: quoted_value(escape(reader.address)),
    (Context.HTML, Slot.UNSUBSCRIBE): lambda reader: quoted_value(escape(reader.unsubscribe_url)),
}


class Form:
    """Bytes with places left free, filled in one pass that never looks at what it has put in."""

    __slots__ = ("_free", "_pieces", "_writers")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        """Raise ContentError where nothing writes a value in a place's context."""
        places = [piece for piece in pieces if not isinstance(piece, bytes)]
        unwritten = [place for place in places if place not in _WRITERS]
        if unwritten:
            context, name = unwritten[0]
            raise ContentError(f"Nothing writes the slot {name!r} in {context}.", "Take it out of the template.")
        kinds = list(dict.fromkeys(places))
        self._writers = [_WRITERS[kind] for kind in kinds]
        self._pieces = [piece if isinstance(piece, bytes) else b"" for piece in pieces]
        self._free = [
            (number, kinds.index(piece)) for number, piece in enumerate(pieces) if not isinstance(piece, bytes)
        ]

    def fill(self, reader: Reader) -> bytes:
        """Return the bytes with a reader's values in their places."""
        values = [write(reader) for write in self._writers]
        pieces = self._pieces.copy()
        for number, kind in self._free:
            pieces[number] = values[kind]
        return b"".join(pieces)


def cut(raw: bytes, cuts: Mapping[str, tuple[Place, int]]) -> list[Piece]:
    """Cut a message at each of the strings.

    Raises ContentError where one is not there as often as it should be.
    """
    places = {string.encode("ascii"): place for string, (place, _) in cuts.items()}
    for string, (_, count) in cuts.items():
        if raw.count(string.encode("ascii")) != count:
            raise ContentError(
                "A header holds the rendering's own marker, or lost it.", "Render the edition again."
            )
    pieces = re.split(b"(" + b"|".join(map(re.escape, places)) + b")", raw)
    return [places.get(piece, piece) for piece in pieces]


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the pieces with neighbouring bytes made one."""
    result: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes) and result and isinstance(result[-1], bytes):
            result[-1] += piece
        else:
            result.append(piece)
    return result
