"""The compiled edition: the same message as the plain way makes, for every reader and whatever the content."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from email import message_from_bytes
from html import escape
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.delivery.messages import based, form, parts
from newsletter.delivery.messages.compiled import CompiledEdition, compile_edition
from newsletter.delivery.messages.encoding import QUOTED, Encoding, Encodings
from newsletter.delivery.messages.form import Reader
from newsletter.delivery.messages.message import message_id
from newsletter.delivery.messages.original import Original
from newsletter.delivery.messages.quoted import quoted_pieces
from newsletter.edition.rendering.slots import Slot, personal
from newsletter.edition.store import FrozenContent
from newsletter.errors import ContentError
from tests.delivery.editions import articles, content_of
from tests.delivery.messages.test_message import ARCHIVE, DAILY, READY_AT, addresses, check_wire, headlines

MARKER = "nl0123456789abcdef"
ADDRESS = personal(MARKER, Slot.ADDRESS)
UNSUBSCRIBE = personal(MARKER, Slot.UNSUBSCRIBE)
CLICK = personal(MARKER, Slot.CLICK)
PREFERENCES = personal(MARKER, Slot.PREFERENCES)
CONTENT = FrozenContent(
    language="en",
    subject="Harbour opens",
    preheader="",
    text=f"Harbour opens\n\nFor {ADDRESS}.\nLeave: {UNSUBSCRIBE}\n",
    html=f'<p>Harbour opens</p><a title="{ADDRESS}" href="{UNSUBSCRIBE}">Leave</a>\n',
    marker=MARKER,
    ready_at=READY_AT,
)
ORIGINAL = Original(CONTENT, DAILY, 4, ARCHIVE, inbound_domain="back.paper.example")
BASED = Encodings(Encoding.BASE64, Encoding.BASE64)
ANN = Reader(
    "ann@example.org",
    "https://news.paper.example/unsubscribe/tok-1",
    message_id(b"a" * 16, 4, DAILY),
    "https://news.paper.example/c/tok-2",
    "https://news.paper.example/preferences/tok-3",
    "unsubscribe+tok4@back.paper.example",
)

free_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=90) | st.text(
    "ab.= \t\r\n\u00e9<\"'&", max_size=90
)
"""Without an x: directly behind a slot, slots.py would take it for the end of the slot's name."""

around = st.lists(
    free_text.filter(lambda text: MARKER not in text)
    | st.sampled_from(
        [ADDRESS, UNSUBSCRIBE, PREFERENCES, ".", "\n", "w" * 80, f'<a href="{UNSUBSCRIBE}">', f"\n{ADDRESS}\n"]
    )
    | st.sampled_from([f"{CLICK}/7", f"\n{CLICK}/8\n", f'<a href="{CLICK}/12">', f"{CLICK}{CLICK}"]),
    max_size=10,
).map("".join)
names = headlines.filter(lambda name: name and name.isprintable())
urls = st.builds(
    "https://news.example/u/{}".format, st.text("aB-_9/?&='.", max_size=200) | st.text("a", min_size=40)
)
ids = st.binary(min_size=16, max_size=16).map(lambda digest: message_id(digest, 4, DAILY))
readers = st.builds(
    Reader,
    addresses | addresses.map(".{}".format) | addresses.map("\u00eb{}".format),
    urls,
    ids,
    urls,
    urls,
    addresses,
)


def read(raw: bytes) -> list[object]:
    """Return what a message says: each part's headers to the letter, its charset, its content decoded."""
    return [
        (part.items(), part.get_content_charset(), part.get_payload(decode=True), part.preamble, part.epilogue)
        for part in message_from_bytes(raw).walk()
    ]


def check(edition: CompiledEdition, reader: Reader) -> bytes:
    """Assert that a reader's compiled message is the plain one, fit for the wire without any stuffing."""
    raw, plain = edition.message(reader), edition.original.compose(reader)
    check_wire(raw.replace(reader.address.encode(), b"ann@example.org") if not reader.address.isascii() else raw)
    assert b"\r\n." not in raw
    assert f"{MARKER}s".encode() not in raw
    assert plain.partition(b"\r\n\r\n")[0] == raw.partition(b"\r\n\r\n")[0]
    assert read(plain) == read(raw)
    return raw


