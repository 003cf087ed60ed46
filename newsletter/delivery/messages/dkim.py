"""DKIM signatures (RFC 6376, RFC 8463), relaxed/relaxed, whose canonical form is made once for an edition.

An option, for relays that do not sign by themselves.
"""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from textwrap import wrap

from newsletter.delivery.messages.dkim_canonical import (
    Field,
    Mould,
    fields,
    fits_in_body,
    fits_in_fields,
    relaxed_body,
    relaxed_field,
    relaxed_text,
    with_holes,
)
from newsletter.delivery.messages.dkim_keys import SigningKey
from newsletter.delivery.messages.form import Piece
from newsletter.errors import ContentError

SIGNED = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "sender", "mime-version", "content-type"),
    *("content-transfer-encoding", "content-language", "list-id", "list-unsubscribe", "list-unsubscribe-post"),
    *("list-archive", "list-help", "feedback-id", "precedence", "auto-submitted"),
)
"""Header fields that are signed as often as they are there (RFC 6376 §5.4.1; RFC 8058 §4 insists on its two)."""

OVERSIGNED = frozenset({"from", "to", "subject", "date"})
"""Signed once more than they are there, so that nobody can add a second one (RFC 6376 §8.15)."""

_LINE = 76
_SIGNATURE_LINE = 72


class Seal:
    """Signs the messages of one edition, whose canonical form is made once."""

    def __init__(self, keys: Sequence[SigningKey], pieces: Sequence[Piece], signed_at: datetime) -> None:
        """Take the whole message, headers and content, in pieces, its lines ended by CRLF.

        ``signed_at`` is the edition's own time and not the clock's, so that a message tried again is the same
        to the byte. Raises ContentError when the pieces make no message.
        """
        self._keys, self._pieces, self._signed_at = keys, pieces, signed_at
        head, gap, body = with_holes(pieces).partition(b"\r\n\r\n")
        if not gap:
            raise ContentError("The headers do not end.", "Render the edition again.")
        chosen = _chosen(fields(head))
        names = [name for name, found in chosen.items() for _ in range(len(found) + (name in OVERSIGNED))]
        content = relaxed_body(body)
        self._body = Mould(content)
        self._fields = Mould(b"".join(each + b"\r\n" for found in chosen.values() for each in found))
        self._fitting = fits_in_fields(head) + fits_in_body(content)
        self._signatures = [_Signature(key, names, signed_at) for key in keys]

    def sign(self, values: Sequence[bytes]) -> bytes:
        """Return the header fields to put before a message, one for each key, each ended by CRLF.

        ``values`` are what is put into the message, one for each place among the pieces, in their order.
        """
        canonical = []
        for value, fitting in zip(values, self._fitting, strict=True):
            if fitting.fullmatch(value) is None:
                return self._sign_whole(values)
            canonical.append(relaxed_text(value) if b" " in value or b"\t" in value else value)
        signed = self._fields.fill(canonical)
        body_hash = b64encode(hashlib.sha256(self._body.fill(canonical)).digest())
        return b"".join(signature.write(signed, body_hash) for signature in self._signatures)

    def _sign_whole(self, values: Sequence[bytes]) -> bytes:
        """Sign a message that is made canonical after it is filled in."""
        rest = iter(values)
        message = b"".join(piece if isinstance(piece, bytes) else next(rest) for piece in self._pieces)
        return sign_message(self._keys, message, self._signed_at)


def sign_message(keys: Sequence[SigningKey], message: bytes, signed_at: datetime) -> bytes:
    """Return the header fields to put before one finished message.

    Raises ContentError when it is none.
    """
    return Seal(keys, [message], signed_at).sign(())


class _Signature:
    """The header field of one key, written but for the two hashes."""

    def __init__(self, key: SigningKey, names: Sequence[str], signed_at: datetime) -> None:
        lines = [
            f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed;",
            f"d={key.domain};",
            f"s={key.selector}; t={int(signed_at.timestamp())};",
            *wrap(f"h={': '.join(names)};", _LINE, break_on_hyphens=False),
        ]
        field = "\r\n ".join([*lines, "bh="]).encode("ascii") + b"\xff0\xff;\r\n b="
        self._key = key
        self._written = Mould(field)
        # Its own field is signed with an empty b= and without a line end (RFC 6376 §3.7).
        self._canonical = Mould(relaxed_field(field).canonical)

    def write(self, signed: bytes, body_hash: bytes) -> bytes:
        signature = b64encode(self._key.sign(signed + self._canonical.fill([body_hash])))
        lines = [signature[at : at + _SIGNATURE_LINE] for at in range(0, len(signature), _SIGNATURE_LINE)]
        return self._written.fill([body_hash]) + b"\r\n ".join(lines) + b"\r\n"


def _chosen(found: Sequence[Field]) -> dict[str, list[bytes]]:
    """Return the fields that are signed, of one name the lowest first (RFC 6376 §5.4.2).

    Raises ContentError when there is no From, which must be signed.
    """
    chosen: dict[str, list[bytes]] = {name: [] for name in SIGNED}
    for field in reversed(found):
        if field.name in chosen:
            chosen[field.name].append(field.canonical)
    if not chosen["from"]:
        raise ContentError("The message has no From, which every signature covers.", "Render the edition again.")
    return {name: each for name, each in chosen.items() if each or name in OVERSIGNED}
