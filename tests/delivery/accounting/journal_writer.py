"""A process that keeps one batch's journal, and does what it is told to on its standard input."""

import sys
from pathlib import Path

from newsletter.delivery.accounting import journal
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.errors import LeaseLostError


def main(folder: str, name: str) -> None:
    """Open the journal, then write one record for each number that is read."""
    opened = FileJournals(Path(folder)).open(name)
    for line in sys.stdin:
        number = int(line)
        try:
            opened.write(journal.taken(number, 0) + journal.begun(number))
            answer = "written"
        except LeaseLostError:
            answer = "lost"
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
