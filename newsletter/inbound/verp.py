"""Envelope senders that say which delivery a report is about: ``bounces+<token>@domain``.

A report comes back to the envelope sender of what it is about, so the address itself says for whom it was, however
the report is written (variable envelope return paths). A token that only we can make keeps others from reporting
for our readers. Some mail systems write addresses in one case, so the token is spelt in base32 (RFC 4648 §6) and
read in either case; with its prefix it fits a local part (64 octets, RFC 5321 §4.5.3.1.1).
"""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime

from newsletter.errors import TokenError
from newsletter.tokens import Purpose, Tokens

PREFIX = "bounces+"
_ADDRESS = re.compile(r"\s*<?bounces\+([a-z2-7]{1,56})@[^@\s<>]{1,253}>?\s*", re.IGNORECASE)
_BASE32_BLOCK = 8
_BASE64_BLOCK = 4


def verp_maker(tokens: Tokens, domain: str, issued_at: datetime) -> Callable[[int], str]:
    """Return what makes the envelope senders of many deliveries from their numbers."""
    sign = tokens.signer(Purpose.BOUNCE, issued_at)
    return lambda number: f"{PREFIX}{_respelled(sign(number))}@{domain}"


def read_verp(address: str, tokens: Tokens, now: datetime) -> int:
    """Return the number of the delivery that an address was made for.

    Raises TokenError when the address is none of ours: forged, cut short, changed, or older than its lifetime.
    """
    found = _ADDRESS.fullmatch(address)
    spelled = found[1].lower() if found else ""
    try:
        raw = base64.b32decode(spelled.upper() + "=" * (-len(spelled) % _BASE32_BLOCK))
    except binascii.Error:
        raw = b""
    token = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    # base32 leaves a spare bit in the last character: only the spelling that we wrote is ours.
    if not raw or _respelled(token) != spelled:
        raise TokenError("This address is not one of ours, or it was cut short.")
    return tokens.read(token, Purpose.BOUNCE, now)[0]


def _respelled(token: str) -> str:
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % _BASE64_BLOCK))
    return base64.b32encode(raw).rstrip(b"=").decode().lower()