@settings(deadline=None)
@given(text=around, html=around, subject=headlines, name=names, reader=readers)
@example("", "", "", "The Daily", ANN)
@example(ADDRESS, UNSUBSCRIBE, "\u0627\u0644\u0645\u064a\u0646\u0627\u0621 " * 40, "\u00c9cho: du Sud", ANN)
@example(ADDRESS + UNSUBSCRIBE, f"\n{ADDRESS}\n.{UNSUBSCRIBE}", ".", "a@b <c@d>", ANN._replace(address=".@a"))
@example(f".{ADDRESS}.\r", f"x\r{UNSUBSCRIBE}\r\n", "=?utf-8?q?a?=", "=?", ANN._replace(address="a" * 254))
def test_every_message_is_the_one_of_the_plain_way(
    text: str, html: str, subject: str, name: str, reader: Reader
) -> None:
    """Any content around slots, any reader: headers are the same to the byte, and parts decode alike."""
    content = replace(CONTENT, text=text, html=html, subject=subject)
    original = replace(ORIGINAL, content=content, newsletter=replace(DAILY, name=name))
    check(compile_edition(original), reader)


@settings(deadline=None)
@given(
    text=around,
    html=around,
    reader=readers,
    encodings=st.sampled_from([BASED, Encodings(QUOTED.text, BASED.html), Encodings(BASED.text, QUOTED.html)]),
)
@example("", "", ANN, BASED)
@example(ADDRESS + UNSUBSCRIBE, f"\n{ADDRESS}\n.{UNSUBSCRIBE}", ANN._replace(address=".@a"), BASED)
@example(f".{ADDRESS}.\r", f"%b{PREFERENCES}%\r\n", ANN._replace(address="'" * 254), BASED)
def test_base64_says_what_the_plain_way_does(text: str, html: str, reader: Reader, encodings: Encodings) -> None:
    """The same for parts in base64, both or one of them, whether or not that makes them smaller."""
    content = replace(CONTENT, text=text, html=html)
    check(CompiledEdition(replace(ORIGINAL, content=content, encodings=encodings)), reader)


@pytest.mark.parametrize("before", range(60, 90))
def test_no_encoder_sees_a_place(before: int) -> None:
    """Wherever a slot falls on its line, its value arrives in one piece."""
    content = replace(CONTENT, text="x" * before + ADDRESS, html="\u00e9" * before + UNSUBSCRIBE)
    raw = check(CompiledEdition(replace(ORIGINAL, content=content)), ANN)
    assert raw.count(b"ann@example.org") == 2, "in To and in the text"
    assert raw.count(b"https://news.paper.example/unsubscribe/tok-1") == 2, "in List-Unsubscribe and in the HTML"


def test_the_number_of_a_link_follows_the_soft_break() -> None:
    """The reader's part of a link stands alone on its line, in one piece, and what all share goes on behind it."""
    content = replace(CONTENT, text=f"[7] {CLICK}/7\n", html=f'<a href="{CLICK}/7">Harbour opens</a>')
    raw = check(CompiledEdition(replace(ORIGINAL, content=content)), ANN)
    assert 2 == raw.count(b"=\r\nhttps://news.paper.example/c/tok-2=\r\n/7")


def test_a_value_that_begins_a_line_with_a_dot_is_encoded() -> None:
    """Nothing is left to be stuffed, though the slot alone begins the line and the dot is the reader's."""
    content = replace(CONTENT, text=f"{ADDRESS}\n{CLICK}/1\n", html=f"\n{ADDRESS}")
    raw = check(
        CompiledEdition(replace(ORIGINAL, content=content)),
        ANN._replace(address=".ann@example.org", click_url="./c"),
    )
    assert 2 == raw.count(b"\r\n=2Eann@example.org")
    assert b"\r\n=2E/c=\r\n/1\r\n" in raw


@pytest.mark.parametrize("address", ["zo\u00eb@example.org", ".\u0661<'&\u00eb@example.org"])
def test_an_address_beyond_ascii_is_itself_in_to(address: str) -> None:
    """RFC 6532: raw UTF-8 in the header; encoded in the parts, as everything is there."""
    raw = compile_edition(ORIGINAL).message(ANN._replace(address=address))
    assert f"\r\nTo: {address}\r\n".encode() in raw
    assert raw.partition(b"\r\n\r\n")[2].isascii()
    assert ORIGINAL.compose(ANN._replace(address=address)).partition(b"\r\n\r\n")[0] in raw


