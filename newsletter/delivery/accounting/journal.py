"""The journal: what a task began and what came of it, written down before any text leaves.

A row per message would cost a commit each; a journal costs one small write for all that one turn of the loop
began and settled. It outlives its writer, so that whoever takes over a batch knows which readers the writer had
in hand, and it is the fence that keeps a writer which was frozen from going on: taking a journal over and writing
to it exclude each other (docs/adr/0008-batches-and-a-journal.md).
"""

import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from newsletter.delivery.outcome import Receipt, ReceiptKind

HEADER = b"newsletter journal 1\n"
"""How a journal begins; the number is that of the records' format."""

_TAKEN = struct.Struct(">cQH")
_BEGUN = struct.Struct(">cQ")
_SETTLED = struct.Struct(">cQBHH")
_SHAPES = {b"T": _TAKEN, b"B": _BEGUN, b"G": _BEGUN, b"R": _SETTLED}

# Journals outlive the program that wrote them: a number once given is never given to another kind.
_NUMBERS = {
    ReceiptKind.ACCEPTED: 1,
    ReceiptKind.DEFERRED: 2,
    ReceiptKind.FAILED: 3,
    ReceiptKind.UNCERTAIN: 4,
}
_KINDS = {number: kind for kind, number in _NUMBERS.items()}
_LONGEST_TEXT = 500


def taken(delivery_id: int, attempts: int) -> bytes:
    """Return the record of a delivery in hand, with how often it was tried before."""
    return _TAKEN.pack(b"T", delivery_id, min(attempts, 65_535))


def begun(delivery_id: int) -> bytes:
    """Return the record of a message whose text is about to leave."""
    return _BEGUN.pack(b"B", delivery_id)


def given_back(delivery_id: int) -> bytes:
    """Return the record of a message whose text was not handed over whole."""
    return _BEGUN.pack(b"G", delivery_id)


def settled(receipt: Receipt) -> bytes:
    """Return the record of a receipt."""
    text = receipt.text.encode(errors="replace")[:_LONGEST_TEXT]
    return _SETTLED.pack(b"R", receipt.delivery_id, _NUMBERS[receipt.kind], receipt.code or 0, len(text)) + text


@dataclass(slots=True)
class Trace:
    """What a journal tells about one delivery: tried how often before, whether begun, and what came of it."""

    attempts: int
    is_begun: bool = False
    receipt: Receipt | None = None


class Evidence(NamedTuple):
    """What a journal tells, by delivery.

    ``is_whole`` says whether that is all there was to tell. Where it is not, any other delivery of the batch may
    have been begun as well.
    """

    traces: Mapping[int, Trace]
    is_whole: bool = True


NOTHING_KNOWN = Evidence({}, is_whole=False)
"""What a journal tells that is lost."""


class _ForeignError(ValueError):
    """These octets are no record of ours."""


def read_journal(raw: bytes) -> Evidence:
    """Return what a journal says.

    A record that was cut short never took effect, and is left out. Behind octets that are no record nothing is
    believed, and of what is told without its beginning a part is missing: then the evidence is not whole.
    """
    if not raw.startswith(HEADER):
        return Evidence({}, is_whole=HEADER.startswith(raw))
    return _read(raw[len(HEADER) :])


def _read(raw: bytes) -> Evidence:
    traces: dict[int, Trace] = {}
    is_whole = True
    try:
        for record in _records(raw):
            match record:
                case (b"T", int(delivery_id), int(attempts)):
                    traces[delivery_id] = Trace(attempts)
                    continue
                case Receipt(delivery_id):
                    is_whole &= delivery_id in traces
                    traces.setdefault(delivery_id, Trace(0)).receipt = record
                case (b"B", int(delivery_id)) if delivery_id in traces:
                    traces[delivery_id].is_begun = True
                case (b"G", int(delivery_id)) if delivery_id in traces:
                    del traces[delivery_id]
                case _:
                    is_whole = False
    except _ForeignError:
        is_whole = False
    return Evidence(traces, is_whole)


def _records(raw: bytes) -> Iterator[tuple[bytes, int] | tuple[bytes, int, int] | Receipt]:
    """Yield whole records, up to one that was cut short. Raises _ForeignError at what is none."""
    at = 0
    while at < len(raw):
        shape = _SHAPES.get(raw[at : at + 1])
        if shape is None:
            raise _ForeignError
        if at + shape.size > len(raw):
            return
        fields = shape.unpack_from(raw, at)
        at += shape.size
        if shape is not _SETTLED:
            yield fields
            continue
        _, delivery_id, kind, code, length = fields
        if kind not in _KINDS or length > _LONGEST_TEXT:
            raise _ForeignError
        text = raw[at : at + length]
        at += length
        if at <= len(raw):
            yield Receipt(delivery_id, _KINDS[kind], code or None, text.decode("utf-8", "ignore"))


class Journal(Protocol):
    """One batch's journal, while its lease lasts."""

    def write(self, records: bytes) -> None:
        """Append records, so that they outlive this process.

        Raises LeaseLostError when another task took the journal over: then nothing that they announce may be done.
        """

    def close(self, *, keep: bool) -> None:
        """End the writing; the records are forgotten unless they are to be kept for a recovery."""


class Journals(Protocol):
    """Where journals are kept. ``identity`` changes when journals may have been lost."""

    @property
    def identity(self) -> str:
        """Name this place as it is now: another name means that what was written before may be gone."""

    def open(self, name: str) -> Journal:
        """Begin a new journal for a batch just claimed.

        Raises LeaseLostError when it was taken over already, SettingsError when journals cannot be kept.
        """

    def seize(self, name: str, *, lease_is_over: bool) -> Evidence | None:
        """Fence a journal's writer off and return what it wrote, or None while the writer may be at work.

        Raises SettingsError or OSError when nobody can tell just now.
        """

    def forget(self, name: str) -> None:
        """Remove a journal that was seized, once what it told is in the database."""

    def sweep(self, wanted: Collection[str]) -> None:
        """Remove journals of a day ago and more that are not wanted: a recovery died before it forgot them."""
