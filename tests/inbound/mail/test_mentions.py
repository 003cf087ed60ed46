"""A message that names an address is found under any encoding."""

import base64
import quopri
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.inbound.mail.mentions import mentions
from newsletter.readers.spellings import address_pattern

ANN = address_pattern("ann@reader.example")


def message(text: str, **fields: str) -> EmailMessage:
    """Return a message of plain text."""
    made = EmailMessage()
    made["From"], made["To"] = "daemon@mail.example", "bounces@paper.example"
    for name, value in fields.items():
        made[name] = value
    made.set_content(text, cte="base64")
    return made


def returned(depth: int) -> bytes:
    """Return a message about Ann, returned in another, that in another, each time encoded."""
    octets = message("It is about Ann@Reader.example.").as_bytes()
    for _ in range(depth):
        coded = base64.encodebytes(octets)
        octets = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\nSubject: x\n\n" + coded
    return octets


@pytest.mark.parametrize(
    "octets",
    [
        b"To: ann@reader.example\n\nhello",
        b"Subject: =?utf-8?b?" + base64.b64encode(b"for ann@reader.example") + b"?=\n\nhello",
        message("Ann@reader.example is not here").as_bytes(),
        b"Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain\n\n"
        + quopri.encodestring(b"x" * 60 + b" ann@reader.example is not here"),
        b"Content-Type: text/html\n\n<a href='mailto:ann%40reader.example'>",
        b'Content-Type: text/plain; charset="utf-16le"\nContent-Transfer-Encoding: base64\n\n'
        + base64.encodebytes("ann@reader.example".encode("utf-16-le")),
        *(returned(depth) for depth in range(4)),
    ],
)
def test_whatever_the_encoding(octets: bytes) -> None:
    """Fields, text, and messages returned within messages are looked into."""
    assert mentions(octets, ANN)


def test_others_mail_is_others() -> None:
    """Mail about somebody else is not found."""
    assert not mentions(message("joann@reader.example is not here").as_bytes(), ANN)


@given(st.binary())
def test_any_octets_are_looked_at(octets: bytes) -> None:
    """Whatever a stranger sends is answered with yes or no."""
    assert mentions(octets, ANN) in {True, False}
    assert mentions(octets + b"\nann@reader.example\n", ANN)
