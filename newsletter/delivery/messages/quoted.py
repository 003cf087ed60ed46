"""Quoted-printable (RFC 2045 §6.7) of content in pieces, so that what all readers share is encoded once.

A soft break stands on either side of a slot that is not at the edge of its line. So a value always begins a line
and another piece never shares it: each piece can be encoded without knowing its neighbours. No line begins with a
dot, so nothing has to be stuffed on the wire (RFC 5321 §4.5.2).
"""

import re
from collections.abc import Sequence
from email.quoprimime import body_encode

from newsletter.edition.rendering.slots import Slot

LONGEST_LINE = 76
"""Characters, less the line end (RFC 2045 §6.7, rule 5)."""

_SOFT_BREAK = b"=\r\n"
_ROOM = LONGEST_LINE - 3
"""A dot that begins a line grows by two characters, and a soft break takes one."""

_WIDEST = 70
_SAFE = re.compile(r"[!-<>-~]+")
"""Visible ASCII but the equals sign, which alone stands for something else."""


def quoted(text: str) -> bytes:
    """Return text encoded; every kind of line end becomes CRLF.

    A soft break may follow the last line without making it too long. Raises UnicodeEncodeError for a surrogate.
    """
    lines = re.sub("\r\n?", "\n", text)
    encoded = body_encode(lines.encode().decode("latin-1"), _ROOM, "\r\n")
    return re.sub(r"^\.", "=2E", encoded, flags=re.MULTILINE).encode("ascii")


def quoted_value(value: str) -> bytes:
    """Return a value encoded; one that needs no encoding is only copied, and broken where it is long."""
    return broken(value) if _SAFE.fullmatch(value) else quoted(value)


def broken(value: str) -> bytes:
    """Return a value in which nothing needs encoding but a dot that begins a line."""
    if len(value) <= _WIDEST:
        return _no_dot(value).encode("ascii")
    lines = [_no_dot(value[start : start + _WIDEST]) for start in range(0, len(value), _WIDEST)]
    return "=\r\n".join(lines).encode("ascii")


def quoted_pieces(pieces: Sequence[str | Slot]) -> list[bytes | Slot]:
    """Return text encoded and slots as they are, with soft breaks so that any encoded value fits between."""
    result: list[bytes | Slot] = []
    at_edge = True
    for number, piece in enumerate(pieces):
        if isinstance(piece, Slot):
            if not at_edge:
                result.append(_SOFT_BREAK)
            result.append(piece)
            at_edge = False
            continue
        if number and not piece.startswith(("\r", "\n")):
            result.append(_SOFT_BREAK)
        result.append(quoted(piece))
        at_edge = piece.endswith(("\r", "\n"))
    return result


def _no_dot(line: str) -> str:
    return f"=2E{line[1:]}" if line.startswith(".") else line
