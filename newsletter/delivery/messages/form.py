"""The message as a form: bytes with places left free, and how each place is filled in for one reader."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from html import escape
from operator import itemgetter
from typing import Any, NamedTuple

from newsletter.delivery.messages.based import Run, based
from newsletter.delivery.messages.encoding import Encoding, Encodings, Fitting, room_for_values
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
    preferences_url: str = ""
    """Empty where the edition does not print it."""
    unsubscribe_address: str = ""
    """Where a mail ends the subscription; empty where no mail is received."""

    @property
    def local_id(self) -> str:
        """The Message-ID before its ``@``; the boundary between the parts is made of it."""
        return self.message_id.strip("<>").partition("@")[0]


class Context(StrEnum):
    """Where a value is put: each has its own spelling of the same value."""

    HEADER = "header"
    TEXT = "text"
    HTML = "html"


Place = tuple[Context, str | Run]
"""A context, and a slot's name or a run; headers have what is below besides."""

Piece = bytes | Place

ID: Place = (Context.HEADER, "local_id")
LEAVE: Place = (Context.HEADER, "unsubscribe_address")

SLOTS = (Slot.ADDRESS, Slot.UNSUBSCRIBE, Slot.CLICK, Slot.PREFERENCES)

PLACES: tuple[Place, ...] = (
    (Context.HEADER, Slot.ADDRESS),
    (Context.HEADER, Slot.UNSUBSCRIBE),
    ID,
    LEAVE,
    *((Context.TEXT, slot) for slot in SLOTS),
    *((Context.HTML, slot) for slot in SLOTS),
)
"""Every place for a value there can be, in the order in which :func:`speller`'s functions write them."""

_HTML = len(PLACES) - len(SLOTS)

_PLAIN = re.compile(r"[!#-%(-;?-~]+")
"""Visible ASCII that neither HTML nor quoted-printable spells in another way."""

Spelt = tuple[bytes, ...]
"""What stands in each of PLACES."""


def spell(reader: Reader) -> Spelt:
    """Return what stands in each of PLACES for a reader.

    Only the address in a header may go beyond ASCII (RFC 6532 §3.2). Raises UnicodeEncodeError for other values.
    """
    address, unsubscribe_url, _, click_url, preferences_url, _ = reader
    values = (address, unsubscribe_url, click_url, preferences_url)
    if _PLAIN.fullmatch("".join(values)):
        in_text = in_html = tuple(map(broken, values))
    else:
        in_text = tuple(map(quoted_value, values))
        in_html = tuple(quoted_value(escape(value)) for value in values)
    return _headers(reader) + in_text + in_html


def spell_plainly(reader: Reader) -> Spelt:
    """Return the same for parts in 8bit, and for base64 to encode: UTF-8 as it is, escaped in HTML."""
    address, unsubscribe_url, _, click_url, preferences_url, _ = reader
    values = (address, unsubscribe_url, click_url, preferences_url)
    headers = _headers(reader)
    in_text = tuple([each.encode() for each in values])
    if _PLAIN.fullmatch("".join(values)):
        return headers + in_text + in_text
    return headers + in_text + tuple([escape(each).encode() for each in values])


def _headers(reader: Reader) -> Spelt:
    return (
        reader.address.encode(),
        reader.unsubscribe_url.encode("ascii"),
        reader.local_id.encode("ascii"),
        reader.unsubscribe_address.encode("ascii"),
    )


def speller(encodings: Encodings) -> Callable[[Reader], Spelt]:
    """Return what spells a reader's values for parts that are encoded so."""
    is_quoted = [encoding is Encoding.QUOTED_PRINTABLE for encoding in encodings]
    if all(is_quoted):
        return spell
    if not any(is_quoted):
        return spell_plainly
    in_text, in_html = (spell if each else spell_plainly for each in is_quoted)
    return lambda reader: in_text(reader)[:_HTML] + in_html(reader)[_HTML:]


class Form:
    """Bytes with places left free, filled in one pass that never looks at what it has put in.

    ``pieces`` are bytes and places in turn, bytes at either end.
    """

    __slots__ = ("_blank", "_check", "_chosen", "_runs", "pieces")

    def __init__(self, pieces: Sequence[Piece], *, is_8bit: bool = False) -> None:
        """Raise ContentError where nothing writes a value in a place's context, or a line is too long for 8bit."""
        self.pieces = in_turn(pieces)
        self._check = Fitting(room_for_values(self.pieces)).check if is_8bit else None
        places: Sequence[Any] = self.pieces[1::2]
        runs = list(dict.fromkeys(place for place in places if isinstance(place[1], Run)))
        self._runs = [_writer(context, run) for context, run in runs]
        numbers = {place: number for number, place in enumerate((*PLACES, *runs))}
        self._blank = [piece if isinstance(piece, bytes) else b"" for piece in self.pieces]
        self._chosen = _chooser([_number(place, numbers) for place in places])

    def filled(self, values: Spelt) -> list[bytes]:
        """Return the pieces with a reader's values in the places, one for one.

        Raises UnfitError for values that cannot stand in 8bit.
        """
        if self._check:
            self._check(values)
        if self._runs:
            values = (*values, *[based(octets % chosen(values)) for octets, chosen in self._runs])
        pieces = self._blank.copy()
        pieces[1::2] = self._chosen(values)
        return pieces

    def fill(self, values: Spelt) -> bytes:
        """Return the bytes with a reader's values in their places."""
        return b"".join(self.filled(values))


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


def _number(place: Place, numbers: Mapping[Place, int]) -> int:
    if place not in numbers:
        context, name = place
        raise ContentError(f"Nothing writes the slot {name!r} in {context}.", "Take it out of the template.")
    return numbers[place]


def _writer(context: Context, run: Run) -> tuple[bytes, Callable[[Spelt], Spelt]]:
    """Return a run's octets with a ``%b`` for each value, and what picks those values."""
    octets = b"".join(b"%b" if isinstance(each, Slot) else each.replace(b"%", b"%%") for each in run.pieces)
    slots = [each for each in run.pieces if isinstance(each, Slot)]
    numbers = {place: number for number, place in enumerate(PLACES)}
    return octets, _chooser([_number((context, slot), numbers) for slot in slots])


def _chooser(numbers: Sequence[int]) -> Callable[[Spelt], Spelt]:
    """Return what picks the values of those numbers; a getter of one number would not return a tuple."""
    if len(numbers) > 1:
        return itemgetter(*numbers)
    return lambda values: tuple(values[number] for number in numbers)
