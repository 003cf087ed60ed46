"""Plain text in lines, as a terminal shows them: measured in columns, each line in its own text's direction."""

import unicodedata
from collections.abc import Iterator

from newsletter.edition.words.bidi import STRONG
from newsletter.edition.words.wording import can_part

LINE = 72
"""Columns of a line of the text part."""

_LEFT, _RIGHT = "\u200e", "\u200f"
_WIDE = {"W", "F"}
_NO_WIDTH = {"Mn", "Me", "Cf"}


def wrap(text: str, indent: str = "", direction: str = "") -> str:
    """Return the text in lines of at most 72 columns, each after ``indent``.

    Ends of lines stay where they are; a word that no line can hold is cut.

    With a direction, ``ltr`` or ``rtl``, a line that opens with a word of the other one starts with a mark
    (U+200E or U+200F): programs that show plain text take a line's direction from its first strong letter
    (Unicode Bidirectional Algorithm, rules P2 and P3).
    """
    room = LINE - len(indent)
    lines = [line for given in text.splitlines() for line in _lines(given.split(" "), room)]
    return "\n".join(f"{indent}{_mark(line, direction)}{line}" for line in lines)


def columns(text: str) -> int:
    """Return how wide a terminal shows a text: two columns for an ideograph (UAX 11), none for what joins."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(letter: str) -> int:
    if unicodedata.category(letter) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in _WIDE else 1


def _lines(words: list[str], room: int) -> Iterator[str]:
    line, used = "", 0
    for word in filter(None, words):
        for piece in _pieces(word, room):
            width = columns(piece)
            if line and used + 1 + width <= room:
                line, used = f"{line} {piece}", used + 1 + width
            else:
                if line:
                    yield line
                line, used = piece, width
    yield line


def _pieces(word: str, room: int) -> Iterator[str]:
    """Cut a word that no line can hold, between whole characters where there are any."""
    while columns(word) > room:
        end = used = 0
        for letter in word:
            used += _columns(letter)
            if used > room:
                break
            end += 1
        whole = end
        while whole > 1 and not can_part(word[whole - 1], word[whole]):
            whole -= 1
        end = whole if whole > 1 else max(end, 1)
        yield word[:end]
        word = word[end:]
    yield word


def _mark(line: str, direction: str) -> str:
    """Return the mark that gives a line its direction, where its own letters would give it another one."""
    depth = 0
    for letter in line if direction else ():
        kind = unicodedata.bidirectional(letter)
        if kind in {"LRI", "RLI", "FSI"}:
            depth += 1
        elif kind == "PDI":
            depth = max(0, depth - 1)
        elif depth == 0 and kind in STRONG:
            return "" if STRONG[kind] == direction else _RIGHT if direction == "rtl" else _LEFT
    # Nothing strong outside isolates: most programs take such a line for one from left to right.
    return _RIGHT if direction == "rtl" else ""
