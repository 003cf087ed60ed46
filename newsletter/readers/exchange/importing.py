"""A file of readers from its first line to its last, in slices that are each committed with how far they came.

Whatever ends an import early, the same command goes on behind the last slice that was committed; a file that was
taken in whole is read anew, which adds nobody twice. Memory holds one slice, however long the file.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.db import Database
from newsletter.errors import ConflictError, SettingsError
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.exchange.reader_rows import Manner, ReaderRow, Refused, read_row
from newsletter.readers.exchange.records import Records, open_records
from newsletter.readers.exchange.refusals import Refusals
from newsletter.readers.exchange.shapes import read_heading
from newsletter.readers.exchange.taking_in import Fate, Terms, take_in
from newsletter.readers.tables import SubscriptionState, reader_import
from newsletter.tokens import Tokens

SLICE = 20_000
"""Lines that are taken in together: enough for the database, and little for the memory."""

READ, REJECTED, ELSEWHERE, IGNORED = "read", "rejected", "of another newsletter", "left out: "
"""Counts besides those by ``Fate``: lines, those that could not be read, and choices that we do not have."""

_OCTETS = 1 << 20


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What an operator asks for. ``shape`` and ``columns`` are for ``shapes.read_heading``.

    ``terms`` say to which newsletter, and from where the consent is; ``state`` is that of lines that tell none.
    """

    path: Path
    newsletter: Newsletter
    terms: Terms
    shape: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    state: SubscriptionState = SubscriptionState.ACTIVE

    @property
    def manner(self) -> str:
        """How the file is read, in words: read otherwise it is another import."""
        told = (self.shape, sorted(self.columns.items()), self.state, self.terms.source)
        return repr((*told, self.terms.apart is not None))


@dataclass(frozen=True, slots=True)
class Measured:
    """A file's digest, with how it is read, and about how many lines it has."""

    digest: str
    lines: int


@dataclass(slots=True)
class Standing:
    """How far an import has come: behind which line, with what counts, and how long the file of refusals then was.

    ``id`` is its row's, None in a trial.
    """

    id: int | None
    position: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    octets: int = 0


@dataclass(slots=True)
class _Slice:
    """Lines as they were read: up to which, how they count, whom they bring, and which are none."""

    position: int
    counts: Counter[str] = field(default_factory=Counter)
    rows: list[ReaderRow] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def measure(order: ImportOrder) -> Measured:
    """Read a file once through. Raises SettingsError when it cannot be read."""
    digest, lines = hashlib.sha256(order.manner.encode()), 0
    try:
        with order.path.open("rb") as file:
            while octets := file.read(_OCTETS):
                digest.update(octets)
                lines += octets.count(b"\n")
    except OSError as error:
        raise SettingsError(f"{order.path} cannot be read: {error.strerror}.", "Check its name.") from None
    return Measured(digest.hexdigest(), lines)


def begin(database: Database, order: ImportOrder, measured: Measured) -> Standing:
    """Return where an import begins, or goes on if it ended early."""
    if order.terms.is_trial:
        return Standing(None)
    columns = reader_import.c
    row = insert(reader_import).values(
        newsletter_id=order.newsletter.id,
        digest=measured.digest,
        name=order.path.name,
        source=order.terms.source,
        started_at=order.terms.now,
    )
    anew = {"position": 0, "counts": {}, "started_at": order.terms.now, "finished_at": None}
    again = row.on_conflict_do_update(
        index_elements=["newsletter_id", "digest"], set_=anew, where=columns.finished_at.is_not(None)
    )
    found = sa.select(columns.id, columns.position, columns.counts).where(
        columns.newsletter_id == order.newsletter.id, columns.digest == measured.digest
    )
    with database.transaction() as connection:
        connection.execute(again)
        its_id, position, kept = connection.execute(found).one()
    return Standing(its_id, position, Counter(kept.get("lines", {})), kept.get("octets", 0))


@dataclass(frozen=True, slots=True)
class Import:
    """An import under way: what was asked for, how far it is, and where refusals go."""

    database: Database
    tokens: Tokens
    order: ImportOrder
    standing: Standing
    refusals: Refusals

    def run(self) -> Iterator[Standing]:
        """Take the file in behind where it stands, and yield how far it has come after each slice.

        Raises SettingsError for a file that cannot be read as asked, ConflictError when another process takes it
        in.
        """
        order = self.order
        with open_records(order.path) as (heading, records), ExitStack() as trial:
            reading = read_heading(heading.cells, order.shape, order.columns)
            newsletter = order.newsletter
            manner = Manner(reading, newsletter.slug, newsletter.all_languages, order.state, order.terms.now)
            records.skip_to(self.standing.position)
            # A trial sees its own slices and writes nothing but into tables of its own, in one transaction.
            only = trial.enter_context(self.database.transaction()) if order.terms.is_trial else None
            for part in _slices(records, manner):
                with nullcontext(only) if only is not None else self.database.transaction() as connection:
                    self._take(connection, part)
                yield self.standing
        if self.standing.id is not None:
            with self.database.transaction() as connection:
                connection.execute(self._own_row().values(finished_at=order.terms.now))

    def _take(self, connection: sa.Connection, part: _Slice) -> None:
        """Take one slice in, and write down in the same transaction how far that is."""
        standing, terms = self.standing, self.order.terms
        counts, refused = take_in(connection, self.tokens, part.rows, terms, standing.counts[Fate.ASKED])
        self.refusals.write(sorted([*part.refused, *refused]))
        before = standing.position
        standing.position, standing.octets = part.position, self.refusals.octets
        standing.counts += part.counts + counts
        if standing.id is None:
            return
        kept = {"lines": standing.counts, "octets": standing.octets}
        moved = self._own_row().where(reader_import.c.position == before)
        if connection.execute(moved.values(position=standing.position, counts=kept)).rowcount != 1:
            raise ConflictError(f"{self.order.path} is being taken in by another process.", "Wait for that one.")

    def _own_row(self) -> sa.Update:
        return sa.update(reader_import).where(reader_import.c.id == self.standing.id)


def _slices(records: Records, manner: Manner) -> Iterator[_Slice]:
    """Yield the file's lines by the slice."""
    part = _Slice(0)
    for record in records:
        part.position = record.end
        part.counts[READ] += 1
        row = read_row(record, manner, lambda name: part.counts.update([IGNORED + name]))  # noqa: B023 — called at once
        if row is None:
            part.counts[ELSEWHERE] += 1
        elif isinstance(row, Refused):
            part.counts[REJECTED] += 1
            part.refused.append(row)
        else:
            part.rows.append(row)
        if part.counts[READ] >= SLICE:
            yield part
            part = _Slice(0)
    if part.counts[READ]:
        yield part
