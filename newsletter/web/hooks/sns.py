"""Amazon SNS: who signed a message ("Verifying the signatures of Amazon SNS messages" in its developer guide).

The certificate is named in the message itself, so all depends on where it is fetched from: over TLS, from a host
of SNS's own, and from nowhere else.
"""

import base64
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.x509 import Certificate, load_pem_x509_certificate

from newsletter.errors import FetchError, NewsletterError
from newsletter.web.hooks.hook import ForgedError, text_in

NOTIFICATION = "Notification"
CONFIRMATIONS = frozenset({"SubscriptionConfirmation", "UnsubscribeConfirmation"})
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    **dict.fromkeys(
        CONFIRMATIONS, ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    ),
}
"""The fields that are signed, in this order; Subject only where there is one."""

_HOST = r"https://sns\.[a-z0-9-]{3,40}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(rf"{_HOST}/[A-Za-z0-9_-]{{1,100}}\.pem")
_CONFIRM = re.compile(rf"{_HOST}/\?[!-~]{{1,2000}}")
_HASHES: Mapping[str, Callable[[], HashAlgorithm]] = {"1": SHA1, "2": SHA256}
_MOST_CERTIFICATES = 8
_MOST_FETCHES = 10
_FETCHES_IN = timedelta(minutes=1)


class UnreachableError(NewsletterError):
    """SNS could not be asked; it calls again."""

    status = 503


@dataclass
class Certificates:
    """Certificates that were fetched from SNS, and who fetches: strangers cannot have us fetch without end."""

    fetch: Callable[[str], bytes]
    _known: dict[str, Certificate] = field(default_factory=dict)
    _fetched: deque[datetime] = field(default_factory=lambda: deque(maxlen=_MOST_FETCHES))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def key_of(self, url: str, now: datetime) -> RSAPublicKey:
        """Return the key of a certificate in force.

        Raises ForgedError for another's or an old one, UnreachableError when it cannot be fetched.
        """
        if not _CERTIFICATE.fullmatch(url):
            raise ForgedError("The certificate is not on a host of SNS's own.")
        certificate = self._known.get(url)
        if certificate is None:
            # One fetch at a time; what is known waits for none of them.
            with self._lock:
                certificate = self._known.get(url) or self._fetch(url, now)
        key = certificate.public_key()
        is_in_force = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        if not is_in_force or not isinstance(key, RSAPublicKey):
            raise ForgedError("The certificate is not in force, or of another kind.")
        return key

    def _fetch(self, url: str, now: datetime) -> Certificate:
        if len(self._fetched) == _MOST_FETCHES and now - self._fetched[0] < _FETCHES_IN:
            raise UnreachableError("Too many certificates were asked for.", "SNS calls again.")
        self._fetched.append(now)
        try:
            certificate = load_pem_x509_certificate(self.fetch(url))
        except FetchError as error:
            raise UnreachableError(f"The certificate of SNS cannot be fetched: {error}") from None
        except ValueError:
            raise ForgedError("What is at the certificate's address is none.") from None
        if len(self._known) >= _MOST_CERTIFICATES:
            self._known.clear()
        self._known[url] = certificate
        return certificate


def check_signature(told: Mapping[str, Any], certificates: Certificates, now: datetime) -> None:
    """Raise ForgedError unless SNS signed this message; UnreachableError when that cannot be found out."""
    hashed = _HASHES.get(text_in(told, "SignatureVersion"))
    if hashed is None or text_in(told, "Type") not in _SIGNED:
        raise ForgedError("SNS signs no such message.")
    key = certificates.key_of(text_in(told, "SigningCertURL"), now)
    try:
        signature = base64.b64decode(text_in(told, "Signature").encode(), validate=True)
        key.verify(signature, string_to_sign(told), PKCS1v15(), hashed())
    except (ValueError, InvalidSignature):
        raise ForgedError("SNS did not sign this.") from None


def string_to_sign(told: Mapping[str, Any]) -> bytes:
    """Return the canonical string: each signed field's name and value, a line each."""
    names = _SIGNED[text_in(told, "Type")]
    lines = [f"{name}\n{text_in(told, name)}\n" for name in names if name != "Subject" or told.get(name)]
    return "".join(lines).encode(errors="replace")


def said_at(told: Mapping[str, Any]) -> datetime:
    """Return when a message was published. Raises ForgedError where it does not say."""
    try:
        said = datetime.fromisoformat(text_in(told, "Timestamp"))
    except ValueError:
        raise ForgedError("The message does not say when it was published.") from None
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def address_to_confirm(told: Mapping[str, Any]) -> str:
    """Return where a subscription is confirmed. Raises ForgedError for an address that is not SNS's own."""
    url = text_in(told, "SubscribeURL")
    if not _CONFIRM.fullmatch(url):
        raise ForgedError("The address to confirm at is not on a host of SNS's own.")
    return url
