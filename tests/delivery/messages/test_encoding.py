"""8bit: only where the relay takes it and every line fits, and the same message as in quoted-printable."""

from collections.abc import Sequence
from dataclasses import replace

import dkim
import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings

from newsletter.delivery.messages import encoding, parts
from newsletter.delivery.messages.compiled import compile_edition, compile_in_8bit
from newsletter.delivery.messages.composer import Composer
from newsletter.delivery.messages.encoding import IN_8BIT, Encoding, UnfitError, room_for_values
from newsletter.delivery.messages.form import Reader
from newsletter.delivery.messages.original import Original
from newsletter.delivery.messages.proof import prove
from newsletter.delivery.smtp.client import SmtpTransport
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.edition.rendering.slots import Slot
from newsletter.edition.tables import edition_content
from newsletter.errors import ContentError
from tests.conftest import SECRET
from tests.delivery.editions import ARCHIVE
from tests.delivery.mail import parse, text_of
from tests.delivery.messages.test_compiled import (
    ADDRESS,
    ANN,
    CLICK,
    CONTENT,
    ORIGINAL,
    UNSUBSCRIBE,
    around,
    readers,
)
from tests.delivery.messages.test_dkim import KEYS, RECORDS
from tests.delivery.plainly import a_copy, a_post, read_wire
from tests.delivery.press import MARKER, Press
from tests.delivery.scripted_relay import ScriptedRelay
from tests.delivery.smtp.test_session import greeted

TAKES = "250-scripted.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1000000"
TAKES_BY_BDAT = "250-scripted.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 CHUNKING"
DOES_NOT = "250-scripted.example\r\n250-PIPELINING\r\n250 SIZE 1000000"
NAMES = ("ann", "bo", "cy", "dee")
TEXT = "Der Hafen \u00f6ffnet \u2014 \u0627\u0644\u0645\u064a\u0646\u0627\u0621 = 100 %."
EIGHT_BIT = replace(ORIGINAL, encodings=IN_8BIT)


# In a conversation.


def send(press: Press, relays: Sequence[ScriptedRelay], text: str = TEXT, chunks: int = 0) -> int:
    """Send an edition to some readers, in 8bit if it may be, over all of these relays at once; return its id."""
    press.encoding = Encoding.EIGHT_BIT
    edition_id = press.send(*NAMES)
    html = f"<p>{text}</p>\n<p>For {MARKER}saddressx</p>\n"
    with press.database.transaction() as connection:
        connection.execute(
            sa.update(edition_content).values(text=f"{text}\nLeave: {MARKER}sunsubscribex\n", html=html)
        )
    press.transport = SmtpTransport(
        [Relay("127.0.0.1", each.port, Tls.IF_OFFERED, chunks=chunks, connections=1) for each in relays]
    )
    try:
        assert len(NAMES) == press.submit(edition_id).settled
    finally:
        press.transport.close()
    return edition_id


def encodings(relay: ScriptedRelay) -> set[tuple[str, ...]]:
    """Return how the messages that a relay keeps are encoded, whole and parts."""
    return {
        tuple(str(part.get("Content-Transfer-Encoding", "7bit")) for part in parse(each.content).walk())
        for each in relay.kept
    }


def says_so(relay: ScriptedRelay) -> set[bool]:
    """Return whether messages were introduced as 8bit."""
    return {line.endswith(" BODY=8BITMIME") for line in relay.heard if line.startswith("MAIL")}


def check_content(relay: ScriptedRelay, text: str = TEXT) -> None:
    """Assert that every message a relay keeps says what it should, on lines that fit."""
    for each in relay.kept:
        message = parse(each.content)
        assert [] == message.defects
        assert text == text_of(message, "plain").partition("\r\nLeave: ")[0]
        assert f"<p>{text}</p>\r\n<p>For {each.recipient}</p>\r\n" == text_of(message, "html")
        assert max(map(len, each.wire.split(b"\r\n"))) <= 998
        assert each.wire.count(b"\r") == each.wire.count(b"\n") == each.wire.count(b"\r\n")


@pytest.mark.parametrize(("ehlo", "chunks"), [(TAKES, 0), (TAKES_BY_BDAT, 3)])
def test_a_relay_that_takes_8bit_gets_it(press: Press, relay: ScriptedRelay, ehlo: str, chunks: int) -> None:
    """MAIL says BODY=8BITMIME (RFC 6152 §3), whole and parts are labelled, and the text is itself on the wire."""
    relay.decide = greeted(ehlo)
    send(press, [relay], chunks=chunks)
    assert {True} == says_so(relay)
    assert {("8bit", "8bit", "8bit")} == encodings(relay)
    assert len(NAMES) == sum(TEXT.encode() in each.wire for each in relay.kept)
    check_content(relay)


