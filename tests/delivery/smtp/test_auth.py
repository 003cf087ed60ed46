"""What is said in each way of logging in."""

import pytest

from newsletter.delivery.smtp import auth
from newsletter.delivery.smtp.auth import CredentialsError

# RFC 7677 §3.
NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
CLIENT_FINAL = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_scram_by_the_book() -> None:
    """The exchange of RFC 7677 §3, to the octet."""
    exchange = auth.scram_sha_256("user", "pencil", NONCE)
    assert b"n,,n=user,r=" + NONCE.encode() == next(exchange)
    assert CLIENT_FINAL == exchange.send(SERVER_FIRST)
    assert b"" == exchange.send(SERVER_FINAL)
    with pytest.raises(StopIteration):
        next(exchange)


@pytest.mark.parametrize("final", [b"", b"v=", b"v=" + b"A" * 43 + b"=", b"e=invalid-proof", b"\xff"])
def test_a_relay_that_does_not_know_the_password(final: bytes) -> None:
    """Without the right signature it is not the relay that the password belongs to."""
    exchange = auth.scram_sha_256("user", "pencil", NONCE)
    next(exchange)
    exchange.send(SERVER_FIRST)
    with pytest.raises(CredentialsError):
        exchange.send(final)


@pytest.mark.parametrize(
    "challenge",
    [
        b"",
        b"r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        b"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=!!,i=4096",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=999999999",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=many",
    ],
)
def test_a_challenge_that_is_none(challenge: bytes) -> None:
    """A challenge for somebody else, a cheap one and an endless one are refused before anything is proved."""
    exchange = auth.scram_sha_256("user", "pencil", NONCE)
    next(exchange)
    with pytest.raises(CredentialsError):
        exchange.send(challenge)


def test_the_others() -> None:
    """PLAIN says all at once, LOGIN is asked twice, XOAUTH2 carries a token."""
    assert [b"\0ann\0hush"] == list(auth.plain("ann", "hush"))
    assert [b"", b"ann", b"hush"] == list(auth.login("ann", "hush"))
    assert b"user=ann\x01auth=Bearer t0k\x01\x01" == next(auth.xoauth2("ann", "t0k"))


def test_names_are_prepared() -> None:
    """Separators are escaped, and letters that look the same are the same (RFC 4013 §3)."""
    assert b"n,,n=a=3Db=2Cc,r=x" == next(auth.scram_sha_256("a=b,c", "", "x"))
    assert ["IX", "IX", "user", "a b"] == [
        auth.prepared(each) for each in ("I\u00adX", "\u2168", "user", "a\u00a0b")
    ]


@pytest.mark.parametrize(
    ("offered", "wanted", "chosen"),
    [
        (["LOGIN", "PLAIN", "SCRAM-SHA-256", "XOAUTH2"], "", "SCRAM-SHA-256"),
        (["login", "plain"], "", "PLAIN"),
        (["XOAUTH2"], "", "XOAUTH2"),
        (["PLAIN", "LOGIN"], "login", "LOGIN"),
        (["PLAIN"], "SCRAM-SHA-256", ""),
        (["GSSAPI", "CRAM-MD5"], "", ""),
        (["GSSAPI"], "GSSAPI", ""),
    ],
)
def test_the_strongest_of_what_is_offered(offered: list[str], wanted: str, chosen: str) -> None:
    """The operator's word goes first, and never falls back to something weaker."""
    assert chosen == auth.choose(offered, wanted)
