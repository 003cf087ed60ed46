"""Base64 (RFC 2045 §6.8) of content in pieces, so that what all readers share is encoded once.

Base64 writes three octets as four characters, so a value cannot be encoded by itself: the one or two octets beside
it belong to its groups. Together they are a run, which begins a line, as what stands behind it does. Where the
groups behind a run begin depends on nothing but what the lengths of its values leave when divided by three, so
content is cut once for each such remainder; signed links are all of one length.
"""

from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from newsletter.delivery.messages.encoding import plain_pieces
from newsletter.edition.rendering.slots import Slot

GROUP = 3
"""Octets that are written as four characters."""

_LINE_OCTETS = 57
"""They make a line of 76 characters (RFC 2045 §6.8)."""

_LINE_END = b"\r\n"


class Run(NamedTuple):
    """Values and the octets around them that are a whole number of groups together."""

    pieces: tuple[bytes | Slot, ...]


def based(octets: bytes) -> bytes:
    """Return octets encoded, on as many lines as it takes, the last of them not ended."""
    if len(octets) <= _LINE_OCTETS:
        return b2a_base64(octets, newline=False)
    if len(octets) <= 2 * _LINE_OCTETS:
        # As long as a run is that holds a link: asked for thousands of times a second.
        first, second = octets[:_LINE_OCTETS], octets[_LINE_OCTETS:]
        return b2a_base64(first, newline=False) + _LINE_END + b2a_base64(second, newline=False)
    starts = range(0, len(octets), _LINE_OCTETS)
    return _LINE_END.join([b2a_base64(octets[start : start + _LINE_OCTETS], newline=False) for start in starts])


def based_size(octets: int) -> int:
    """Return how many octets on the wire so many make, with their line ends."""
    return 4 * -(-octets // GROUP) + len(_LINE_END) * -(-octets // _LINE_OCTETS)


def based_pieces(pieces: Sequence[str | Slot], remainders: Mapping[Slot, int]) -> list[bytes | Run]:
    """Return text encoded, and runs, each line ended.

    ``remainders`` are what the lengths of the values leave when divided by three. Raises UnicodeEncodeError for a
    surrogate.
    """
    written: list[bytes | Run] = []
    for each in _cut(pieces, remainders):
        written += [each if isinstance(each, Run) else based(each), _LINE_END]
    return written


def _cut(pieces: Sequence[str | Slot], remainders: Mapping[Slot, int]) -> list[bytes | Run]:
    """Cut content into octets and runs, each but the last a whole number of groups."""
    cut: list[bytes | Run] = []
    # What has not come to the end of a group, and how far it is into one.
    held: list[bytes | Slot] = []
    over = 0
    for piece in plain_pieces(pieces):
        if isinstance(piece, Slot):
            held.append(piece)
            over = (over + remainders[piece]) % GROUP
            continue
        needed = -over % GROUP if held else 0
        if len(piece) < needed:
            held.append(piece)
            over += len(piece)
            continue
        if held:
            cut.append(Run((*held, piece[:needed])))
        end = len(piece) - (len(piece) - needed) % GROUP
        if end > needed:
            cut.append(piece[needed:end])
        held, over = ([piece[end:]], len(piece) - end) if end < len(piece) else ([], 0)
    return _ended(cut, held)


def _ended(cut: list[bytes | Run], held: list[bytes | Slot]) -> list[bytes | Run]:
    """Return what was cut, with what is held put to its end."""
    if any(isinstance(piece, Slot) for piece in held):
        return [*cut, Run(tuple(held))]
    rest = b"".join(piece for piece in held if isinstance(piece, bytes))
    if rest and cut and isinstance(cut[-1], bytes):
        return [*cut[:-1], cut[-1] + rest]
    return [*cut, rest] if rest else cut
