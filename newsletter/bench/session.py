"""One SMTP session of the sink: what came in goes to ``feed``, and what it returns is the answer.

It understands what a benchmark's clients say (RFC 5321, PIPELINING of RFC 2920, CHUNKING of RFC 3030, STARTTLS of
RFC 3207), checks nothing and keeps nothing: text is looked at only for its end.
"""

from typing import Final

ROOM: Final = 4
"""Octets before the text in the buffer, where the end of the text so far is put: the dot may be cut anywhere."""

_END: Final = b"\r\n.\r\n"
_NEAR_THE_END: Final = 4096
_VERBS: Final = frozenset(
    (b"MAIL", b"RCPT", b"DATA", b"BDAT", b"RSET", b"NOOP", b"QUIT", b"EHLO", b"HELO", b"VRFY", b"EXPN", b"HELP")
)
_OK: Final = b"250 2.0.0 ok\r\n"
GREETING: Final = b"220 sink.example ESMTP\r\n"


class Session:
    """Where one connection stands. ``messages`` and ``octets`` count what was accepted."""

    __slots__ = ("_line", "_offers", "_owed", "_tail", "_text_octets", "ended", "messages", "octets", "secures")

    def __init__(self, *, offers_tls: bool = False) -> None:
        self.messages = 0
        self.octets = 0
        self.ended = False
        self.secures = False
        self._offers = offers_tls
        self._line = b""
        self._owed = -1
        """Octets of a BDAT text still to come; -1 outside of one."""
        self._tail = b""
        """The last octets of a text under way; empty outside of one."""
        self._text_octets = 0

    def feed(self, buffer: bytearray, stop: int) -> bytes:
        """Take in ``buffer[ROOM:stop]``, and return the replies. The first ``ROOM`` octets may be written over."""
        start = ROOM
        replies: list[bytes] = []
        while start < stop and not self.ended:
            if self._tail:
                start = self._text(buffer, start, stop, replies)
            elif self._owed >= 0:
                start = self._counted(start, stop, replies)
            else:
                start = self._commands(buffer, start, stop, replies)
        return b"".join(replies)

    def secured(self) -> None:
        """Begin anew after the handshake: nothing said before it counts (RFC 3207 §4.2)."""
        self._offers = self.secures = False
        self._line = b""

    def _text(self, buffer: bytearray, start: int, stop: int, replies: list[bytes]) -> int:
        """Take text as far as its final dot, and return where it ended (RFC 5321 §4.1.1.4)."""
        begin = start - len(self._tail)
        buffer[begin:start] = self._tail
        found = _find_end(buffer, begin, stop)
        if found < 0:
            self._text_octets += stop - start
            self._tail = bytes(buffer[max(begin, stop - ROOM) : stop])
            return stop
        end = found + len(_END)
        # A client doubles dots, and that is left so: the octets are those of the wire, less the final dot.
        self._accept(self._text_octets + end - start - len(b".\r\n"), replies)
        self._tail = b""
        return end

    def _counted(self, start: int, stop: int, replies: list[bytes]) -> int:
        """Take text whose length was said, and return where it ended (RFC 3030 §2)."""
        taken = min(self._owed, stop - start)
        self._owed -= taken
        self._text_octets += taken
        if self._owed == 0:
            self._end_counted(replies)
        return start + taken

    def _end_counted(self, replies: list[bytes]) -> None:
        self._owed = -1
        if self._line == b"LAST":
            self._accept(self._text_octets, replies)
            self._text_octets = 0
        else:
            replies.append(_OK)
        self._line = b""

    def _commands(self, buffer: bytearray, start: int, stop: int, replies: list[bytes]) -> int:
        """Obey whole lines until a text begins; return where it does."""
        while start < stop and not (self._tail or self._owed >= 0 or self.ended or self.secures):
            end = buffer.find(b"\n", start, stop)
            if end < 0:
                self._line += buffer[start:stop]
                return stop
            line = self._line + buffer[start:end]
            self._line = b""
            start = end + 1
            self._obey(line.rstrip(b"\r"), replies)
        return stop if self.secures else start

    def _obey(self, line: bytes, replies: list[bytes]) -> None:
        verb = line[:4].upper()
        if verb == b"DATA":
            replies.append(b"354 go ahead\r\n")
            self._tail, self._text_octets = b"\r\n", 0
        elif verb == b"BDAT":
            words = line.split()
            self._owed, self._line = int(words[1]), words[2].upper() if len(words) > 2 else b""  # noqa: PLR2004 — LAST
            if self._owed == 0:
                self._end_counted(replies)
        elif verb == b"EHLO":
            secure = b"250-STARTTLS\r\n" if self._offers else b""
            replies.append(
                b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
                + secure
                + b"250-SIZE\r\n250-ENHANCEDSTATUSCODES\r\n250 CHUNKING\r\n"
            )
        elif verb == b"STAR" and self._offers:
            replies.append(b"220 2.0.0 go ahead\r\n")
            self.secures = True
        elif verb == b"QUIT":
            replies.append(b"221 2.0.0 bye\r\n")
            self.ended = True
        else:
            replies.append(_OK if verb in _VERBS else b"500 5.5.2 what?\r\n")

    def _accept(self, octets: int, replies: list[bytes]) -> None:
        self.messages += 1
        self.octets += octets
        replies.append(b"250 2.0.0 accepted\r\n")


def _find_end(buffer: bytearray, begin: int, stop: int) -> int:
    """Return where the end of the text begins, or -1.

    What follows it are commands, for the next text waits for its 354 (RFC 2920 §3.1); so the last dot is the only
    one, and lies near the end unless the last few thousand octets are all commands.
    """
    near = max(begin, stop - _NEAR_THE_END)
    found = buffer.rfind(_END, max(begin, near - ROOM), stop)  # it may straddle the edge
    if found >= 0 or near == begin:
        return found
    line = buffer.find(b"\n", near, stop) + 1
    return buffer.rfind(_END, begin, stop) if line and bytes(buffer[line : line + 4]).upper() in _VERBS else -1
