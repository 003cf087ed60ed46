"""The parts of a message, whatever was done to it."""

import base64

import pytest

from newsletter.inbound.mail.mime import DEEPEST, MOST_BYTES, MOST_PARTS, Letter, read_letter, returned_headers

TWO = (
    b"--x\nContent-Type: text/plain\n\none\n--x\nContent-Type: text/html\n\n<p>two</p><p>three</p>\n--x--\nafter\n"
)


def read(content_type: bytes, content: bytes, more: bytes = b"") -> Letter:
    return read_letter(b"From: a@b.example\n" + more + b"Content-Type: " + content_type + b"\n\n" + content)


def texts(letter: Letter) -> list[str]:
    return [part.text.strip() for part in letter.parts]


@pytest.mark.parametrize(
    "content_type",
    [
        b'multipart/mixed; boundary="x"',
        b"multipart/mixed; boundary=x",
        b"MULTIPART/Mixed;\n boundary=x; charset=utf-8",
        b"multipart/report; report-type=delivery-status",
    ],
)
def test_parts_are_found(content_type: bytes) -> None:
    """Parts stand between their delimiters, named or guessed; markup becomes lines."""
    letter = read(content_type, TWO)
    assert ["one", "two\n\nthree"] == [text.replace("\n\n\n", "\n\n") for text in texts(letter)]
    assert ["text/plain", "text/html"] == [part.content_type for part in letter.parts]
    assert letter.is_whole


def test_what_was_cut_off_is_a_part() -> None:
    """A message that ends before its last delimiter has all its parts."""
    assert ["one", "tw"] == texts(read(b"multipart/mixed; boundary=x", b"--x\n\none\n--x\n\ntw"))


def test_a_longer_boundary_is_another() -> None:
    """A delimiter ends with its line."""
    inner = b"--x\nContent-Type: multipart/mixed; boundary=xy\n\n--xy\n\none\n--xy--\n--x\n\ntwo\n--x--\n"
    assert ["one", "two"] == texts(read(b"multipart/mixed; boundary=x", inner))


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        (b"7bit", b"caf\xc3\xa9 of Ann"),
        (b"quoted-printable", b"caf=C3=A9 o=\nf Ann"),
        (b"Base64", base64.b64encode("café of Ann".encode())),
        (b"base64", b"Y2Fm\n!!w6kgb2YgQW5u"),
        (b"base64; odd", b"Y2Fmw6kgb2YgQW5u=="),
        (b"x-unknown", b"caf\xc3\xa9 of Ann"),
    ],
)
def test_transfer_encodings_are_undone(encoding: bytes, content: bytes) -> None:
    """Text is read through its encoding, also a broken one."""
    letter = read(b"text/plain; charset=utf-8", content, b"Content-Transfer-Encoding: " + encoding + b"\n")
    assert ["café of Ann"] == texts(letter)


def test_a_returned_message_is_not_read_as_text() -> None:
    """What a report returns is known by its type, or by its fields where it has none."""
    original = b"Received: by mx\nMessage-ID: <1@news.example>\nFrom: a@b.example\nSubject: Ferry\n\nText\n"
    for before in (b"Content-Type: message/rfc822\n\n", b"Content-Type: text/rfc822-headers\n\n", b""):
        letter = read(b"multipart/mixed; boundary=x", b"--x\n\none\n--x\n" + before + original + b"--x--\n")
        assert [False, True] == [part.is_returned for part in letter.parts]
        assert "<1@news.example>" == returned_headers(letter.parts[1])["message-id"]


def test_beyond_the_limits_nothing_is_read() -> None:
    """Depth, number and size of parts are bounded, and the letter says that it is not whole."""
    deep = b"".join(b"--%d\nContent-Type: multipart/mixed; boundary=%d\n\n" % (n, n + 1) for n in range(50))
    letter = read(b"multipart/mixed; boundary=0", deep)
    assert (1, False) == (len(letter.parts), letter.is_whole)
    many = read(b"multipart/mixed; boundary=x", b"--x\n\none\n" * 500)
    assert MOST_PARTS >= len(many.parts) > DEEPEST
    assert not many.is_whole
    assert not read(b"text/plain", b"x" * MOST_BYTES).is_whole


@pytest.mark.parametrize("octets", [b"", b"\n", b"\n\ntext", b"no fields here\nat all", b"\0\xff", b"From \n"])
def test_what_is_no_message_is_content(octets: bytes) -> None:
    """Octets without a header section are all content."""
    letter = read_letter(octets)
    assert ([], 1) == (letter.headers.fields, len(letter.parts))
