"""The keys that messages are signed with, as the operator names them: DKIM (RFC 6376) with RSA and Ed25519.

A reader's provider looks for the public half in DNS, so each key carries the record that has to stand there.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from newsletter.errors import SettingsError

SHORTEST_RSA, LONGEST_RSA = 1024, 4096
"""Bits: no signer may use fewer, and no verifier has to take more (RFC 8301 §3.2)."""

ADVISED_RSA = 2048
"""Bits: providers advise it, and one TXT record in two strings holds it."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"({_LABEL}(?:\.{_LABEL})*)\._domainkey\.({_LABEL}(?:\.{_LABEL})+)", re.IGNORECASE)
_LONGEST_NAME = 253
_PADDING, _SHA256 = PKCS1v15(), hashes.SHA256()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and the name under which its public half is looked up."""

    selector: str
    domain: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        """The ``a=`` tag: ``rsa-sha256`` (RFC 6376 §3.3.1) or ``ed25519-sha256`` (RFC 8463 §3)."""
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    @property
    def is_short(self) -> bool:
        """Whether the key is shorter than is advised."""
        return isinstance(self.private, RSAPrivateKey) and self.private.key_size < ADVISED_RSA

    @property
    def dns_name(self) -> str:
        """Where verifiers look for the public half (RFC 6376 §3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def dns_record(self) -> str:
        """The TXT record that has to stand there, in one string (RFC 6376 §3.6.1, RFC 8463 §4)."""
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            kind, encoding = "rsa", serialization.Encoding.DER
            shape = serialization.PublicFormat.SubjectPublicKeyInfo
        else:
            kind, encoding, shape = "ed25519", serialization.Encoding.Raw, serialization.PublicFormat.Raw
        return f"v=DKIM1; k={kind}; p={base64.b64encode(public.public_bytes(encoding, shape)).decode()}"

    def sign(self, canonical: bytes) -> bytes:
        """Sign canonical header fields. Both ways are deterministic: the same bytes, the same signature.

        Ed25519 signs the SHA-256 of what RSA signs (RFC 8463 §3).
        """
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(canonical, _PADDING, _SHA256)
        return self.private.sign(hashlib.sha256(canonical).digest())


def read_keys(text: str) -> tuple[SigningKey, ...]:
    """Read the setting DKIM_KEYS: ``selector._domainkey.domain=/path/to/private.pem``, parted by white space.

    Raises SettingsError naming the entry that cannot be used.
    """
    keys = tuple(map(_read_key, text.split()))
    names = [key.dns_name for key in keys]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingsError(f"DKIM_KEYS names {twice} twice.", "Give each key a selector of its own.")
    return keys


def keys_for(keys: Iterable[SigningKey], sender_domain: str) -> tuple[SigningKey, ...]:
    """Return the keys of the sender's own domain, or of one above or below it.

    Only their signatures can be aligned with From, which is what DMARC asks for (RFC 7489 §3.1.1, relaxed).
    """
    sender = f".{sender_domain.lower()}"
    domains = ((key, f".{key.domain}") for key in keys)
    return tuple(key for key, domain in domains if sender.endswith(domain) or domain.endswith(sender))


def _read_key(entry: str) -> SigningKey:
    name, _, path = entry.partition("=")
    found = _NAME.fullmatch(name) if len(name) <= _LONGEST_NAME else None
    if found is None or not path:
        raise SettingsError(
            f"The entry {entry!r} of DKIM_KEYS names no key.",
            "Write selector._domainkey.domain=/path/to/private.pem, the domain in ASCII (xn--…).",
        )
    selector, domain = found[1].lower(), found[2].lower()
    return SigningKey(selector, domain, _read_private(entry, path))


def _read_private(entry: str, path: str) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        private = serialization.load_pem_private_key(Path(path).read_bytes(), None)
    except FileNotFoundError:
        raise _fault(entry, "the file does not exist", "Check the path, as the worker sees it.") from None
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}"
        raise _fault(entry, reason, "Let the user that the workers run as read it.") from None
    except TypeError:
        mend = "Store it without a passphrase: openssl pkey -in private.pem -out plain.pem."
        raise _fault(entry, "the key is encrypted", mend) from None
    except (ValueError, UnsupportedAlgorithm):
        mend = "Make one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out private.pem."
        raise _fault(entry, "the file holds no private key in PEM", mend) from None
    if isinstance(private, Ed25519PrivateKey):
        return private
    if not isinstance(private, RSAPrivateKey):
        raise _fault(entry, "DKIM has no use for a key of this kind", "Use RSA or Ed25519.")
    if not SHORTEST_RSA <= private.key_size <= LONGEST_RSA:
        reason = f"the key has {private.key_size} bits, and {SHORTEST_RSA} to {LONGEST_RSA} are taken"
        raise _fault(entry, reason, f"Make one of {ADVISED_RSA} bits.")
    return private


def _fault(entry: str, reason: str, mend: str) -> SettingsError:
    return SettingsError(f"The entry {entry!r} of DKIM_KEYS cannot be used: {reason}.", mend)
