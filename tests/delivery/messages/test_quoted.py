"""Quoted-printable in pieces: whatever fills a slot, the whole decodes to what it says, on lines that fit."""

from quopri import decodestring

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.delivery.messages.quoted import quoted, quoted_pieces, quoted_value
from newsletter.edition.rendering.slots import Slot

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
awkward = st.text("a.=- \t\r\n\u00e9\x85\u2028\x0c", max_size=200)
texts = any_text | awkward
values = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1, max_size=200)
pieces_of_content = st.lists(texts.filter(bool) | st.sampled_from(Slot), max_size=8)


def lines_end_alike(text: str) -> str:
    """Return text with the line ends of the wire."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def check_lines(encoded: bytes) -> None:
    """Assert what the wire asks of encoded content: CRLF and visible ASCII alone, short lines, no dot in front."""
    assert b"\r" not in encoded.replace(b"\r\n", b"")
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    lines = encoded.split(b"\r\n")
    assert max(len(line) for line in lines) <= 76
    assert not any(line.startswith(b".") for line in lines)
    assert not any(line.endswith((b" ", b"\t")) for line in lines)
    assert all(byte == 9 or 32 <= byte < 127 for line in lines for byte in line)


@given(texts)
@example("." * 300)
@example("x" * 72 + " ")
@example("=" * 300)
@example("a\r\rb\n\r\nc ")
def test_text_comes_back(text: str) -> None:
    """Text decodes to itself, and a soft break still fits behind it."""
    encoded = quoted(text) + b"="
    check_lines(encoded)
    assert lines_end_alike(text).encode() == decodestring(encoded)


@given(values)
@example("." * 300)
@example(" ")
def test_a_value_comes_back(value: str) -> None:
    """A value decodes to itself, and a soft break still fits behind it."""
    encoded = quoted_value(value) + b"="
    check_lines(encoded)
    assert value.encode() == decodestring(encoded)


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        (b"ann@example.org", "ann@example.org"),
        (b"https://news.example/u/" + b"a" * 47, "https://news.example/u/" + "a" * 47),
        (b"a" * 70 + b"=\r\nb", "a" * 70 + "b"),
        (b"=2Eann@example.org", ".ann@example.org"),
        (b"a" * 70 + b"=\r\n=2Eb", "a" * 70 + ".b"),
        (b"a=3Db@example.org", "a=b@example.org"),
        (b"&lt;=C3=A9 x=20", "&lt;\u00e9 x "),
    ],
)
def test_values_on_the_wire(expected: bytes, value: str) -> None:
    """What is safe is copied, what is long is broken, the rest is encoded; a dot never stands in front."""
    assert expected == quoted_value(value)


@given(pieces=pieces_of_content, address=values, url=values)
@example([Slot.ADDRESS, Slot.UNSUBSCRIBE], ".", "..")
@example(["\n", Slot.ADDRESS, "\r\n."], ".", ".")
@example(["x" * 300, Slot.ADDRESS, "." * 300, Slot.ADDRESS, " \n"], "\u00e9" * 50, ".")
def test_pieces_fit_together(pieces: list[str | Slot], address: str, url: str) -> None:
    """Whatever stands around slots and whatever fills them, the lines are fit and the content is the same."""
    filling = dict.fromkeys(Slot, url) | {Slot.ADDRESS: address, Slot.CLICK: f"{url}.{address}"}
    encoded = b"".join(
        quoted_value(filling[piece]) if isinstance(piece, Slot) else piece for piece in quoted_pieces(pieces)
    )
    check_lines(encoded)
    parts = (filling[piece] if isinstance(piece, Slot) else lines_end_alike(piece) for piece in pieces)
    assert "".join(parts).encode() == decodestring(encoded)


def test_slots_stand_on_lines_of_their_own() -> None:
    """A soft break on either side, except where the line begins or ends there anyhow."""
    found = quoted_pieces(["For ", Slot.ADDRESS, Slot.UNSUBSCRIBE, ".\n", Slot.ADDRESS, "\nEnd"])
    soft = b"=\r\n"
    assert [
        *(b"For=20", soft, Slot.ADDRESS, soft, Slot.UNSUBSCRIBE, soft, b"=2E\r\n"),
        *(Slot.ADDRESS, b"\r\nEnd"),
    ] == found
