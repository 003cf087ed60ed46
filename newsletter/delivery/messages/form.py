"""The message as a form: bytes with places left free, and how each place is filled in for one reader."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from html import escape
from operator import itemgetter
from typing import Any, NamedTuple

from newsletter.delivery.messages.encoding import Encoding, Fitting, room_for_values
from newsletter.delivery.messages.quoted import broken, quoted_value
from newsletter.edition.rendering.slots import Slot
from newsletter.errors import ContentError


class Reader(NamedTuple):
    """What one message says that the others of its edition do not."""

    address: str
    unsubscribe_url: str
    message_id: str
    click_url: str = ""
    """What stands before ``/`` and a link's number; empty where the edition counts no links."""

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

PLACES: tuple[Place, ...] = (
    (Context.HEADER, Slot.ADDRESS),
    (Context.HEADER, Slot.UNSUBSCRIBE),
    ID,
    *((Context.TEXT, slot) for slot in (Slot.ADDRESS, Slot.UNSUBSCRIBE, Slot.CLICK)),
    *((Context.HTML, slot) for slot in (Slot.ADDRESS, Slot.UNSUBSCRIBE, Slot.CLICK)),
)
"""Every place there can be, in the order in which :func:`spell` writes them."""

_PLAIN = re.compile(r"[!#-%(-;?-~]+")
"""Visible ASCII that neither HTML nor quoted-printable spells in another way."""


def spell(reader: Reader) -> tuple[bytes, ...]:
    """Return what stands in each of PLACES for a reader.

    Only the address in a header may go beyond ASCII (RFC 6532 §3.2). Raises UnicodeEncodeError for other values.
    """
    address, unsubscribe_url, _, click_url = reader
    values = (address, unsubscribe_url, click_url)
    if _PLAIN.fullmatch("".join(values)):
        in_text = in_html = tuple(map(broken, values))
    else:
        in_text = tuple(map(quoted_value, values))
        in_html = tuple(quoted_value(escape(value)) for value in values)
    headers = (address.encode(), unsubscribe_url.encode("ascii"), reader.local_id.encode("ascii"))
    return headers + in_text + in_html


def spell_plainly(reader: Reader) -> tuple[bytes, ...]:
    """Return the same for parts in 8bit: UTF-8 as it is, escaped in HTML."""
    address, unsubscribe_url, _, click_url = reader
    values = (address, unsubscribe_url, click_url)
    headers = (address.encode(), unsubscribe_url.encode("ascii"), reader.local_id.encode("ascii"))
    return headers + tuple(each.encode() for each in values) + tuple(escape(each).encode() for each in values)


class Form:
    """Bytes with places left free, filled in one pass that never looks at what it has put in.

    ``pieces`` are bytes and places in turn, bytes at either end.
    """

    __slots__ = ("_blank", "_chosen", "_spell", "pieces")

    def __init__(self, pieces: Sequence[Piece], encoding: Encoding = Encoding.QUOTED_PRINTABLE) -> None:
        """Raise ContentError where nothing writes a value in a place's context, or a line is too long for 8bit."""
        self.pieces = in_turn(pieces)
        self._spell = spell if encoding is Encoding.QUOTED_PRINTABLE else _fitting(self.pieces)
        places: Sequence[Any] = self.pieces[1::2]
        unwritten = [place for place in places if place not in PLACES]
        if unwritten:
            context, name = unwritten[0]
            raise ContentError(f"Nothing writes the slot {name!r} in {context}.", "Take it out of the template.")
        self._blank = [piece if isinstance(piece, bytes) else b"" for piece in self.pieces]
        self._chosen = _chooser([PLACES.index(place) for place in places])

    def filled(self, reader: Reader) -> list[bytes]:
        """Return the pieces with a reader's values in the places, one for one.

        Raises UnfitError for values that cannot stand in 8bit.
        """
        pieces = self._blank.copy()
        pieces[1::2] = self._chosen(self._spell(reader))
        return pieces

    def fill(self, reader: Reader) -> bytes:
        """Return the bytes with a reader's values in their places."""
        return b"".join(self.filled(reader))


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


def in_turn(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Return the pieces with neighbouring bytes made one, and empty bytes where nothing parts two places."""
    result: list[Piece] = [b""]
    for piece in pieces:
        last = result[-1]
        if isinstance(piece, tuple):
            result += [piece, b""]
        else:
            assert isinstance(last, bytes)
            result[-1] = last + piece
    return tuple(result)


def _fitting(pieces: Sequence[Piece]) -> Callable[[Reader], tuple[bytes, ...]]:
    """Return what spells values for 8bit and lets only those through that fit."""
    fitting = Fitting(room_for_values(pieces))

    def spell_fitting(reader: Reader) -> tuple[bytes, ...]:
        values = spell_plainly(reader)
        fitting.check(values)
        return values

    return spell_fitting


def _chooser(numbers: Sequence[int]) -> Callable[[tuple[bytes, ...]], tuple[bytes, ...]]:
    """Return what picks the values of those numbers; a getter of one number would not return a tuple."""
    if len(numbers) > 1:
        return itemgetter(*numbers)
    return lambda values: tuple(values[number] for number in numbers)
