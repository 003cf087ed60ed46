"""The sink's session: where a text ends, whatever the pieces it comes in."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from newsletter.bench.session import ROOM, Session

TEXT = st.lists(st.sampled_from([b"Hello.", b".", b"..", b"", b"x" * 5000, b"MAIL FROM:<>", b"a\r"]), max_size=6)


def stuffed(lines: list[bytes]) -> bytes:
    """Return a text as it stands on the wire, without its final dot (RFC 5321 §4.5.2)."""
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)


def heard(session: Session, pieces: list[bytes]) -> list[int]:
    """Feed pieces as they come off a socket; return the reply codes."""
    replies = b""
    for piece in pieces:
        buffer = bytearray(b"?" * ROOM + piece)
        replies += session.feed(buffer, len(buffer))
    return [int(line[:3]) for line in replies.splitlines() if line[3:4] != b"-"]


def cut(wire: bytes, places: list[int]) -> list[bytes]:
    """Cut what is sent at some places."""
    edges = [0, *sorted({place % (len(wire) + 1) for place in places}), len(wire)]
    return [wire[start:stop] for start, stop in pairwise(edges) if start < stop]


@given(TEXT, st.lists(st.integers(0, 40_000), max_size=8), st.booleans())
def test_a_text_in_any_pieces(lines: list[bytes], places: list[int], pipelines: bool) -> None:
    """Cut anywhere, a text ends at its own dot and nowhere else, and what rides behind it is obeyed."""
    text = stuffed(lines)
    session = Session()
    before = b"EHLO me\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n"
    behind = b"MAIL FROM:<a@a.example>\r\nRCPT TO:<c@c.example>\r\nDATA\r\n" if pipelines else b""
    assert [250, 250, 250, 354] == heard(session, cut(before, places))
    assert [250, *([250, 250, 354] if pipelines else [])] == heard(session, cut(text + b".\r\n" + behind, places))
    assert (1, len(text)) == (session.messages, session.octets)
    if pipelines:
        assert [250, 221] == heard(session, cut(b".\r\nQUIT\r\n", places))
        assert (2, len(text)) == (session.messages, session.octets)
        assert session.ended


@given(st.integers(0, 200))
def test_many_commands_behind_a_text(commands: int) -> None:
    """However many commands follow in the same piece, the dot before them is found."""
    session = Session()
    assert [354] == heard(session, [b"DATA\r\n"])
    replies = heard(session, [b"x" * 9000 + b"\r\n.\r\n" + b"RCPT TO:<reader@mail.example>\r\n" * commands])
    assert [250] * (1 + commands) == replies
    assert (1, 9002) == (session.messages, session.octets)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5), st.lists(st.integers(0, 2000), max_size=8))
def test_text_by_bdat(parts: list[bytes], places: list[int]) -> None:
    """Text by BDAT may hold anything; each part has a reply, and the last one makes the message (RFC 3030 §2)."""
    session = Session()
    wire = b"".join(
        b"BDAT %d%s\r\n%s" % (len(part), b" LAST" if number == len(parts) else b"", part)
        for number, part in enumerate(parts, 1)
    )
    assert [250] * len(parts) + [221] == heard(session, cut(wire + b"QUIT\r\n", places))
    assert (1, sum(map(len, parts))) == (session.messages, session.octets)


def test_a_second_message_is_counted_alone() -> None:
    """Octets of one message are not counted again with the next."""
    session = Session()
    heard(session, [b"DATA\r\n", b"Hello\r\n.\r\nDATA\r\n", b"You\r\n.\r\nBDAT 3 LAST\r\nabc"])
    assert (3, len("Hello\r\nYou\r\nabc")) == (session.messages, session.octets)


def test_what_it_does_not_know() -> None:
    """A word that is no command is refused, and so is STARTTLS where it was not offered."""
    assert [500, 500, 250] == heard(Session(), [b"HULLO\r\nSTARTTLS\r\nnoop\r\n"])
