"""Passwords: argon2id under the second profile of RFC 9106 §4 (64 MiB, three passes, four lanes)."""

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
"""Characters; there is no other rule, because length is what guessing pays for (NIST SP 800-63B §5.1.1.2)."""

_HASHER = argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)

# The hash of a random password that nobody kept: an unknown address costs the same time as a wrong password.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$uL6GhNsdju99k/MLJSHEsw$oWVB29SFmZeNo2Evqgzc5wW7vkJSWcWt6ofdGjxrgic"


def hash_password(password: str) -> str:
    """Return the hash to store, with its own salt and parameters in it."""
    return _HASHER.hash(password)


def verify_password(stored: str | None, given: str) -> bool:
    """Whether ``given`` is the password of ``stored``; never of None, which takes just as long to find out."""
    try:
        matches = _HASHER.verify(stored or _NOBODY, given)
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored is not None
