"""Signatures over whole editions, read by another implementation."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.delivery.messages.compiled import CompiledEdition, compile_edition
from newsletter.delivery.messages.dkim import Seal, sign_message
from newsletter.delivery.messages.dkim_keys import SigningKey
from newsletter.delivery.messages.encoding import Encoding
from newsletter.delivery.messages.form import Context, Form, Piece, Place, Reader, spell
from newsletter.delivery.messages.quoted import quoted
from newsletter.errors import ContentError
from tests.delivery.editions import ARABIC, articles, content_of
from tests.delivery.messages.changing import changed
from tests.delivery.messages.test_compiled import ANN, ORIGINAL, readers
from tests.delivery.messages.test_message import DAILY, edition

KEYS = (
    SigningKey("r1", "paper.example", generate_private_key(65537, 2048)),
    SigningKey("e1", "paper.example", Ed25519PrivateKey.from_private_bytes(bytes(range(32)))),
)
RECORDS = {f"{key.dns_name}.".encode(): key.dns_record.encode() for key in KEYS}
SIGNED_AT = datetime(2024, 5, 1, 6, 0, tzinfo=UTC)
PLACE: Place = (Context.TEXT, "address")
ADDRESS: Place = (Context.HEADER, "address")
HEAD = (
    b"From: The Daily <news@paper.example>\r\nTo: ",
    ADDRESS,
    b"\r\nSubject: Harbour\r\n\topens\r\nDate: Wed, 01 May 2024 06:00:00 +0000\r\nX-Other: ",
    PLACE,
    b"\r\nMessage-ID: <4.a@paper.example>\r\n\r\n",
)


class StandIn:
    """The few names of PyNaCl that dkimpy reads Ed25519 keys with, over the library that the product has."""

    class BadSignatureError(Exception):
        """The signature is not of this text."""

    def __init__(self, encoded: bytes, encoder: object) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded))

    def verify(self, digest: bytes, signature: bytes) -> None:
        """Raise BadSignatureError unless the signature is right."""
        try:
            self._key.verify(signature, digest)
        except InvalidSignature:
            raise StandIn.BadSignatureError from None

    @classmethod
    def module(cls) -> SimpleNamespace:
        """Return what stands for the module."""
        return SimpleNamespace(
            signing=SimpleNamespace(VerifyKey=cls),
            encoding=SimpleNamespace(Base64Encoder=None),
            exceptions=SimpleNamespace(ValueError=ValueError, BadSignatureError=cls.BadSignatureError),
        )


@pytest.fixture(autouse=True, scope="module")
def _ed25519() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dkim, "nacl", StandIn.module(), raising=False)
        yield


def verdicts(message: bytes) -> list[bool]:
    """Return what another implementation says about each signature of a message, the first one first."""
    reader = dkim.DKIM(message)
    return [
        bool(reader.verify(number, dnsfunc=lambda name, timeout=5: RECORDS[name])) for number in range(len(KEYS))
    ]


def filled(pieces: Sequence[Piece], values: Sequence[bytes]) -> bytes:
    """Put values in their places."""
    rest = iter(values)
    return b"".join(piece if isinstance(piece, bytes) else next(rest) for piece in pieces)


def sealed(pieces: Sequence[Piece], values: Sequence[bytes]) -> bytes:
    """Return a message signed in its places, once that is proved to be what signing it whole gives."""
    message = filled(pieces, values)
    signatures = Seal(KEYS, pieces, SIGNED_AT).sign(values)
    assert sign_message(KEYS, message, SIGNED_AT) == signatures
    return signatures + message


@cache
def real_edition() -> CompiledEdition:
    """Return an edition compiled as the product does it."""
    return compile_edition(ORIGINAL)


def form_of(compiled: CompiledEdition, reader: Reader) -> Form:
    """Return the form that a reader's message is made with."""
    return compiled._form_for(spell(reader))[0]


@given(readers)
@example(ANN)
def test_every_message_of_an_edition_verifies(reader: Reader) -> None:
    """Both signatures stand over a real edition, for any reader, in the places of its own form."""
    compiled = real_edition()
    form = form_of(compiled, reader)
    pieces, values = form.pieces, form.filled(spell(reader))[1::2]
    assert compiled.message(reader) == filled(pieces, values)
    assert [True, True] == verdicts(sealed(pieces, values))


def test_signatures_stand_over_base64() -> None:
    """Whatever an address's length makes of the lines, both signatures are over what goes out."""
    content = content_of(DAILY, articles(2, ARABIC), "ar")
    compiled = compile_edition(replace(ORIGINAL, content=content), KEYS)
    assert Encoding.BASE64 in compiled.original.encodings
    for length in (1, 2, 3, 60, 1):
        for address in (
            f"{'a' * length}@example.org",
            f"'{'a' * length}@example.org",
            f"é{'a' * length}@b.example",
        ):
            assert [True, True] == verdicts(compiled.message(ANN._replace(address=address)))


texts = st.text(" \t=.a\u00e9", max_size=30) | st.text(max_size=30).filter(str.isprintable)
fixed = st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"=\r\n", b"a", b"--"]), max_size=6).map(b"".join)


@given(
    fixed,
    st.lists(
        st.tuples(texts.map(quoted) | st.sampled_from([b"", b" ", b"a \r\nb", b"\r\n\r\n", b"a\r\n"]), fixed),
        max_size=4,
    ),
    st.sampled_from([b"ann@example.org", b"Ann  B\t<ann@example.org>", b"", b" ", b"a@b ", b"a,\r\n b"]),
)
@example(b"a", [(b" b", b"=\r\n--\r\n")], b"ann@example.org")
@example(b"a ", [(b"b", b" ")], b"ann@example.org")
def test_whatever_is_filled_in(before: bytes, rest: list[tuple[bytes, bytes]], address: bytes) -> None:
    """White space and line ends on either side of a place, or in a value, make no signature wrong."""
    pieces: list[Piece] = [*HEAD, before]
    values = [address, b"x"]
    for value, after in rest:
        pieces += [PLACE, after]
        values.append(value)
    pieces.append(b"\r\n")
    assert [True, True] == verdicts(sealed(pieces, values))


