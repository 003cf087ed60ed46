"""The proof that a message is what it should be."""

import pytest

from newsletter.delivery.messages.message import Leaving, compose_edition
from newsletter.delivery.messages.proof import prove
from newsletter.errors import ContentError
from tests.delivery.messages.changing import changed
from tests.delivery.messages.test_message import ARCHIVE, DAILY, LETTER, UNSUBSCRIBE

PLAIN = compose_edition(LETTER, DAILY, Leaving(UNSUBSCRIBE), ARCHIVE).as_bytes()


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"", b""), (b"Harbour opens\r\n", b"Harbour=\r\n opens\r\n"), (b"<p>Harbour", b"=3Cp>=48arbour")],
)
def test_another_spelling_is_the_same_message(old: bytes, new: bytes) -> None:
    """Parts are compared once decoded: how their lines were broken says nothing."""
    head, blank, parts = PLAIN.partition(b"\r\n\r\n")
    assert old in parts
    prove(head + blank + parts.replace(old, new), PLAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: Harbour", b"Subject: Harbor"),
        (b"Precedence: bulk\r\n", b""),
        (b"<p>Harbour", b"<p>Harbor"),
        (b"\r\n\r\nHarbour opens\r\n", b"\r\n\r\nHarbour opens\r\n\r\n"),
        (b"text/plain", b"text/enriched"),
        (b'charset="utf-8"', b'charset="latin-1"'),
        (b"--\r\n", b"--\r\nAfter the end\r\n"),
    ],
)
def test_another_message_is_refused(old: bytes, new: bytes) -> None:
    """A header, a part, a type, or anything behind the end that is not the same is told."""
    other = changed(PLAIN, old, new)
    with pytest.raises(ContentError, match="something else"):
        prove(other, PLAIN)


@pytest.mark.parametrize(
    "part",
    [b"Harbour opens\n", b"Harbour opens\r", b".Harbour opens\r\n", b"Harbour \xc3\xa9\r\n", b"x" * 77 + b"\r\n"],
)
def test_what_a_relay_may_refuse_is_refused(part: bytes) -> None:
    """Bare line ends, dots that need stuffing, bytes beyond ASCII and long lines are mistakes even when meant."""
    other = changed(PLAIN, b"Harbour opens\r\n\r\n", part + b"\r\n")
    with pytest.raises(ContentError, match="wire"):
        prove(other, other)


def test_only_to_may_go_beyond_ascii() -> None:
    """RFC 6532 lets an address be UTF-8; our other headers have no need of it."""
    beyond = changed(PLAIN, b"To: ann@", "To: zo\u00eb@".encode())
    prove(beyond, beyond)
    for header in (b"Subject: ", b"List-Id: "):
        other = changed(PLAIN, header, header + "\u00eb".encode())
        with pytest.raises(ContentError, match="wire"):
            prove(other, other)


def test_two_readers_beyond_ascii_are_not_one() -> None:
    """Octets that a parser cannot name are compared all the same."""
    one, other = (changed(PLAIN, b"To: ann@", f"To: {letter}@".encode()) for letter in "\u00eb\u00ea")
    with pytest.raises(ContentError, match="something else"):
        prove(one, other)
