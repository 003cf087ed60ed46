"""A relay's replies, read out of whatever pieces they arrive in (RFC 5321 §4.2). Pure: octets in, replies out."""

import re
from typing import NamedTuple

LONGEST_REPLY = 65_536
"""Octets of all lines of one reply. RFC 5321 §4.5.3.1.5 allows 512 a line; nobody needs 128 of those."""

MOST_KNOWN = 32
"""Replies of one line that a parser remembers."""

LONGEST_TEXT = 500
"""Characters of a reply that are kept."""

_UNPRINTABLE = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "\N{REPLACEMENT CHARACTER}") | {0x09: " "}
"""Controls, which RFC 5321 §4.2 leaves no room for: the database refuses NUL, and a terminal obeys the others."""

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\n]*)|\r*)\n")


class Reply(NamedTuple):
    """A whole reply: its code and the lines of its text, white space as it came.

    ``is_good`` says whether what was asked for has been done (2yz, RFC 5321 §4.2.1).
    """

    code: int
    lines: tuple[bytes, ...]
    is_good: bool

    @property
    def text(self) -> str:
        """The text in one line, its enhanced status (RFC 2034) first where there is one."""
        lines = self.lines
        return _readable(lines[0].strip() if len(lines) == 1 else b" ".join(line.strip() for line in lines))

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


class ReplyParser:
    """Collects octets until replies are whole.

    What is no reply sets ``fault`` to the words that were none, and nothing is read any more: whoever lost count
    once cannot tell which command the next reply answers.
    """

    def __init__(self) -> None:
        self._pending = b""
        self._lines: list[bytes] = []
        self._code = b""
        self._size = 0
        # Most replies of a relay are the same to the letter, but for the last of each message.
        self._known: dict[bytes, Reply] = {}
        self.fault = ""

    @property
    def is_between_replies(self) -> bool:
        """Whether nothing is left of an unfinished reply."""
        return not (self._pending or self._lines or self.fault)

    def feed(self, octets: bytes) -> list[Reply]:
        """Return the replies that these octets complete, in their order."""
        if self.fault:
            return []
        pending = self._pending + octets if self._pending else octets
        replies: list[Reply] = []
        start = 0
        while (end := pending.find(b"\n", start) + 1) > 0:
            line = pending[start:end]
            start = end
            reply = None if self._lines else self._known.get(line)
            if reply is None:
                reply = self._read(line)
            if reply is not None:
                replies.append(reply)
            elif self.fault:
                return replies
        self._pending = pending[start:]
        if self._size + len(self._pending) > LONGEST_REPLY:
            self._give_up(f"a reply of more than {LONGEST_REPLY} octets")
        return replies

    def _read(self, line: bytes) -> Reply | None:
        """Read a line that is whole; return the reply that it ends."""
        self._size += len(line)
        found = _LINE.fullmatch(line)
        if self._size > LONGEST_REPLY:
            self._give_up(f"a reply of more than {LONGEST_REPLY} octets")
            return None
        if found is None or (self._lines and found[1] != self._code):
            self._give_up(_readable(line.strip()) or "an empty line")
            return None
        code, mark, text = found.groups()
        if not self._lines and mark != b"-":
            reply = Reply(int(code), (text or b"",), code.startswith(b"2"))
            self._size = 0
            if len(self._known) < MOST_KNOWN:
                self._known[line] = reply
            return reply
        self._code = code
        self._lines.append(text or b"")
        if mark == b"-":
            return None
        reply = Reply(int(code), tuple(self._lines), code.startswith(b"2"))
        self._lines, self._size = [], 0
        return reply

    def _give_up(self, fault: str) -> None:
        self.fault, self._pending, self._lines = fault, b"", []


def _readable(octets: bytes) -> str:
    text = octets.decode("utf-8", "replace")[:LONGEST_TEXT]
    return text if text.isprintable() else text.translate(_UNPRINTABLE)
