"""Forms: bytes with free places."""

from base64 import b64encode
from html import escape

import pytest

from newsletter.delivery.messages.based import Run
from newsletter.delivery.messages.encoding import Encoding, Encodings
from newsletter.delivery.messages.form import (
    ID,
    LEAVE,
    PLACES,
    Context,
    Form,
    Piece,
    Place,
    Reader,
    cut,
    in_turn,
    spell,
    spell_plainly,
    speller,
)
from newsletter.delivery.messages.quoted import quoted_value
from newsletter.edition.rendering.slots import Slot
from newsletter.errors import ContentError

TO = (Context.HEADER, str(Slot.ADDRESS))
READER = Reader(
    ".o'hara&co@example.org",
    "https://news.example/u/1?a=b",
    "<4.abc@paper.example>",
    "https://news.example/c/t&",
    "https://news.example/p?=1",
    "unsubscribe+tok@back.example",
)


@pytest.mark.parametrize(
    ("expected", "context", "name"),
    [
        (b".o'hara&co@example.org", Context.HEADER, Slot.ADDRESS),
        (b"=2Eo'hara&co@example.org", Context.TEXT, Slot.ADDRESS),
        (b"=2Eo&#x27;hara&amp;co@example.org", Context.HTML, Slot.ADDRESS),
        (b"https://news.example/u/1?a=b", Context.HEADER, Slot.UNSUBSCRIBE),
        (b"https://news.example/u/1?a=3Db", Context.TEXT, Slot.UNSUBSCRIBE),
        (b"https://news.example/u/1?a=3Db", Context.HTML, Slot.UNSUBSCRIBE),
        (b"https://news.example/c/t&", Context.TEXT, Slot.CLICK),
        (b"https://news.example/c/t&amp;", Context.HTML, Slot.CLICK),
        (b"https://news.example/p?=3D1", Context.TEXT, Slot.PREFERENCES),
        (b"https://news.example/p?=3D1", Context.HTML, Slot.PREFERENCES),
        (b"4.abc", *ID),
        (b"unsubscribe+tok@back.example", *LEAVE),
    ],
)
def test_each_context_has_its_own_spelling(expected: bytes, context: Context, name: str) -> None:
    """Headers take a value as it is, text encodes it, HTML escapes it first."""
    assert b"[" + expected + b"]" == Form([b"[", (context, name), b"]"]).fill(spell(READER))


@pytest.mark.parametrize(
    "value", ["ann@example.org", ".ann", "a" * 71, "a" * 70 + ".b", "o'hara", "a=b", "\u00e9"]
)
def test_plain_values_are_spelled_as_all_are(value: str) -> None:
    """The short way for values that need no care gives what each context's own encoder would."""
    from_all = spell(READER._replace(address=value))
    in_text, in_html = (PLACES.index((context, Slot.ADDRESS)) for context in (Context.TEXT, Context.HTML))
    assert (quoted_value(value), quoted_value(escape(value))) == (from_all[in_text], from_all[in_html])
    alone = spell(Reader(value, "https://news.example/u/1", "<4.abc@paper.example>", "https://news.example/c/t"))
    assert all(from_all[number] == alone[number] for number in (0, in_text, in_html))


def test_filled_pieces_stand_where_the_pieces_do() -> None:
    """Who looks at pieces finds each one's bytes under the same number, several places or one or none."""
    several: list[list[Piece]] = [[b"a", TO, ID, b"b"], [TO], [b"a"], []]
    for pieces in several:
        form = Form(pieces)
        filled = form.filled(spell(READER))
        assert len(form.pieces) == len(filled)
        for piece, written in zip(form.pieces, filled, strict=True):
            assert piece == written if isinstance(piece, bytes) else written == spell(READER)[PLACES.index(piece)]


@pytest.mark.parametrize(
    "place",
    [
        (Context.HEADER, Slot.CLICK),
        (Context.HEADER, Run((b"a", Slot.CLICK))),
        (Context.TEXT, "local_id"),
        (Context.HTML, "name"),
        (Context.HEADER, ""),
    ],
)
def test_a_place_that_nothing_writes_is_refused(place: Place) -> None:
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
    """Only places keep pieces apart, and bytes stand at either end and between two places."""
    assert (b"ab", TO, b"", TO, b"") == in_turn([b"a", b"", b"b", TO, TO])


def test_a_run_is_encoded_whole() -> None:
    """What base64 cannot write by itself is put together first, per cent signs of the content included."""
    run = (Context.TEXT, Run((b"5%", Slot.ADDRESS, b"%b", Slot.CLICK)))
    reader = READER._replace(click_url=f"{READER.click_url}{'k' * 40}")
    raw = Form([b"[", run, b"]", run]).fill(spell_plainly(reader))
    expected = b64encode(f"5%{reader.address}%b{reader.click_url}".encode())
    assert [expected, expected] == [each.replace(b"\r\n", b"") for each in raw[1:].split(b"]")]
    assert 76 == raw.index(b"\r\n") - 1


@pytest.mark.parametrize("in_text", [Encoding.QUOTED_PRINTABLE, Encoding.BASE64])
@pytest.mark.parametrize("in_html", [Encoding.QUOTED_PRINTABLE, Encoding.BASE64])
def test_each_part_has_the_spelling_of_its_encoding(in_text: Encoding, in_html: Encoding) -> None:
    """Base64 takes values as they are, quoted-printable needs them encoded; headers do not care."""
    spelt = speller(Encodings(in_text, in_html))(READER)
    by_encoding = {Encoding.QUOTED_PRINTABLE: spell(READER), Encoding.BASE64: spell_plainly(READER)}
    for place, found in zip(PLACES, spelt, strict=True):
        number = PLACES.index(place)
        encoding = in_html if place[0] is Context.HTML else in_text
        assert by_encoding[encoding][number] == found
