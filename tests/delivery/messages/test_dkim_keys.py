"""The setting DKIM_KEYS: what it takes, and what it says about what it does not take."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from newsletter.delivery.messages import dkim_keys
from newsletter.delivery.messages.dkim_keys import SigningKey, keys_for, read_keys
from newsletter.errors import SettingsError

ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RSA = rsa.generate_private_key(65537, 1024)
BITS_512 = (
    b"MIIBOwIBAAJBAMBRlsRAzl40940blshNxMtjEAA5JDHDe/VAi1daHpp72i2foblYq+ddky8ZmWDBQioJph9rjT56NGOMDut6HLsCAwEA"
    b"AQJAEbu0NjZvkPo7VVSU67VYDxT8VbjvIHORC4U/E/foWIAoCa/7ZHIdaoyYJ/ilnZ7I/Wa8qRh/0R4NA/UxrU8leQIhAPB3cP1krAKE"
    b"XWbR2yYyqzn0P9H4sLR7LVtsbnyXchi3AiEAzL3vDTQePi4WuRID9spuYCXfF6SKmVG6/GFlQ+9tMB0CIQCfi/A5AAGszdwW62hHSNkY"
    b"47kwfJvps8ydWy1XlzhJswIhAJ5Qr6xSBKCoGsH4gEAwv7BxGFS70sBDRoco+JjTZmaxAiBiOSi6utvO5YTCqfKFXIxU8hdPjc4evlPv"
    b"XfwlhJ6TuQ=="
)
"""A key that could be made once; nobody can make one of 512 bits here today."""


def pem(key: PrivateKeyTypes, *, passphrase: bytes = b"", traditional: bool = False) -> bytes:
    """Write a key as openssl does."""
    form = serialization.PrivateFormat
    lock = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(
        serialization.Encoding.PEM, form.TraditionalOpenSSL if traditional else form.PKCS8, lock
    )


def stored(folder: Path, content: bytes) -> Path:
    """Store a file."""
    path = folder / "private.pem"
    path.write_bytes(content)
    return path


def test_nothing_is_no_key() -> None:
    """An empty setting leaves signing to the relay."""
    assert () == read_keys(" \n")


@pytest.mark.parametrize("traditional", [False, True])
def test_both_kinds_side_by_side(tmp_path: Path, traditional: bool) -> None:
    """Entries are parted by any white space; names come in any case; a selector may have dots."""
    one, two = tmp_path / "rsa.pem", tmp_path / "ed.pem"
    one.write_bytes(pem(RSA, traditional=traditional))
    two.write_bytes(pem(ED25519))
    keys = read_keys(f" S1._domainkey.Paper.example={one}\n\te.2026._domainkey.paper.example={two} ")
    assert [("s1", "paper.example", "rsa-sha256"), ("e.2026", "paper.example", "ed25519-sha256")] == [
        (key.selector, key.domain, key.algorithm) for key in keys
    ]
    assert [True, False] == [key.is_short for key in keys]
    assert "e.2026._domainkey.paper.example" == keys[1].dns_name


def test_the_record_holds_the_public_half() -> None:
    """What stands in DNS verifies what the private half signs (RFC 6376 §3.6.1)."""
    record = SigningKey("s1", "paper.example", RSA).dns_record
    assert record.startswith("v=DKIM1; k=rsa; p=")
    public = serialization.load_der_public_key(base64.b64decode(record.partition("p=")[2]))
    assert RSA.public_key() == public


def test_a_key_keeps_its_secret() -> None:
    """A log that prints a key prints its name."""
    assert "SigningKey(selector='s1', domain='paper.example')" == repr(SigningKey("s1", "paper.example", RSA))


@pytest.mark.parametrize(
    "entry",
    [
        "s1._domainkey.paper.example",
        "s1._domainkey.paper.example=",
        "s1.paper.example=/k.pem",
        "s1._domainkey.paper=/k.pem",
        "._domainkey.paper.example=/k.pem",
        "s_1._domainkey.paper.example=/k.pem",
        "s1._domainkey.-paper.example=/k.pem",
        "s1._domainkey.p\u00e4per.example=/k.pem",
        f"s1._domainkey.{'paper.' * 41}example=/k.pem",
        f"{'s' * 64}._domainkey.paper.example=/k.pem",
    ],
)
def test_an_entry_that_names_no_key(entry: str) -> None:
    """The entry is shown with the form that it should have."""
    with pytest.raises(SettingsError, match="names no key") as caught:
        read_keys(entry)
    assert repr(entry) in caught.value.what
    assert "selector._domainkey.domain=" in caught.value.mend


@pytest.mark.parametrize(
    ("content", "what", "mend"),
    [
        (b"", "no private key", "openssl genpkey"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key", "openssl genpkey"),
        (
            RSA.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            ),
            "no private key",
            "openssl genpkey",
        ),
        (pem(RSA, passphrase=b"secret"), "encrypted", "openssl pkey"),
        (pem(RSA, passphrase=b"secret", traditional=True), "encrypted", "openssl pkey"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "this kind", "RSA or Ed25519"),
    ],
)
def test_a_file_without_a_key_of_use(tmp_path: Path, content: bytes, what: str, mend: str) -> None:
    """Each says what it is about the file, and the command that mends it."""
    entry = f"s1._domainkey.paper.example={stored(tmp_path, content)}"
    with pytest.raises(SettingsError, match=what) as caught:
        read_keys(entry)
    assert repr(entry) in caught.value.what
    assert mend in caught.value.mend


def test_a_key_of_another_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What every verifier refuses, or few take, is refused here (RFC 8301 §3.2)."""
    short = b"\n".join((b"-----BEGIN RSA PRIVATE KEY-----", BITS_512, b"-----END RSA PRIVATE KEY-----", b""))
    with pytest.raises(SettingsError, match="512 bits, and 1024 to 4096"):
        read_keys(f"s1._domainkey.paper.example={stored(tmp_path, short)}")
    monkeypatch.setattr(dkim_keys, "LONGEST_RSA", 1023)
    with pytest.raises(SettingsError, match="1024 bits"):
        read_keys(f"s1._domainkey.paper.example={stored(tmp_path, pem(RSA))}")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file and a folder are told apart."""
    with pytest.raises(SettingsError, match="does not exist"):
        read_keys(f"s1._domainkey.paper.example={tmp_path}/none.pem")
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        read_keys(f"s1._domainkey.paper.example={tmp_path}")


def test_a_name_given_twice(tmp_path: Path) -> None:
    """One record in DNS holds one key."""
    entry = f"s1._domainkey.paper.example={stored(tmp_path, pem(ED25519))}"
    with pytest.raises(SettingsError, match=r"s1\._domainkey\.paper\.example twice"):
        read_keys(f"{entry} {entry}")


@pytest.mark.parametrize(
    ("sender_domain", "expected"),
    [
        ("paper.example", ["a", "b"]),
        ("News.Paper.example", ["a", "b"]),
        ("eu.news.paper.example", ["a", "b"]),
        ("paper.test", ["c"]),
        ("newspaper.example", []),
        ("example.org", []),
    ],
)
def test_the_keys_of_a_sender(sender_domain: str, expected: list[str]) -> None:
    """A sender's message is signed for its own domain, one above or one below, never for another paper's."""
    keys = [
        SigningKey(selector, domain, ED25519)
        for selector, domain in (("a", "paper.example"), ("b", "news.paper.example"), ("c", "paper.test"))
    ]
    assert expected == [key.selector for key in keys_for(keys, sender_domain)]
