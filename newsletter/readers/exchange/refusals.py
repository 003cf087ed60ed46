"""The lines of a file that were not taken, each with its reason, in a file for whoever mends them."""

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from newsletter.errors import SettingsError
from newsletter.readers.exchange.cells import safe
from newsletter.readers.exchange.reader_rows import Refused

_HEADING = ("line", "address", "reason")
_EXAMPLES = 5


class Refusals:
    """Writes refusals to a file, if there is one, and remembers the first few to be told."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file
        self._writer = csv.writer(file) if file else None
        self.examples: list[Refused] = []

    @property
    def octets(self) -> int:
        """How long the file is, with all that was written."""
        if self._file is None:
            return 0
        self._file.flush()
        return os.fstat(self._file.fileno()).st_size

    def write(self, refused: Sequence[Refused]) -> None:
        """Write lines down."""
        self.examples += refused[: _EXAMPLES - len(self.examples)]
        if self._writer is not None:
            self._writer.writerows((each.line, safe(each.address), safe(each.reason)) for each in refused)


@contextmanager
def open_refusals(path: Path | None, octets: int) -> Iterator[Refusals]:
    """Open the file for the block, behind what an import that ended early wrote there and committed.

    Only its owner can read it. Raises SettingsError where it cannot be made.
    """
    if path is None:
        yield Refusals(None)
        return
    try:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            kept = octets if os.fstat(number).st_size >= octets else 0
            os.ftruncate(number, kept)
            file.seek(0, os.SEEK_END)
            if not kept:
                csv.writer(file).writerow(_HEADING)
            yield Refusals(file)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.", "Check --rejected.") from None