@pytest.mark.parametrize("edition_id", [1, 4, 10**12, 2**63 - 1])
def test_long_numbers(edition_id: int) -> None:
    """The boundary is as long as the edition's number makes it."""
    original = replace(ORIGINAL, edition_id=edition_id)
    check(CompiledEdition(original), ANN._replace(message_id=message_id(b"b" * 16, edition_id, DAILY)))


@pytest.mark.parametrize(
    "changed",
    [
        {"address": '"Ann B"@example.org'},
        {"address": "ann@example.org,\r\n bo@example.org"},
        {"unsubscribe_url": "https://news.example/u/a b"},
        {"unsubscribe_address": "unsubscribe+ab c@back.paper.example"},
        {"message_id": "<4.1@paper.example>"},
        {"message_id": f"<{'long.' * 13}4@paper.example>"},
        {"message_id": f"<4.{'a0' * 16}@elsewhere.example>"},
    ],
)
def test_unusual_readers_have_headers_of_their_own(changed: dict[str, str]) -> None:
    """Where a header might be folded or encoded in another way than the sample's, it is this reader's own."""
    check(compile_edition(ORIGINAL), ANN._replace(**changed))


@pytest.mark.parametrize(
    "address", ["ann@example.org\r\nBcc: all@example.org", "ann@example.org\n", "\ud800@example.org"]
)
def test_what_no_header_may_hold_is_refused(address: str) -> None:
    """As the plain way does: an address cannot end its header, and is text."""
    edition = compile_edition(ORIGINAL)
    for compose in (edition.message, ORIGINAL.compose):
        with pytest.raises(ValueError, match=r"line end|utf-8"):
            compose(ANN._replace(address=address))


@pytest.mark.parametrize("name", Reader._fields)
def test_a_missing_value_is_refused(name: str) -> None:
    """No reader gets a message with an open place."""
    every = replace(ORIGINAL, content=replace(CONTENT, text=f"{CONTENT.text}{CLICK}/1\n{PREFERENCES}\n"))
    with pytest.raises(ContentError, match="no value"):
        compile_edition(every).message(ANN._replace(**{name: ""}))


def test_without_a_domain_there_is_no_address_to_mail_to() -> None:
    """Where no mail comes back to us, the link stands alone."""
    alone = replace(ORIGINAL, inbound_domain="")
    raw = check(compile_edition(alone), ANN._replace(unsubscribe_address=""))
    assert f"\r\nList-Unsubscribe: <{ANN.unsubscribe_url}>\r\n".encode() in raw
    assert b"mailto:" not in raw


def test_a_value_is_never_looked_at_again() -> None:
    """An address that spells a place stays an address."""
    raw = compile_edition(ORIGINAL).message(ANN._replace(address=UNSUBSCRIBE))
    assert f"\r\nTo: {UNSUBSCRIBE}\r\n".encode() in raw
    assert 3 == raw.count(UNSUBSCRIBE.encode())


def test_values_are_escaped_in_html_alone() -> None:
    """An apostrophe is itself in To and in the text."""
    address = "o'hara&co@example.org"
    raw = check(compile_edition(ORIGINAL), ANN._replace(address=address))
    assert 2 == raw.count(address.encode())
    assert 1 == raw.count(escape(address).encode())


def test_the_same_reader_gets_the_same_bytes() -> None:
    """Compiled again by another process, under another marker, a message is the same to the byte."""
    text, html = (part.replace(MARKER, "nlfedcba9876543210") for part in (CONTENT.text, CONTENT.html))
    content = replace(CONTENT, text=text, html=html, marker="nlfedcba9876543210")
    again = replace(ORIGINAL, content=content)
    assert compile_edition(ORIGINAL).message(ANN) == compile_edition(again).message(ANN)


def test_a_real_digest() -> None:
    """Our own templates compile, with ten articles and their slots in text and attributes."""
    content = content_of(DAILY, articles(10))
    raw = check(CompiledEdition(replace(ORIGINAL, content=content)), ANN._replace(address=".o'hara@example.org"))
    assert content.marker.encode() not in raw


