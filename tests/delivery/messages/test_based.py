"""Base64 in pieces: lines that are fit, and the same octets once decoded, whatever stands around a value."""

import re
from base64 import b64decode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.delivery.messages.based import Run, based, based_pieces, based_size
from newsletter.edition.rendering.slots import Slot

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=130)
values = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1, max_size=130)
pieces_of_content = st.lists(texts | st.sampled_from(Slot), max_size=9)


def written(pieces: list[str | Slot], filling: dict[Slot, str]) -> bytes:
    """Return content on the wire for one reader."""
    remainders = {slot: len(value.encode()) % 3 for slot, value in filling.items()}
    lines = [
        based(b"".join(filling[each].encode() if isinstance(each, Slot) else each for each in piece.pieces))
        if isinstance(piece, Run)
        else piece
        for piece in based_pieces(pieces, remainders)
    ]
    return b"".join(lines)


@given(pieces=pieces_of_content, address=values, url=values)
@example(["a", Slot.ADDRESS, "b", Slot.ADDRESS, "c"], "a", "b")
@example(["a", Slot.ADDRESS, Slot.UNSUBSCRIBE, "bcde"], "aa", "bb")
@example([Slot.ADDRESS], "a", "b")
@example(["abc", Slot.ADDRESS, "abc", Slot.ADDRESS, "\u0645"], "abc", "b")
def test_pieces_fit_together(pieces: list[str | Slot], address: str, url: str) -> None:
    """Lines of at most 76 characters hold what the pieces and the values do, padded only at the end."""
    filling = dict.fromkeys(Slot, url) | {Slot.ADDRESS: address}
    raw = written(pieces, filling)
    ends = re.compile("\r\n?|\n")
    told = (filling[each] if isinstance(each, Slot) else ends.sub("\r\n", each) for each in pieces)
    assert all(re.fullmatch(b"[A-Za-z0-9+/=]{4,76}", line) for line in raw.split(b"\r\n")[:-1])
    assert raw.endswith(b"\r\n") or not pieces
    assert b"=" not in raw.rstrip(b"=\r\n")
    assert "".join(told).encode() == b64decode(raw.replace(b"\r\n", b""), validate=True)


def test_only_what_a_value_touches_is_encoded_for_each_reader() -> None:
    """A run holds at most two octets on either side; all else is bytes already."""
    runs = [
        each
        for each in based_pieces(["Harbour opens " * 9, Slot.CLICK, "/7 and on"], {Slot.CLICK: 1})
        if isinstance(each, Run)
    ]
    assert [Run((Slot.CLICK, b"/7"))] == runs


@pytest.mark.parametrize("octets", [0, 1, 2, 3, 56, 57, 58, 113, 114, 115, 1000])
def test_the_size_is_foretold(octets: int) -> None:
    """What an encoding would take on the wire is known without it."""
    assert len(based(b"x" * octets) + b"\r\n" * bool(octets)) == based_size(octets)
