"""The proof that a message is what it should be."""

import pytest

from newsletter.delivery.message import compose_edition
from newsletter.delivery.proof import prove
from newsletter.errors import ContentError
from tests.delivery.test_message import ARCHIVE, DAILY, LETTER, UNSUBSCRIBE

PLAIN = compose_edition(LETTER, DAILY, UNSUBSCRIBE, ARCHIVE).as_bytes()


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
    changed = PLAIN.replace(old, new)
    assert changed != PLAIN
    with pytest.raises(ContentError, match="something else"):
        prove(changed, PLAIN)


@pytest.mark.parametrize(
    "part",
    [b"Harbour opens\n", b"Harbour opens\r", b".Harbour opens\r\n", b"Harbour \xc3\xa9\r\n", b"x" * 77 + b"\r\n"],
)
def test_what_a_relay_may_refuse_is_refused(part: bytes) -> None:
    """Bare line ends, dots that need stuffing, bytes beyond ASCII and long lines are mistakes even when meant."""
    changed = PLAIN.replace(b"Harbour opens\r\n\r\n", part + b"\r\n")
    assert changed != PLAIN
    with pytest.raises(ContentError, match="wire"):
        prove(changed, changed)
