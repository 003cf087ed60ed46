"""Replies are read the same however they are cut into pieces."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.smtp.reply import LONGEST_REPLY, Reply, ReplyParser

texts = st.binary(max_size=30).map(lambda octets: octets.replace(b"\n", b"").replace(b"\r", b""))
codes = st.integers(200, 599).map(lambda code: str(code).encode())


@st.composite
def replies(draw: st.DrawFn) -> bytes:
    """Return the octets of one reply."""
    code = draw(codes)
    end = draw(st.sampled_from([b"\r\n", b"\n"]))
    lines = [code + b"-" + text + end for text in draw(st.lists(texts, max_size=3))]
    return b"".join(lines) + draw(st.sampled_from([code + end, code + b" " + draw(texts) + end]))


streams = st.lists(st.one_of(replies(), replies(), replies(), st.binary(max_size=12)), max_size=8).map(b"".join)


def read(*pieces: bytes) -> tuple[list[Reply], str]:
    """Return what a parser makes of the pieces."""
    parser = ReplyParser()
    return [reply for piece in pieces for reply in parser.feed(piece)], parser.fault


@given(streams, st.lists(st.integers(0, 400), max_size=12))
def test_any_split_reads_the_same(stream: bytes, cuts: list[int]) -> None:
    """Where the network cuts the octets makes no difference, to good replies and to nonsense."""
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    assert read(stream) == read(*pieces)
    assert read(stream) == read(*(bytes([octet]) for octet in stream))


@given(st.lists(replies(), max_size=8))
def test_every_reply_is_read(stream: list[bytes]) -> None:
    """As many replies come out as went in, each with its code."""
    found, fault = read(b"".join(stream))
    assert "" == fault
    assert [int(each[:3]) for each in stream] == [each.code for each in found]


def test_the_text_is_one_line_with_its_enhanced_status() -> None:
    """Lines are joined by spaces, octets that are no UTF-8 are replaced, and the length is bounded."""
    (reply,), _ = read(b"550-5.7.1 blocked, \r\n550-see\r\n550 our page \xff\r\n")
    assert (550, "5.7.1 blocked, see our page �") == (reply.code, reply.text)
    assert "550 5.7.1 blocked, see our page �" == str(reply)
    (long,), _ = read(b"250 " + b"x" * 2000 + b"\r\n")
    assert 500 == len(long.text)


@pytest.mark.parametrize("octets", [b"\0", b"\x1b", b"\r", b"\x7f", "\x9b".encode()])
def test_controls_in_a_reply(octets: bytes) -> None:
    """No database and no terminal is handed an octet that it would choke on or obey; a tab is white space."""
    (reply,), fault = read(b"250 2.0.0 kept" + octets + b"\tas 1\r\n")
    assert ("2.0.0 kept\N{REPLACEMENT CHARACTER} as 1", "") == (reply.text, fault)
    _, fault = read(b"hello" + octets + b"there\r\n")
    assert "hello\N{REPLACEMENT CHARACTER}there" == fault


@given(st.binary(max_size=60))
def test_any_text_can_be_kept(octets: bytes) -> None:
    """Whatever octets a relay sends, what is made of them is text without controls."""
    text = Reply(250, (octets,), is_good=True).text
    assert not [letter for letter in text if unicodedata.category(letter) in {"Cc", "Cs"}]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"hello?\r\n",
        b"\r\n",
        b"25 ok\r\n",
        b"2500 ok\r\n",
        b"250_ok\r\n",
        b" 250 ok\r\n",
        b"150 ok\r\n",
        b"650 no\r\n",
        b"250-one\r\n550 other\r\n",
        b"\x16\x03\x01\n",
        b"2\xb20 ok\r\n",
    ],
)
def test_what_is_no_reply(nonsense: bytes) -> None:
    """It is a fault, and nothing behind it is believed."""
    found, fault = read(b"220 hello\r\n" + nonsense, b"250 ok\r\n")
    assert [220] == [each.code for each in found]
    assert fault


@pytest.mark.parametrize("line", [b"250-", b"250 ", b""])
def test_a_reply_without_end(line: bytes) -> None:
    """However slowly it grows, it is bounded, in one line and in many."""
    parser = ReplyParser()
    for _ in range(LONGEST_REPLY // 1000 + 2):
        assert [] == parser.feed(line + b"x" * 1000 + (b"\r\n" if line == b"250-" else b""))
    assert parser.fault


def test_between_replies() -> None:
    """It knows whether something is left over."""
    parser = ReplyParser()
    assert parser.is_between_replies
    for octets, expected in ((b"250-a\r\n", False), (b"250", False), (b" b\r\n", True), (b"2", False)):
        parser.feed(octets)
        assert expected is parser.is_between_replies
