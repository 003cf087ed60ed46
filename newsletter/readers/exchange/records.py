"""Records of a CSV file (RFC 4180), read one at a time, within limits, whatever the file is.

A quote that is never closed would swallow the rest of a file, and a line without an end the memory. Each costs the
line that it is in: it comes with its fault, and the next line is read as if nothing had been.
"""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TextIO

from newsletter.errors import SettingsError

LONGEST_LINE = 65_536
"""Characters; readers' lines are a few hundred long."""

MOST_LINES = 20
"""Lines that one quoted cell may go over."""

_DELIMITERS = ",;\t|"
_QUOTED = re.compile(r'"[^"]*"')


class Record(NamedTuple):
    """A line's cells, or what is wrong with it. ``line`` counts from 1, and ``end`` is the record's last line."""

    line: int
    end: int
    cells: list[str]
    fault: str = ""


@contextmanager
def open_records(path: Path) -> Iterator[tuple[Record, "Records"]]:
    """Open a file for the block: its heading, and the records behind it.

    UTF-8 is read, and UTF-16 that says so; octets that are neither come as U+FFFD. Raises SettingsError for what
    cannot be read, and for a file without a heading.
    """
    try:
        with path.open("rb") as raw:
            beginning = raw.read(4)
        is_wide = beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        with path.open(encoding="utf-16" if is_wide else "utf-8-sig", errors="replace") as text:
            first = text.readline(LONGEST_LINE)
            text.seek(0)
            records = Records(text, 1, delimiter_of(first))
            heading = next(iter(records), Record(1, 1, [], "is empty"))
            if heading.fault:
                raise SettingsError(
                    f"{path}, line {heading.line} {heading.fault}.", "Save it as CSV, in UTF-8, with a heading."
                )
            yield heading, records
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.", "Check its name and rights.") from None


def delimiter_of(line: str) -> str:
    """Return what parts the cells of a heading: whatever stands there most often, a comma where nothing does."""
    bare = _QUOTED.sub("", line)
    return max(_DELIMITERS, key=bare.count)


class Records:
    """The records of a text from where it stands; ``first`` is the number of its next line."""

    def __init__(self, text: TextIO, first: int, delimiter: str) -> None:
        self._text, self._line, self._delimiter = text, first - 1, delimiter
        self._waiting: deque[str] = deque()

    def skip_to(self, line: int) -> None:
        """Go on behind a line."""
        while self._line < line and self._next():
            pass

    def __iter__(self) -> Iterator[Record]:
        """Yield each record; lines of nothing but empty cells are none."""
        while line := self._next():
            first = self._line
            if len(line) > LONGEST_LINE:
                yield Record(first, first, [], f"longer than {LONGEST_LINE:,} characters")
            elif "\0" in line:
                yield Record(first, first, [], "has a NUL, so it is no text")
            else:
                record = self._record(first, line)
                if record.fault or any(cell.strip() for cell in record.cells):
                    yield record

    def _record(self, first: int, line: str) -> Record:
        lines = [line]
        is_open = '"' in line and bool(self._ends_open.fullmatch(line))
        while is_open and len(lines) < MOST_LINES and (more := self._next()):
            lines.append(more)
            closed = self._closes.match(more)
            # What follows the closing quote is read as if the cell had not been quoted.
            is_open = closed is None or bool(self._ends_open.fullmatch("x" + more[closed.end() :]))
        if is_open:
            self._waiting.extendleft(reversed(lines[1:]))
            self._line = first
            return Record(first, first, [], "a quote is never closed")
        try:
            cells = next(csv.reader(["".join(lines)], delimiter=self._delimiter), [])
        except (csv.Error, ValueError) as error:
            return Record(first, self._line, [], f"cannot be read: {error}")
        return Record(first, self._line, cells)

    def _next(self) -> str:
        """Return the next line with its end, one character too long where it is longer than any may be."""
        line = self._waiting.popleft() if self._waiting else self._text.readline(LONGEST_LINE + 1)
        self._line += bool(line)
        rest = line
        while len(line) > LONGEST_LINE and rest and not rest.endswith("\n"):
            rest = self._text.readline(LONGEST_LINE)
        return line

    @cached_property
    def _ends_open(self) -> re.Pattern[str]:
        """What a line is at whose end a quote is open. Possessive, so that no line costs more than its length."""
        sign = re.escape(self._delimiter)
        cell = rf'(?:"(?:[^"]++|"")*+"[^{sign}]*+|[^"{sign}][^{sign}]*+|)'
        return re.compile(rf'(?:{cell}{sign})*+"(?:[^"]++|"")*+')

    @cached_property
    def _closes(self) -> re.Pattern[str]:
        return re.compile(r'(?:[^"]++|"")*+"')
