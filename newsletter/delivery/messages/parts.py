"""One part of an edition's content, encoded once for all readers; and which encoding makes it the smaller."""

from collections.abc import Mapping, Sequence

from newsletter.delivery.messages.based import Run, based_pieces, based_size
from newsletter.delivery.messages.encoding import Encoding, plain_pieces
from newsletter.delivery.messages.quoted import quoted_pieces, quoted_value
from newsletter.edition.rendering.slots import Slot, segments

EncodedPiece = bytes | Slot | Run


class Part:
    """Content whose slots are still open. ``measured`` are those whose values' lengths say how it is encoded."""

    def __init__(self, content: str, marker: str, encoding: Encoding) -> None:
        """Raise ContentError for content with a damaged slot."""
        self._segments = _segments(content, marker)
        self.slots = frozenset(each for each in self._segments if isinstance(each, Slot))
        self.measured = tuple(sorted(self.slots)) if encoding is Encoding.BASE64 else ()
        self._pieces: Sequence[EncodedPiece] | None = None
        if encoding is not Encoding.BASE64:
            encode = plain_pieces if encoding is Encoding.EIGHT_BIT else quoted_pieces
            self._pieces = encode(self._segments)

    def pieces(self, remainders: Mapping[Slot, int]) -> Sequence[EncodedPiece]:
        """Return it encoded, with places for values; ``remainders`` are as in ``based_pieces``."""
        return based_pieces(self._segments, remainders) if self._pieces is None else self._pieces


def smaller_encoding(content: str, marker: str, values: Mapping[Slot, str]) -> Encoding:
    """Return which of quoted-printable and base64 makes the part smaller on the wire for a reader of these values.

    Raises ContentError for content with a damaged slot.
    """
    pieces = _segments(content, marker)
    spelt = {slot: quoted_value(value) for slot, value in values.items()}
    in_quoted = sum(len(spelt[each] if isinstance(each, Slot) else each) for each in quoted_pieces(pieces))
    octets = sum(len(values[each].encode() if isinstance(each, Slot) else each) for each in plain_pieces(pieces))
    return Encoding.QUOTED_PRINTABLE if in_quoted <= based_size(octets) else Encoding.BASE64


def _segments(content: str, marker: str) -> tuple[str | Slot, ...]:
    """Return a part's content cut at its slots, ending its last line as the library does."""
    return segments(content if content.endswith(("\r", "\n")) else f"{content}\n", marker)