def test_a_relay_that_does_not_never_does(press: Press, relay: ScriptedRelay) -> None:
    """Not one octet beyond ASCII goes to a relay that announces no 8BITMIME, whatever the operator wants."""
    relay.decide = greeted(DOES_NOT)
    send(press, [relay])
    assert {False} == says_so(relay)
    assert {("7bit", "quoted-printable", "quoted-printable")} == encodings(relay)
    assert all(each.wire.isascii() for each in relay.kept)
    check_content(relay)


def test_relays_of_one_edition_get_what_each_takes(press: Press) -> None:
    """An edition that goes over two relays is 8bit at one and quoted-printable at the other."""
    with ScriptedRelay(greeted(TAKES)) as takes, ScriptedRelay(greeted(DOES_NOT)) as does_not:
        send(press, [takes, does_not])
        assert len(NAMES) == len(takes.kept) + len(does_not.kept)
        assert all(takes.kept), "each relay has had some"
        assert {("8bit", "8bit", "8bit")} >= encodings(takes)
        assert {("7bit", "quoted-printable", "quoted-printable")} >= encodings(does_not)
        assert all(each.wire.isascii() for each in does_not.kept)
        for relay in (takes, does_not):
            check_content(relay)


@pytest.mark.parametrize("text", [".NET framework", "\u00e9" * 500, "x" * 999])
def test_lines_that_need_care_are_quoted(press: Press, relay: ScriptedRelay, text: str) -> None:
    """A dot that begins a line, and a line of more than 998 octets, keep the edition out of 8bit."""
    relay.decide = greeted(TAKES)
    send(press, [relay], text)
    assert {False} == says_so(relay)
    encoded = "quoted-printable" if text.isascii() else "base64"
    assert {("7bit", encoded, encoded)} == encodings(relay)
    check_content(relay, text)


def test_quoted_printable_unless_asked_for(press: Press, relay: ScriptedRelay) -> None:
    """What the relay can do changes nothing by itself."""
    relay.decide = greeted(TAKES)
    edition_id = press.send(*NAMES)
    press.transport = SmtpTransport([Relay("127.0.0.1", relay.port, Tls.IF_OFFERED)])
    try:
        press.submit(edition_id)
    finally:
        press.transport.close()
    assert {False} == says_so(relay)
    assert {("7bit", "quoted-printable", "quoted-printable")} == encodings(relay)


# In the compiled edition.


def read(raw: bytes) -> list[object]:
    """Return what a message says, less how its parts are encoded."""
    return [
        (
            [(name, value) for name, value in part.items() if name != "Content-Transfer-Encoding"],
            part.get_payload(decode=True),
        )
        for part in parse(raw).walk()
    ]


@settings(deadline=None)
@given(text=around, html=around, reader=readers)
@example(ADDRESS, UNSUBSCRIBE, ANN)
@example(f"{ADDRESS}\n{CLICK}/1", f"\n{ADDRESS}", ANN._replace(address=".ann@example.org", click_url="./c"))
@example("\u00e9" * 400 + ADDRESS, f"x\r{UNSUBSCRIBE}\r\n", ANN._replace(address="a" * 254))
def test_every_message_is_the_one_in_quoted_printable(text: str, html: str, reader: Reader) -> None:
    """Any content, any reader: the same headers and parts, fit for the wire without stuffing, or not in 8bit."""
    original = replace(ORIGINAL, content=replace(CONTENT, text=text, html=html))
    edition_8bit = compile_in_8bit(original)
    if edition_8bit is None:
        return
    try:
        raw = edition_8bit.message(reader)
    except UnfitError:
        return
    assert read(compile_edition(original).message(reader)) == read(raw)
    assert b"\n." not in raw
    assert b"\0" not in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_what_our_templates_print_is_fit_for_8bit() -> None:
    """A real edition is smaller in 8bit and says the same; a reader whose address needs care gets it quoted."""
    copy = a_copy()
    copy = replace(copy, compiled_8bit=compile_in_8bit(Original(copy.content, copy.newsletter, 4, ARCHIVE)))
    composer = Composer(a_post(SECRET), copy)
    plain, quoted = composer.message_8bit(17, "ann@example.org"), composer.message(17, "ann@example.org")
    assert b"\r\n\xc3\x9cberfahrt" in plain
    assert len(plain) < len(quoted)
    assert read_wire(quoted) == read_wire(plain.replace(b"\r\nContent-Transfer-Encoding: 8bit", b"", 1))
    assert composer.message(18, ".ann@example.org") == composer.message_8bit(18, ".ann@example.org")