@pytest.mark.parametrize(
    "changed",
    [
        {"text": f"{MARKER}snosuchx"},
        {"html": MARKER},
        {"subject": f"{MARKER}text"},
        {"subject": f"{MARKER}@reader.example"},
        {"html": "\ud800"},
    ],
)
def test_content_that_cannot_be_compiled_is_refused(changed: dict[str, Any]) -> None:
    """A damaged place, a header with the marker in it, or text that is none stops the edition, not one message."""
    with pytest.raises(ContentError):
        compile_edition(replace(ORIGINAL, content=replace(CONTENT, **changed)))


def test_a_slot_without_a_spelling_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slot that has no spelling in HTML fails before the first message."""
    monkeypatch.setattr(form, "PLACES", form.PLACES[:6])
    with pytest.raises(ContentError, match="Nothing writes"):
        compile_edition(ORIGINAL)


def test_a_mistake_in_compiling_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every compilation proves itself: a lost soft break never reaches a reader."""

    def forgetful(pieces: Sequence[str | Slot]) -> list[bytes | Slot]:
        return [piece for piece in quoted_pieces(pieces) if piece != b"=\r\n"]

    monkeypatch.setattr(parts, "quoted_pieces", forgetful)
    content = replace(CONTENT, text="x" * 70 + ADDRESS)
    with pytest.raises(ContentError, match="mistake"):
        compile_edition(replace(ORIGINAL, content=content))


@pytest.mark.parametrize("before", range(50, 66))
@pytest.mark.parametrize("length", range(60, 66))
def test_base64_around_a_value(before: int, length: int) -> None:
    """Wherever a value begins and ends in a group or on a line, each of its octets arrives once."""
    content = replace(CONTENT, text="\u0645" * before + f"{ADDRESS}{ADDRESS}\u0645{ADDRESS}")
    edition = CompiledEdition(replace(ORIGINAL, content=content, encodings=BASED))
    address = "a" * (length - len("@b.example")) + "@b.example"
    assert 2 == check(edition, ANN._replace(address=address)).count(b"Content-Transfer-Encoding: base64\r\n")


def test_one_edition_of_base64_serves_addresses_of_all_lengths() -> None:
    """Readers whose values leave different remainders each get their own, also when they come in turn."""
    edition = CompiledEdition(replace(ORIGINAL, content=content_of(DAILY, articles(3)), encodings=BASED))
    for length in (1, 2, 3, 1, 40, 41, 42, 2):
        for first in ("a", "'", "."):
            check(edition, ANN._replace(address=first + "a" * length + "@example.org"))


@pytest.mark.parametrize(
    ("letter", "encoding"), [("o", Encoding.QUOTED_PRINTABLE), ("\u0645", Encoding.BASE64), ("=", Encoding.BASE64)]
)
def test_the_smaller_encoding_is_taken(letter: str, encoding: Encoding) -> None:
    """Each part is in the encoding that makes it smaller on the wire, whatever the other is in."""
    line = f"{letter * 40} {UNSUBSCRIBE}\n"
    original = replace(ORIGINAL, content=replace(CONTENT, text=line * 20, html="<p>Harbour</p>\n" * 20))
    edition = compile_edition(original)
    assert Encodings(encoding, Encoding.QUOTED_PRINTABLE) == edition.original.encodings
    sizes = {
        len(CompiledEdition(replace(original, encodings=Encodings(text, html))).message(ANN))
        for text in (Encoding.QUOTED_PRINTABLE, Encoding.BASE64)
        for html in (Encoding.QUOTED_PRINTABLE, Encoding.BASE64)
    }
    assert min(sizes) == len(edition.message(ANN))


def test_a_mistake_in_base64_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group that lost its neighbour's octets never reaches a reader."""

    def forgetful(pieces: Sequence[str | Slot], remainders: Mapping[Slot, int]) -> list[bytes | based.Run]:
        return based.based_pieces(pieces, dict.fromkeys(remainders, 0))

    monkeypatch.setattr(parts, "based_pieces", forgetful)
    content = replace(CONTENT, text="\u0645" * 70 + ADDRESS + "\u0645" * 71)
    with pytest.raises(ContentError, match="mistake"):
        compile_edition(replace(ORIGINAL, content=content))
