"""The compiled edition: what all its messages share is encoded once, and each reader's values are only put in.

Serialising MIME for every reader costs a hundred times what differs between two of them. The headers are still
written by message.py alone: one sample is composed there and cut where it says what only one reader is told.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from operator import attrgetter

from newsletter.delivery.messages.based import GROUP, based
from newsletter.delivery.messages.dkim import Seal, sign_message
from newsletter.delivery.messages.dkim_keys import SigningKey, keys_for
from newsletter.delivery.messages.encoding import IN_8BIT, Encoding, Encodings, UnfitError
from newsletter.delivery.messages.form import (
    ID,
    LEAVE,
    PLACES,
    Context,
    Form,
    Piece,
    Place,
    Reader,
    Spelt,
    cut,
    speller,
)
from newsletter.delivery.messages.message import sender_domain
from newsletter.delivery.messages.original import DIGEST_BYTES, Original, nobody, samples, somebody, values_of
from newsletter.delivery.messages.parts import Part, smaller_encoding
from newsletter.delivery.messages.proof import prove
from newsletter.edition.rendering.slots import Slot
from newsletter.errors import ContentError

_VISIBLE = r"[!-~]+"
"""What message.py writes into a header exactly as it is, and never breaks."""

_SIGNATURE_SIZE = 1000


class CompiledEdition:
    """Makes the messages of one edition in one language. :func:`compile_edition` is how to get one.

    ``size`` is how many octets a message has, rather more than fewer (RFC 1870 §6.1 asks for an estimate).
    """

    def __init__(self, original: Original) -> None:
        """Raise ContentError when the content cannot be compiled."""
        content = original.content
        self.original = original
        self._parts = {
            Context.TEXT: Part(content.text, content.marker, original.encodings.text),
            Context.HTML: Part(content.html, content.marker, original.encodings.html),
        }
        self._spell = speller(original.encodings)
        self._measured = [(context, slot) for context, part in self._parts.items() for slot in part.measured]
        self._numbers = [PLACES.index(place) for place in self._measured]
        self._needed = attrgetter(*self._needed_values())
        sample = nobody(original)
        self._skeleton = self._make_skeleton(sample, _cuts(sample))
        domain = sample.message_id.rpartition("@")[2]
        usual_id = rf"<{original.edition_id}\.[0-9a-f]{{{2 * DIGEST_BYTES}}}@{re.escape(domain)}"
        self._usual = re.compile(f"{_VISIBLE} {_VISIBLE} {usual_id}")
        self._keys: Sequence[SigningKey] = ()
        self._forms: dict[tuple[int, ...], tuple[Form, Seal | None]] = {}
        self._only: tuple[Form, Seal | None] | None = None
        values = self._spell(somebody(original))
        self.size = len(self._form_for(values)[0].fill(values))

    def sign_with(self, keys: Sequence[SigningKey]) -> None:
        """Sign every message from now on with those of the keys that may speak for the sender."""
        self._keys = keys_for(keys, sender_domain(self.original.newsletter))
        self.size += _SIGNATURE_SIZE * len(self._keys)
        self._forms.clear()
        self._only = None

    def message(self, reader: Reader) -> bytes:
        """Return a reader's finished message, with CRLF line ends: the same bytes every time it is asked for.

        Raises ContentError for an empty value, UnfitError for one that cannot stand in 8bit, and ValueError for
        one that no header may hold.
        """
        return b"".join(self.filled(reader))

    def filled(self, reader: Reader) -> list[bytes]:
        """Return a reader's finished message in pieces, as they are to be joined."""
        if not all(self._needed(reader)):
            raise _no_value()
        ways_out = reader.unsubscribe_url + reader.unsubscribe_address
        if self._usual.fullmatch(f"{reader.address} {ways_out} {reader.message_id}"):
            values = self._spell(reader)
            form, seal = self._only or self._form_for(values)
            pieces = form.filled(values)
            # Bytes and places in turn: every second piece is a value.
            return [seal.sign(pieces[1::2]), *pieces] if seal else pieces
        # The library may fold or encode these headers in another way, so they are its own for this reader.
        values = self._spell(reader)
        message = self._make_form(self._make_skeleton(reader, {}), self._remainders(values)).fill(values)
        return [self._signature(message), message]

    def _needed_values(self) -> tuple[str, ...]:
        """Return which of a reader's values must not be empty."""
        slots = self._parts[Context.TEXT].slots | self._parts[Context.HTML].slots
        is_used = {
            "click_url": Slot.CLICK in slots,
            "preferences_url": Slot.PREFERENCES in slots,
            "unsubscribe_address": self.original.inbound_domain != "",
        }
        return ("address", "unsubscribe_url", "message_id", *(name for name, used in is_used.items() if used))

    def _signature(self, message: bytes) -> bytes:
        return sign_message(self._keys, message, self.original.content.ready_at) if self._keys else b""

    def _remainders(self, values: Spelt) -> tuple[int, ...]:
        return tuple([len(values[number]) % GROUP for number in self._numbers])

    def _form_for(self, values: Spelt) -> tuple[Form, Seal | None]:
        """Return the form that these values fit into, and what signs it: one for all, but for base64.

        There it is one for each remainder of their lengths; as links are all of a length, at most three for an
        address in the text, and as many for its spelling in HTML.
        """
        remainders = self._remainders(values)
        found = self._forms.get(remainders)
        if found is None:
            form = self._make_form(self._skeleton, remainders)
            seal = Seal(self._keys, form.pieces, self.original.content.ready_at) if self._keys else None
            found = self._forms[remainders] = form, seal
            self._only = None if self._measured else found
        return found

    def _make_skeleton(self, reader: Reader, cuts: Mapping[str, tuple[Place, int]]) -> list[Piece]:
        """Compose headers and boundaries for ``reader``, and cut them at ``cuts`` and where a part goes."""
        marker, encodings = self.original.content.marker, self.original.encodings
        text, html = f"{marker}text", f"{marker}html"
        skeleton = self.original.compose_around(text, html, reader)
        lines: dict[str, tuple[Place, int]] = {
            _line(text, encodings.text): ((Context.TEXT, ""), 1),
            _line(html, encodings.html): ((Context.HTML, ""), 1),
        }
        return cut(skeleton, {**cuts, **lines})

    def _make_form(self, skeleton: Sequence[Piece], remainders: tuple[int, ...]) -> Form:
        """Put the parts into a skeleton."""
        known = dict(zip(self._measured, remainders, strict=True))
        pieces: list[Piece] = []
        for piece in skeleton:
            if isinstance(piece, bytes) or piece[0] is Context.HEADER:
                pieces.append(piece)
                continue
            context = piece[0]
            part = self._parts[context].pieces({slot: over for (at, slot), over in known.items() if at is context})
            pieces += [each if isinstance(each, bytes) else (context, each) for each in part]
        return Form(pieces, is_8bit=self.original.is_8bit)


