"""Signed links: a token says which thing it is for and what it may do there, and cannot be made elsewhere.

A token is base64url without padding of ``number (8 bytes) | issued (4 bytes, Unix minutes) | mac (16 bytes)``;
the mac is HMAC-SHA256 over purpose, number and time under the installation's secret, cut to 128 bits (RFC 2104
§5). The purpose is never in the token, so a token for one purpose is only noise to every other.
"""

import base64
import hashlib
import hmac
import struct
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from newsletter.errors import SettingsError, TokenError

_BODY = struct.Struct(">QI")
_MAC_BYTES = 16
_LENGTH = _BODY.size + _MAC_BYTES
_LEAST_SECRET = 32


class Purpose(StrEnum):
    """The one thing a token may do."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    CONSOLE_FORM = "console-form"


LIFETIME: dict[Purpose, timedelta | None] = {
    Purpose.CONFIRM: timedelta(hours=48),
    # A reader may leave by the oldest mail they still have.
    Purpose.UNSUBSCRIBE: None,
    Purpose.CONSOLE_FORM: timedelta(hours=12),
}


class Tokens:
    """Signs and checks tokens under one secret."""

    def __init__(self, secret: str) -> None:
        """Raise SettingsError when ``secret`` is too short to be one."""
        if len(secret) < _LEAST_SECRET:
            raise SettingsError(
                f"SECRET_KEY has {len(secret)} characters; at least {_LEAST_SECRET} are needed.",
                'Make one: python -c "import secrets; print(secrets.token_urlsafe(48))"',
            )
        self._secret = secret.encode()

    def sign(self, purpose: Purpose, number: int, issued_at: datetime) -> str:
        """Return the token that lets its bearer do ``purpose`` to the thing numbered ``number``."""
        body = _BODY.pack(number, int(issued_at.timestamp()) // 60)
        return base64.urlsafe_b64encode(body + self._mac(purpose, body)).rstrip(b"=").decode()

    def read(self, token: str, purpose: Purpose, now: datetime) -> tuple[int, datetime]:
        """Return the number and the time of issue, to the minute.

        Raises TokenError when the token is forged, cut short, for another purpose, or past its lifetime.
        """
        try:
            raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        body, mac = raw[: _BODY.size], raw[_BODY.size :]
        if len(raw) != _LENGTH or not hmac.compare_digest(mac, self._mac(purpose, body)):
            raise TokenError("This link is not one of ours, or it was cut short.", "Copy the whole link.")
        # base64 leaves spare bits in the last character: only the spelling that we wrote is the token.
        if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
            raise TokenError("This link is not one of ours, or it was cut short.", "Copy the whole link.")
        number, minutes = _BODY.unpack(body)
        issued_at = datetime.fromtimestamp(minutes * 60, UTC)
        lifetime = LIFETIME[purpose]
        if lifetime is not None and now > issued_at + lifetime + timedelta(minutes=1):
            raise TokenError("This link is too old.", "Ask for a new one.")
        return number, issued_at

    def digest(self, *parts: object) -> bytes:
        """Return 16 bytes that only this installation can make from ``parts``; used for Message-IDs."""
        return self._mac("digest", "|".join(str(part) for part in parts).encode())

    def _mac(self, purpose: str, body: bytes) -> bytes:
        return hmac.digest(self._secret, purpose.encode() + b"\0" + body, hashlib.sha256)[:_MAC_BYTES]
