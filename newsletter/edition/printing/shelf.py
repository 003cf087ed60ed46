"""PDFs that were made already, kept on disk by what they were made of, so that each is made once."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from newsletter.edition.printing.pdf import PAPER

MOST_KEPT = 200
"""Files; the oldest go. An edition of ten pictures takes a third of a megabyte."""


class Shelf:
    """``folder`` is made when first needed; where it cannot be written, every PDF is made anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pdf(self, html: str, make: Callable[[str], bytes]) -> bytes:
        """Return the PDF of a page, from the shelf or made by ``make``. Raises what ``make`` raises."""
        file = self._folder / f"{hashlib.sha256(f'{PAPER}{html}'.encode()).hexdigest()}.pdf"
        with suppress(OSError):
            return file.read_bytes()
        made = make(html)
        with suppress(OSError):
            self._put(file, made)
        return made

    def _put(self, file: Path, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as written:
                written.write(content)
            Path(name).replace(file)
        finally:
            # There only where the disk was full: nobody else would take it away.
            Path(name).unlink(missing_ok=True)
        oldest_first = sorted(self._folder.glob("*.pdf"), key=lambda each: each.stat().st_mtime)
        for old in oldest_first[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
