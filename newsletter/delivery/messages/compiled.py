"""The compiled edition: what all its messages share is encoded once, and each reader's values are only put in.

Serialising MIME for every reader costs a hundred times what differs between two of them. The headers are still
written by message.py alone: one sample is composed there and cut where it says what only one reader is told.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from newsletter.delivery.messages.dkim import Seal, sign_message
from newsletter.delivery.messages.dkim_keys import SigningKey, keys_for
from newsletter.delivery.messages.encoding import Encoding, UnfitError, plain_pieces
from newsletter.delivery.messages.form import ID, Context, Form, Piece, Place, Reader, cut
from newsletter.delivery.messages.message import Letter, compose_edition, message_id, sender_domain
from newsletter.delivery.messages.proof import prove
from newsletter.delivery.messages.quoted import quoted_pieces
from newsletter.edition.rendering.slots import Slot, fill_html, fill_text, segments
from newsletter.edition.store import FrozenContent
from newsletter.errors import ContentError
from newsletter.publication.newsletters import Newsletter

_DIGEST_BYTES = 16
_VISIBLE = r"[!-~]+"
"""What message.py writes into a header exactly as it is, and never breaks."""

_TOKEN = 38
_LONG_NAME = 48
_SIGNATURE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Original:
    """What all the messages of an edition share. ``content`` still holds its slots."""

    content: FrozenContent
    newsletter: Newsletter
    edition_id: int
    archive_url: str
    encoding: Encoding = Encoding.QUOTED_PRINTABLE

    def compose(self, reader: Reader) -> bytes:
        """Return a reader's message made the plain way, which the compiled one has to equal."""
        values = {
            Slot.ADDRESS: reader.address,
            Slot.UNSUBSCRIBE: reader.unsubscribe_url,
            Slot.CLICK: reader.click_url,
        }
        marker = self.content.marker
        text = fill_text(self.content.text, marker, values)
        return self.compose_around(text, fill_html(self.content.html, marker, values), reader)

    def compose_around(self, text: str, html: str, reader: Reader) -> bytes:
        """Return a reader's message with other parts."""
        letter = Letter(reader.address, self.content.subject, text, html, reader.message_id, self.content.ready_at)
        unsubscribe_url, archive_url = reader.unsubscribe_url, self.archive_url
        return compose_edition(letter, self.newsletter, unsubscribe_url, archive_url, self.encoding).as_bytes()


class CompiledEdition:
    """Makes the messages of one edition. :func:`compile_edition` is how to get one.

    ``size`` is how many octets a message has, rather more than fewer (RFC 1870 §6.1 asks for an estimate).
    """

    def __init__(self, original: Original) -> None:
        """Raise ContentError when the content cannot be compiled."""
        content = original.content
        self._original = original
        self._parts = {
            Context.TEXT: _encoded(content.text, Context.TEXT, original),
            Context.HTML: _encoded(content.html, Context.HTML, original),
        }
        nobody = _nobody(original)
        self._form = self._make_form(
            nobody,
            {
                nobody.address: ((Context.HEADER, Slot.ADDRESS), 1),
                nobody.unsubscribe_url: ((Context.HEADER, Slot.UNSUBSCRIBE), 1),
                # Message-ID, the boundary's parameter, and the three boundaries.
                nobody.local_id: (ID, 5),
            },
        )
        domain = nobody.message_id.rpartition("@")[2]
        usual_id = rf"<{original.edition_id}\.[0-9a-f]{{{2 * _DIGEST_BYTES}}}@{re.escape(domain)}"
        self._counts_clicks = bool({(Context.TEXT, Slot.CLICK), (Context.HTML, Slot.CLICK)} & {*self._form.pieces})
        self._usual = re.compile(f"{_VISIBLE} {_VISIBLE} {usual_id}")
        self._keys: Sequence[SigningKey] = ()
        self._seal: Seal | None = None
        self.size = len(self._form.fill(_somebody(original)))

    def sign_with(self, keys: Sequence[SigningKey]) -> None:
        """Sign every message from now on with those of the keys that may speak for the sender."""
        self._keys = keys_for(keys, sender_domain(self._original.newsletter))
        if self._keys:
            self._seal = Seal(self._keys, self._form.pieces, self._original.content.ready_at)
            self.size += _SIGNATURE_SIZE * len(self._keys)

    def message(self, reader: Reader) -> bytes:
        """Return a reader's finished message, with CRLF line ends: the same bytes every time it is asked for.

        Raises ContentError for an empty value, UnfitError for one that cannot stand in 8bit, and ValueError for
        one that no header may hold.
        """
        return b"".join(self.filled(reader))

    def filled(self, reader: Reader) -> list[bytes]:
        """Return a reader's finished message in pieces, as they are to be joined."""
        if not (reader.click_url or not self._counts_clicks):
            raise _no_value()
        if self._usual.fullmatch(f"{reader.address} {reader.unsubscribe_url} {reader.message_id}"):
            pieces = self._form.filled(reader)
            # Bytes and places in turn: every second piece is a value.
            return [self._seal.sign(pieces[1::2]), *pieces] if self._seal else pieces
        if not (reader.address and reader.unsubscribe_url and reader.message_id):
            raise _no_value()
        # The library may fold or encode these headers in another way, so they are its own for this reader.
        message = self._make_form(reader, {}).fill(reader)
        return [self._signature(message), message]

    def _signature(self, message: bytes) -> bytes:
        return sign_message(self._keys, message, self._original.content.ready_at) if self._keys else b""

    def _make_form(self, reader: Reader, cuts: Mapping[str, tuple[Place, int]]) -> Form:
        """Compose headers and boundaries for ``reader``, cut them at ``cuts``, and put the parts in."""
        marker = self._original.content.marker
        text, html = f"{marker}text", f"{marker}html"
        skeleton = self._original.compose_around(text, html, reader)
        lines = {f"{text}\r\n": ((Context.TEXT, ""), 1), f"{html}\r\n": ((Context.HTML, ""), 1)}
        pieces = cut(skeleton, {**cuts, **lines})
        return Form([part for piece in pieces for part in self._expand(piece)], self._original.encoding)

    def _expand(self, piece: Piece) -> Sequence[Piece]:
        if isinstance(piece, bytes) or piece[0] is Context.HEADER:
            return (piece,)
        return self._parts[piece[0]]