@pytest.mark.parametrize("static", [900, 950, 998 - len("ann@example.org")])
def test_a_value_that_makes_a_line_too_long(static: int) -> None:
    """What fits usual readers is 8bit for them; one whose value is too long for its line is refused, not cut."""
    text = "x" * (static - 1) + " "
    original = replace(ORIGINAL, content=replace(CONTENT, text=f"{text}{ADDRESS}\n"))
    edition_8bit = compile_in_8bit(original)
    if static > 998 - len("a" * 48 + "@reader.example"):
        assert edition_8bit is None
        return
    assert edition_8bit is not None
    room = 998 - static
    fitting = ANN._replace(address="a" * (min(room, 254) - len("@b.example")) + "@b.example")
    assert f"{text}{fitting.address}\r\n".encode() in edition_8bit.message(fitting)
    if room < 254:
        with pytest.raises(UnfitError):
            edition_8bit.message(fitting._replace(address=f"a{fitting.address}"))


@pytest.mark.parametrize("text", ["x" * 999, "\u00e9" * 500, ".", "a\n.b", "\0", f"{'x' * 998}{ADDRESS}"])
def test_content_that_is_not_fit(text: str) -> None:
    """Long lines, dots that begin one and NUL (RFC 2045 §2.8) are for quoted-printable."""
    assert compile_in_8bit(replace(ORIGINAL, content=replace(CONTENT, text=text))) is None
    assert compile_in_8bit(replace(ORIGINAL, content=replace(CONTENT, html=text))) is None


def test_damaged_content_is_no_question_of_encoding() -> None:
    """What cannot be compiled at all stops the edition either way."""
    with pytest.raises(ContentError, match="No slot"):
        compile_in_8bit(replace(ORIGINAL, content=replace(CONTENT, text=f"{MARKER}snosuchx")))


def test_room_is_shared_by_the_values_of_a_line() -> None:
    """Two places on one line may each take half of what is left on it."""
    place = (object(),)
    assert 998 == room_for_values([b"a\r\n", place, b"\r\n"])
    assert 499 == room_for_values([b"a\r\n", place, place, b"\r\n"])
    assert 0 == room_for_values([b"x" * 997, place, place])
    assert 0 == room_for_values([b"x" * 998, place])
    for pieces in ([b"x" * 999], [b"x" * 999, place], [b"a\r\n.b"], [b"\0"]):
        with pytest.raises(UnfitError):
            room_for_values(pieces)


def test_signatures_stand_over_8bit() -> None:
    """DKIM signs what goes out, in 8bit as well; another implementation says so of each signature."""
    content = replace(CONTENT, text=f"{TEXT}\n{ADDRESS}  \n", html=f"<p>{TEXT}</p>\n{CLICK}/1\n")
    edition_8bit = compile_in_8bit(replace(ORIGINAL, content=content), KEYS[:1])
    assert edition_8bit is not None
    for reader in (ANN, ANN._replace(address="zo\u00eb@example.org")):
        message = edition_8bit.message(reader)
        assert TEXT.encode() in message
        assert dkim.DKIM(message).verify(0, dnsfunc=lambda name, timeout=5: RECORDS[name])


@pytest.mark.parametrize("line", [b"\xc3\xa9" * 500, b"x\0", b".x", b"x\ny", b"x\ry"])
def test_the_proof_knows_what_8bit_may_not_hold(line: bytes) -> None:
    """Long lines, NUL, dots that need stuffing and bare line ends are mistakes in 8bit too."""
    plain = EIGHT_BIT.compose(ANN)
    prove(plain, plain, is_8bit=True)
    changed = plain.replace(b"Harbour opens\r\n\r\n", line + b"\r\n")
    assert changed != plain
    with pytest.raises(ContentError, match="wire"):
        prove(changed, changed, is_8bit=True)


def test_a_mistake_in_compiling_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compilation in 8bit proves itself like the other."""

    def forgetful(pieces: Sequence[str | Slot]) -> list[bytes | Slot]:
        return encoding.plain_pieces([piece.upper() if not isinstance(piece, Slot) else piece for piece in pieces])

    monkeypatch.setattr(parts, "plain_pieces", forgetful)
    with pytest.raises(ContentError, match="mistake"):
        compile_in_8bit(ORIGINAL)
