"""Signed links: a token says which thing it is for and what it may do there, and cannot be made elsewhere.

A token is base64url without padding of ``number (8 bytes) | issued (4 bytes, Unix minutes) | mac (16 bytes)``;
the mac is HMAC-SHA256 over purpose, number and time under the installation's secret, cut to 128 bits (RFC 2104
§5). The purpose is never in the token, so a token for one purpose is only noise to every other. A token for a pair
has a second number where others have their time: no purpose has tokens of both kinds.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from newsletter.errors import SettingsError, TokenError

_BODY = struct.Struct(">QI")
_MAC_BYTES = 16
_LENGTH = _BODY.size + _MAC_BYTES
_LEAST_SECRET = 32
_BLOCK = 64
"""Bytes that SHA-256 takes in at a time."""

_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))
_PADDING = -_LENGTH % 3
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Purpose(StrEnum):
    """The one thing a token may do."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    WELCOME = "welcome"
    """To be mailed the latest edition once, right after confirming, and nothing else."""
    ARCHIVE = "archive"
    """To read an edition for named readers on the web."""
    BOUNCE = "bounce"
    """To report on one delivery; in the envelope sender of its message."""
    LETTER_BOUNCE = "letter-bounce"
    """To report on a letter to one reader; the same, for a subscription."""
    SIGN_UP_FORM = "sign-up-form"
    """To send the sign-up form that it was shown with."""
    DATA = "data"
    """To see, take and erase all that is known of a reader."""
    ADDRESS = "address"
    """To agree to one side of a change of address."""
    CONSOLE_FORM = "console-form"
    CLICK = "c"
    """For a pair: a subscription, and the edition whose link was followed. Short, as it is in every link."""


LIFETIME: dict[Purpose, timedelta | None] = {
    Purpose.CONFIRM: timedelta(hours=48),
    # A reader may leave by the oldest mail they still have.
    Purpose.UNSUBSCRIBE: None,
    Purpose.PREFERENCES: None,
    Purpose.WELCOME: timedelta(hours=1),
    Purpose.ARCHIVE: None,
    # Relays give up after days; some reports lie in a queue for weeks.
    Purpose.BOUNCE: timedelta(days=60),
    Purpose.LETTER_BOUNCE: timedelta(days=60),
    Purpose.SIGN_UP_FORM: timedelta(hours=2),
    Purpose.DATA: timedelta(hours=1),
    Purpose.ADDRESS: timedelta(hours=48),
    Purpose.CONSOLE_FORM: timedelta(hours=12),
    Purpose.CLICK: None,
}


def minute_of(moment: datetime) -> int:
    """Return the minute since 1970 that stands in a token."""
    return int(moment.timestamp()) // 60


def spelled(octets: bytes) -> str:
    """Return a token's octets as links have them: base64url without padding (RFC 4648 §5)."""
    return binascii.b2a_base64(octets, newline=False)[:-_PADDING].translate(_URL_SAFE).decode()


class Tokens:
    """Signs and checks tokens under one secret."""

    def __init__(self, secret: str) -> None:
        """Raise SettingsError when ``secret`` is too short to be one."""
        if len(secret) < _LEAST_SECRET:
            raise SettingsError(
                f"SECRET_KEY has {len(secret)} characters; at least {_LEAST_SECRET} are needed.",
                'Make one: python -c "import secrets; print(secrets.token_urlsafe(48))"',
            )
        secret_key = secret.encode()
        block_key = hashlib.sha256(secret_key).digest() if len(secret_key) > _BLOCK else secret_key
        padded = block_key.ljust(_BLOCK, b"\0")
        # The two first blocks of every HMAC under one key are the same: hashed once (RFC 2104 §4).
        self._inner = hashlib.sha256(padded.translate(_INNER_PAD))
        self._outer = hashlib.sha256(padded.translate(_OUTER_PAD))

    def sign(self, purpose: Purpose, number: int, issued_at: datetime) -> str:
        """Return the token that lets its bearer do ``purpose`` to the thing numbered ``number``."""
        return self.signer(purpose, issued_at)(number)

    def signer(self, purpose: Purpose, issued_at: datetime) -> Callable[[int], str]:
        """Return what signs many numbers for the same purpose and time."""
        return self.pair_signer(purpose, minute_of(issued_at))

    def pair_signer(self, purpose: Purpose, second: int) -> Callable[[int], str]:
        """Return what signs many first numbers with the same second, which is below 2**32."""
        seal = self.sealer(purpose, second)
        return lambda first: spelled(seal(first))

    def sealer(self, purpose: Purpose, second: int) -> Callable[[int], bytes]:
        """Return what makes the octets of such tokens, for whoever spells them in several ways."""
        mac, pack = self.mac(purpose), _BODY.pack

        def seal(first: int) -> bytes:
            body = pack(first, second)
            return body + mac(body)

        return seal

    def read(self, token: str, purpose: Purpose, now: datetime) -> tuple[int, datetime]:
        """Return the number and the time of issue, to the minute.

        Raises TokenError when the token is forged, cut short, for another purpose, or past its lifetime.
        """
        number, minutes = self.read_pair(token, purpose)
        issued_at = datetime.fromtimestamp(minutes * 60, UTC)
        lifetime = LIFETIME[purpose]
        if lifetime is not None and now > issued_at + lifetime + timedelta(minutes=1):
            raise TokenError("This link is too old.", "Ask for a new one.")
        return number, issued_at

    def read_pair(self, token: str, purpose: Purpose) -> tuple[int, int]:
        """Return the two numbers. Raises TokenError when it is forged, cut short, or for another purpose."""
        try:
            raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        body, mac = raw[: _BODY.size], raw[_BODY.size :]
        # base64 leaves spare bits in the last character: only the spelling that we wrote is the token.
        is_ours = len(raw) == _LENGTH and base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == token
        if not hmac.compare_digest(mac, self.mac(purpose)(body)) or not is_ours:
            raise TokenError("This link is not one of ours, or it was cut short.", "Copy the whole link.")
        first, second = _BODY.unpack(body)
        return first, second

    def digest(self, *parts: object) -> bytes:
        """Return 16 bytes that only this installation can make from ``parts``; used for Message-IDs."""
        return self.mac("digest")("|".join(str(part) for part in parts).encode())

    def digester(self, *first: object) -> Callable[[object], bytes]:
        """Return what makes many digests that differ in their last part."""
        mac, before = self.mac("digest"), "|".join(str(part) for part in first)
        return lambda last: mac(f"{before}|{last}".encode())

    def mac(self, purpose: str) -> Callable[[bytes], bytes]:
        """Return what makes the 16 bytes that vouch for a body: HMAC-SHA256 (RFC 2104) over purpose and body."""
        inner, outer = self._inner.copy(), self._outer
        inner.update(purpose.encode() + b"\0")

        def mac(body: bytes) -> bytes:
            inside, outside = inner.copy(), outer.copy()
            inside.update(body)
            outside.update(inside.digest())
            return outside.digest()[:_MAC_BYTES]

        return mac