@pytest.mark.parametrize("address", [b"a@b ", b" a@b", b"a@b\t", b"a@b,\r\n c@d", b""])
def test_what_does_not_fit_a_field(address: bytes) -> None:
    """White space at either end, a fold, or nothing: the message is made canonical once it is whole."""
    assert [True, True] == verdicts(sealed([*HEAD, b"Hello\r\n"], [address, b"x"]))


def test_a_field_that_is_there_twice() -> None:
    """Fields of one name are signed from the bottom up (RFC 6376 §5.4.2)."""
    twice = b"List-Archive: <https://one.example>\r\nlist-archive: <https://two.example>\r\n"
    assert [True, True] == verdicts(sealed([twice + edition()], []))


def test_lines_and_tags() -> None:
    """Lines are short, and the tags say what was signed: the reader's side of RFC 6376 §3.5."""
    lines = Seal(KEYS, [edition()], SIGNED_AT).sign(()).split(b"\r\n")
    assert b"" == lines.pop()
    assert max(map(len, lines)) <= 78
    assert all(line.startswith((b" ", b"DKIM-Signature: ")) for line in lines)
    assert b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;" == lines[0]
    assert lines.count(b" d=paper.example;") == 2
    assert b" s=e1; t=1714543200;" in lines


def test_each_field_is_signed_and_four_of_them_once_more() -> None:
    """A second From, To, Subject or Date cannot be added; every List field is covered (RFC 8058 §4)."""
    signature = b"".join(Seal(KEYS[1:], [edition()], SIGNED_AT).sign(()).split(b"\r\n "))
    names = signature.partition(b"h=")[2].partition(b";")[0].decode().replace(" ", "").split(":")
    assert [
        *("from", "from", "to", "to", "subject", "subject", "date", "date", "message-id", "mime-version"),
        *("content-type", "list-id", "list-unsubscribe", "list-unsubscribe-post", "list-archive"),
        *("feedback-id", "precedence"),
    ] == names


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Harbour opens\r\n", b"Harbour shuts\r\n"),
        (b"\r\nSubject: ", b"\r\nSubject: Re: "),
        (b"\r\nList-Unsubscribe: <", b"\r\nList-Unsubscribe: <mailto:eve@example.org>, <"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Clicks"),
        (b"\r\nFrom: ", b"\r\nFrom: eve@example.org\r\nFrom: "),
        (b"\r\nTo: ", b"\r\nTo: eve@example.org\r\nTo: "),
        (b"\r\nDate: ", b"\r\nSubject: Another\r\nDate: "),
        (b"\r\nDate: ", b"\r\nDate: Thu, 02 May 2024 06:00:00 +0000\r\nDate: "),
        (b"multipart/alternative", b"multipart/mixed"),
        (b";\r\n d=", b";\r\n i=@eu.paper.example; d="),
    ],
)
def test_a_changed_message_fails(old: bytes, new: bytes) -> None:
    """Neither signature stands over a message that says anything else."""
    assert [False, False] == refusals(changed(sealed([edition()], []), old, new))


def refusals(message: bytes) -> list[bool]:
    """Return the verdicts on a message; dkimpy raises where the body is another one."""
    try:
        return verdicts(message)
    except dkim.ValidationError:
        return [False, False]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: ", b"SUBJECT:   "),
        (b"\r\nPrecedence", b"\r\nX-Relay: one\r\nPrecedence"),
        (b"opens\r\n\r\n--", b"opens \t\r\n\r\n--"),
    ],
)
def test_what_relays_may_do_does_no_harm(old: bytes, new: bytes) -> None:
    """White space, the case of names and fields of their own are what the relaxed form lets them change."""
    assert [True, True] == verdicts(changed(sealed([edition()], []), old, new))


def test_the_same_message_has_the_same_signature() -> None:
    """A message that is tried again tomorrow, by another process, is the same to the byte."""
    form = form_of(real_edition(), ANN)
    values = form.filled(spell(ANN))[1::2]
    others = form_of(compile_edition(ORIGINAL), ANN)
    one, again = (Seal(KEYS, each.pieces, SIGNED_AT) for each in (form, others))
    assert one.sign(values) == one.sign(values) == again.sign(values)


def test_without_keys_nothing_is_added() -> None:
    """An edition whose sender has no key goes out as it is."""
    assert b"" == Seal((), [edition()], SIGNED_AT).sign(())


@pytest.mark.parametrize("count", [1, 3])
def test_each_place_has_one_value(count: int) -> None:
    """A value too many or too few is a mistake of the caller's."""
    with pytest.raises(ValueError, match="zip"):
        Seal(KEYS, [*HEAD, b"Hello\r\n"], SIGNED_AT).sign([b"ann@example.org"] * count)


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (b"From: a@paper.example\r\n", "do not end"),
        (b"To: a@paper.example\r\n\r\nHello\r\n", "no From"),
        (b"\r\n\r\nHello\r\n", "no header field"),
    ],
)
def test_what_is_no_message_is_refused(message: bytes, what: str) -> None:
    """A message that cannot be signed stops the edition, when it is compiled."""
    with pytest.raises(ContentError, match=what):
        Seal(KEYS, [message], SIGNED_AT)
