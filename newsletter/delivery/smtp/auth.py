"""Logging in to a relay: what is said in each SASL mechanism (RFC 4954). Pure: challenges in, answers out.

A mechanism is a generator. It yields its answers, undecoded, and is sent the relay's challenges; it returns when
it has nothing more to say, and raises CredentialsError when the relay cannot prove that it knows the password.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import stringprep
import unicodedata
from collections.abc import Callable, Generator, Iterable

from newsletter.errors import RelayError

Exchange = Generator[bytes, bytes, None]
"""The first answer goes with the AUTH command, as its initial response (RFC 4954 §4), unless it is empty."""

MOST_ROUNDS = 1_000_000
"""PBKDF2 iterations that a relay may ask of us: about half a second of work."""

FEWEST_ROUNDS = 4096
"""RFC 7677 §4 demands as many; fewer make the password cheap to guess for whoever listens."""


class CredentialsError(RelayError):
    """The relay refused the user name or password: nothing will go out until the operator mends it."""


def plain(user: str, password: str) -> Exchange:
    """RFC 4616."""
    yield b"\0" + user.encode() + b"\0" + password.encode()


def login(user: str, password: str) -> Exchange:
    """Never standardised, and offered everywhere: two questions whose wording does not matter."""
    yield b""
    yield user.encode()
    yield password.encode()


def xoauth2(user: str, token: str) -> Exchange:
    """Say a bearer token in place of a password. A challenge tells why not, and wants an empty answer."""
    yield f"user={user}\x01auth=Bearer {token}\x01\x01".encode()
    yield b""


def scram_sha_256(user: str, password: str, nonce: str = "") -> Exchange:
    """RFC 5802 with SHA-256 (RFC 7677), without channel binding; the relay proves in turn that it knows us."""
    name = prepared(user).replace("=", "=3D").replace(",", "=2C")
    nonce = nonce or secrets.token_urlsafe(24)
    first = f"n={name},r={nonce}"
    challenge = yield f"n,,{first}".encode()
    fields = _fields(challenge)
    try:
        combined, salt, rounds = fields["r"], base64.b64decode(fields["s"], validate=True), int(fields["i"])
    except (KeyError, ValueError, binascii.Error):
        raise _unproven("its challenge cannot be read") from None
    if not combined.startswith(nonce) or combined == nonce:
        raise _unproven("its challenge is not an answer to ours")
    if not FEWEST_ROUNDS <= rounds <= MOST_ROUNDS:
        raise _unproven(f"it wants {rounds} iterations")
    salted = hashlib.pbkdf2_hmac("sha256", prepared(password).encode(), salt, rounds)
    client_key = _mac(salted, b"Client Key")
    unproven = f"c=biws,r={combined}"
    spoken = f"{first},{challenge.decode()},{unproven}".encode()
    signature = _mac(hashlib.sha256(client_key).digest(), spoken)
    proof = bytes(ours ^ theirs for ours, theirs in zip(client_key, signature, strict=True))
    last = yield f"{unproven},p={base64.b64encode(proof).decode()}".encode()
    expected = base64.b64encode(_mac(_mac(salted, b"Server Key"), spoken)).decode()
    if not hmac.compare_digest(_fields(last).get("v", "").encode(), expected.encode()):
        raise _unproven("its signature is wrong")
    yield b""


MECHANISMS: dict[str, Callable[[str, str], Exchange]] = {
    "SCRAM-SHA-256": scram_sha_256,
    "PLAIN": plain,
    "LOGIN": login,
    "XOAUTH2": xoauth2,
}
"""Strongest first. XOAUTH2 stands last because its password is a token: meant where nothing else is offered."""

PROVES_ITSELF = frozenset({"SCRAM-SHA-256"})
"""Mechanisms that must have run to their end before a relay's yes counts: it could skip its own proof."""


def choose(offered: Iterable[str], wanted: str = "") -> str:
    """Return the mechanism to use, or nothing when the relay offers none that will do."""
    known = {each.upper() for each in offered}
    candidates = [wanted.upper()] if wanted else list(MECHANISMS)
    return next((each for each in candidates if each in known and each in MECHANISMS), "")


def prepared(text: str) -> str:
    """Prepare a user name or password as SASLprep does (RFC 4013 §2.1, 2.2)."""
    mapped = "".join(
        " " if stringprep.in_table_c12(each) else each for each in text if not stringprep.in_table_b1(each)
    )
    return unicodedata.normalize("NFKC", mapped)


def _fields(message: bytes) -> dict[str, str]:
    pairs = (each.partition("=") for each in message.decode("utf-8", "replace").split(","))
    return {name: value for name, _, value in pairs}


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _unproven(why: str) -> CredentialsError:
    return CredentialsError(f"The relay does not prove that it knows our password: {why}.")
