"""Proof of work: a browser shows that it spent about a second on one address before we spend a mail on it.

The work is bound to the address, so that a flood to a thousand of them costs a thousand seconds; the form token in
it keeps it from being done in advance. It slows a flood down and stops none by itself: the limits for addresses,
networks and hours hold whether or not it is asked for.
"""

import hashlib

_MOST_DIGITS = 20
_DIGEST_BITS = 256


def is_worked(token: str, address: str, nonce: str, bits: int) -> bool:
    """Whether SHA-256 of ``token:address:nonce`` in UTF-8 begins with ``bits`` zero bits; always for none."""
    if not bits:
        return True
    if not (nonce.isascii() and nonce.isdigit() and len(nonce) <= _MOST_DIGITS):
        return False
    worked = f"{token}:{address}:{nonce}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(worked).digest()) >> (_DIGEST_BITS - bits) == 0