def compile_edition(original: Original, keys: Sequence[SigningKey] = ()) -> CompiledEdition:
    """Compile an edition, and prove with some readers' messages that nothing was changed by it.

    Unless it is to be in 8bit, each part is in the one of quoted-printable and base64 that makes it smaller. With
    ``keys``, its messages are signed (DKIM).

    Raises ContentError when the content cannot be compiled, or the proof fails.
    """
    try:
        chosen = original if original.is_8bit else replace(original, encodings=_smaller_encodings(original))
        compiled = CompiledEdition(chosen)
        usual, *unusual = samples(chosen)
        _prove_for(usual, compiled)
        for reader in unusual:
            with suppress(UnfitError):
                _prove_for(reader, compiled)
        compiled.sign_with(keys)
    except ValueError as error:
        raise ContentError(f"The edition cannot be written as a message: {error}.") from error
    return compiled


def compile_in_8bit(original: Original, keys: Sequence[SigningKey] = ()) -> CompiledEdition | None:
    """Compile the same edition in 8bit, or return None where its parts cannot stand on the wire as they are.

    Raises ContentError as :func:`compile_edition` does.
    """
    try:
        return compile_edition(replace(original, encodings=IN_8BIT), keys)
    except UnfitError:
        return None


def _prove_for(reader: Reader, compiled: CompiledEdition) -> None:
    original = compiled.original
    prove(compiled.message(reader), original.compose(reader), is_8bit=original.is_8bit)


def _cuts(sample: Reader) -> dict[str, tuple[Place, int]]:
    """Return what a reader's values are found by in the headers, and how often each is there."""
    found: dict[str, tuple[Place, int]] = {
        sample.address: ((Context.HEADER, Slot.ADDRESS), 1),
        sample.unsubscribe_url: ((Context.HEADER, Slot.UNSUBSCRIBE), 1),
        # Message-ID, the boundary's parameter, and the three boundaries.
        sample.local_id: (ID, 5),
    }
    return {**found, sample.unsubscribe_address: (LEAVE, 1)} if sample.unsubscribe_address else found


def _smaller_encodings(original: Original) -> Encodings:
    content, values = original.content, values_of(somebody(original))
    text, html = (smaller_encoding(part, content.marker, values) for part in (content.text, content.html))
    return Encodings(text, html)


def _line(text: str, encoding: Encoding) -> str:
    """Return a short line of visible ASCII as the library encodes it."""
    ended = f"{text}\r\n"
    return f"{based(ended.encode()).decode()}\r\n" if encoding is Encoding.BASE64 else ended


def _no_value() -> ContentError:
    return ContentError("A reader has no value for one of the slots.", "Give one for every slot.")