def compile_edition(original: Original, keys: Sequence[SigningKey] = ()) -> CompiledEdition:
    """Compile an edition, and prove with some readers' messages that nothing was changed by it.

    With ``keys``, its messages are signed (DKIM).

    Raises ContentError when the content cannot be compiled, or the proof fails.
    """
    try:
        compiled = CompiledEdition(original)
        usual, *unusual = _samples(original)
        _prove_for(usual, compiled, original)
        for reader in unusual:
            with suppress(UnfitError):
                _prove_for(reader, compiled, original)
        compiled.sign_with(keys)
    except ValueError as error:
        raise ContentError(f"The edition cannot be written as a message: {error}.") from error
    return compiled


def compile_in_8bit(original: Original, keys: Sequence[SigningKey] = ()) -> CompiledEdition | None:
    """Compile the same edition in 8bit, or return None where its parts cannot stand on the wire as they are.

    Raises ContentError as :func:`compile_edition` does.
    """
    try:
        return compile_edition(replace(original, encoding=Encoding.EIGHT_BIT), keys)
    except UnfitError:
        return None


def _prove_for(reader: Reader, compiled: CompiledEdition, original: Original) -> None:
    prove(compiled.message(reader), original.compose(reader), original.encoding)


def _encoded(content: str, context: Context, original: Original) -> list[Piece]:
    """Return a part's content encoded, ending its last line as message.py does."""
    ended = content if content.endswith(("\r", "\n")) else f"{content}\n"
    encode = plain_pieces if original.encoding is Encoding.EIGHT_BIT else quoted_pieces
    pieces = encode(segments(ended, original.content.marker))
    return [(context, piece) if isinstance(piece, Slot) else piece for piece in pieces]


def _nobody(original: Original) -> Reader:
    """Return a reader whose values are found again in the headers: made of the marker, ASCII, as long as usual."""
    marker = original.content.marker
    digest = hashlib.sha256(marker.encode()).digest()[:_DIGEST_BYTES]
    return Reader(
        address=f"{marker}@reader.example",
        unsubscribe_url=f"https://reader.example/{marker}",
        message_id=message_id(digest, original.edition_id, original.newsletter),
    )


def _somebody(original: Original) -> Reader:
    """Return a reader with a long address, and links as long as ours."""
    token = "t" * _TOKEN
    return Reader(
        address=f"{'a' * _LONG_NAME}@reader.example",
        unsubscribe_url=f"{original.archive_url}/{token}",
        message_id=_nobody(original).message_id,
        click_url=f"{original.archive_url}/{token}",
    )


def _samples(original: Original) -> Iterable[Reader]:
    """Return readers whose values are only copied, need every care there is, and go beyond ASCII."""
    somebody = _somebody(original)
    yield somebody
    awkward = "https://reader.example/" + "/.<\"'>=&" * 20
    dot = "" if original.encoding is Encoding.EIGHT_BIT else "."
    yield somebody._replace(
        address=f"{dot}o'hara&=" + "." * 99 + "@example.org", unsubscribe_url=awkward, click_url=f"{dot}{awkward}"
    )
    yield somebody._replace(address=f"{dot}zo\u00eb<\u0662@example.org")


def _no_value() -> ContentError:
    return ContentError("A reader has no value for one of the slots.", "Give one for every slot.")
