"""Forms: bytes with free places."""

import pytest

from newsletter.delivery.form import ID, Context, Form, Reader, cut, joined
from newsletter.edition.slots import Slot
from newsletter.errors import ContentError

TO = (Context.HEADER, str(Slot.ADDRESS))
READER = Reader(".o'hara&co@example.org", "https://news.example/u/1?a=b", "<4.abc@paper.example>")


@pytest.mark.parametrize(
    ("expected", "context", "name"),
    [
        (b".o'hara&co@example.org", Context.HEADER, Slot.ADDRESS),
        (b"=2Eo'hara&co@example.org", Context.TEXT, Slot.ADDRESS),
        (b"=2Eo&#x27;hara&amp;co@example.org", Context.HTML, Slot.ADDRESS),
        (b"https://news.example/u/1?a=b", Context.HEADER, Slot.UNSUBSCRIBE),
        (b"https://news.example/u/1?a=3Db", Context.TEXT, Slot.UNSUBSCRIBE),
        (b"https://news.example/u/1?a=3Db", Context.HTML, Slot.UNSUBSCRIBE),
        (b"4.abc", *ID),
    ],
)
def test_each_context_has_its_own_spelling(expected: bytes, context: Context, name: str) -> None:
    """Headers take a value as it is, text encodes it, HTML escapes it first."""
    assert b"[" + expected + b"]" == Form([b"[", (context, name), b"]"]).fill(READER)


@pytest.mark.parametrize("place", [(Context.TEXT, "local_id"), (Context.HTML, "name"), (Context.HEADER, "")])
def test_a_place_that_nothing_writes_is_refused(place: tuple[Context, str]) -> None:
    """A slot without a spelling in its context is told when the form is made, not when it is filled."""
    with pytest.raises(ContentError, match="Nothing writes"):
        Form([b"Dear ", place])


def test_a_message_is_cut_where_it_holds_a_value() -> None:
    """Every occurrence is a place, at either end too; the rest is left as it was."""
    assert [b"", TO, b" and ", ID, b""] == cut(b"ANN and NUMBER", {"ANN": (TO, 1), "NUMBER": (ID, 1)})


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_value_found_more_or_less_often_is_refused(count: int) -> None:
    """What a header lost, broke or holds twice is told."""
    with pytest.raises(ContentError, match="marker"):
        cut(b"ANN, ANN", {"ANN": (TO, count)})


def test_neighbouring_bytes_become_one() -> None:
    """Only places keep pieces apart."""
    assert [b"ab", TO, TO, b"c"] == joined([b"a", b"", b"b", TO, TO, b"c"])
