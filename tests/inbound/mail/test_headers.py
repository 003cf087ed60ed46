"""Fields, read leniently and within limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.inbound.mail.charsets import decode, decode_words
from newsletter.inbound.mail.headers import LONGEST_FIELD, MOST_FIELDS, looks_like_headers, read_headers


def test_fields_are_unfolded() -> None:
    """A continuation belongs to the field above; the first of a name counts, all are kept."""
    headers = read_headers(b"From x y\nTo: ann\n\t@reader.example\nX: 1\nno field\nX : 2\nto: bob\n")
    assert ("ann @reader.example", ["1", "2"]) == (headers["to"], headers.all("x"))
    assert "" == headers["subject"]


@pytest.mark.parametrize(
    ("value", "content_type", "boundary"),
    [
        (b'Multipart/Report; Report-Type=x; boundary="a b;c"', "multipart/report", "a b;c"),
        (b"multipart/mixed;boundary=abc;x=y", "multipart/mixed", "abc"),
        (b"multipart/mixed", "multipart/mixed", ""),
        (b'text/html\n charset="utf-8"', "text/html", ""),
        (b"nonsense", "text/plain", ""),
        (b"", "text/plain", ""),
    ],
)
def test_content_type(value: bytes, content_type: str, boundary: str) -> None:
    """The media type and its parameters are read as they are written in the wild."""
    headers = read_headers(b"Content-Type: " + value + b"\n")
    assert (content_type, boundary) == (headers.content_type, headers.parameter("boundary"))


def test_limits() -> None:
    """Neither long lines, nor many, nor long continuations grow what is kept."""
    assert LONGEST_FIELD >= len(read_headers(b"A: " + b"x" * 1_000_000)["a"])
    assert LONGEST_FIELD >= len(read_headers(b"A: x\n" + b" yyyyyyyyy\n" * 100_000)["a"])
    assert MOST_FIELDS >= len(read_headers(b"A: x\n" * 10_000).fields)


@given(st.binary(max_size=500))
def test_any_octets_have_fields_or_not(octets: bytes) -> None:
    """Nothing is raised, whatever the octets."""
    for name, value in read_headers(octets).fields:
        assert name == name.lower()
        assert "\n" not in value


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Received: by mx", "\tfor ann", "From: a@b.example", "Subject: x"], True),
        (["From: a", "To: b", "", "Subject: c"], False),
        (["Dear Ann:", "From: a", "To: b", "Subject: c"], False),
        (["Size: 1", "Lines: 2", "Age: 3"], False),
        ([], False),
    ],
)
def test_what_looks_like_headers(lines: list[str], expected: bool) -> None:
    """A header section is several fields on end, one of them a message's own."""
    assert expected == looks_like_headers(lines)


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        ("café".encode("latin-1"), "iso-8859-1", "café"),
        ("café".encode(), "", "café"),
        ("café".encode("cp1252"), "", "café"),
        ("café".encode("cp1252"), "utf-9", "café"),
        ("café".encode(), "us-ascii", "café"),
        ("猫".encode("iso-2022-jp"), "us-ascii", "猫"),
        ("猫".encode("shift_jis"), "Shift_JIS", "猫"),
        ("고양이".encode("euc-kr"), "ks_c_5601-1987", "고양이"),
        ("кот".encode("koi8-r"), "KOI8-R", "кот"),
        (b"abc-", "punycode", "abc-"),
        (b"\xff\xfe", "utf-8", "\N{REPLACEMENT CHARACTER}" * 2),
    ],
)
def test_charsets(octets: bytes, charset: str, text: str) -> None:
    """Text is decoded as it was meant, and unknown or dangerous charsets are not tried."""
    assert text == decode(octets, charset)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?caf=C3=A9?= =?utf-8?q?_noir?=", "café noir"),
        ("=?gb2312?B?zcvQxQ==?=", "退信"),
        ("=?utf-8?b?w6?=", "\N{REPLACEMENT CHARACTER}"),
        ("=?utf-8?b?w?=", "=?utf-8?b?w?="),
        ("=?nonsense?q?abc?=", "abc"),
        ("plain", "plain"),
    ],
)
def test_encoded_words(value: str, text: str) -> None:
    """Encoded words are decoded; broken ones stay as they are."""
    assert text == decode_words(value)
