"""What was promised against what happened: the relay's own log against the rows of deliveries. Pure.

The promise: a reader who is active when an edition starts is mailed it at least once or has a recorded reason
why not; a second copy is possible only where a final reply had not been recorded, is the same message, and is on
record.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

OPEN = frozenset({"pending", "in_flight", "deferred", "uncertain"})
"""States in which a delivery has not come to an end."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that the relay took responsibility for. Times are seconds of one clock."""

    recipient: str
    message_id: str
    connection: int
    accepted_at: float
    begun_at: float
    digest: str


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery as the ledger has it."""

    address: str
    state: str
    attempts: int = 0
    possible_copy: bool = False


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run came to. Every list holds addresses.

    ``lost``: neither mailed nor given a reason, or recorded as accepted without being mailed. ``dup``: copies
    beyond the first. ``unexpected``: mailed without a delivery. ``unmarked``: more than one copy, and the row does
    not say that there may be. ``unrecorded``: mailed, and the row says neither that it was nor that it may have
    been. ``differing``: copies that are not the same message, by Message-ID or by their octets. ``shared_ids``:
    Message-IDs that two readers' messages have.
    """

    audience: int
    mailed: int
    dup: int
    lost: tuple[str, ...]
    unexpected: tuple[str, ...]
    unmarked: tuple[str, ...]
    unrecorded: tuple[str, ...]
    differing: tuple[str, ...]
    shared_ids: tuple[str, ...]
    states: dict[str, int] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """How many deliveries have not come to an end."""
        return sum(count for state, count in self.states.items() if state in OPEN)


def read_kept(log: str) -> list[Kept]:
    """Read the relay's log. A last line that is not whole has not been answered, and is left out."""
    whole, _, _ = log.rpartition("\n")
    return [_read_line(line) for line in whole.split("\n") if line]


def _read_line(line: str) -> Kept:
    recipient, message_id, connection, accepted_at, begun_at, digest = line.split("\t")
    return Kept(recipient, message_id, int(connection), float(accepted_at), float(begun_at), digest)


def check(rows: Sequence[Row], kept: Iterable[Kept]) -> Findings:
    """Compare the ledger with the relay's log."""
    copies: defaultdict[str, list[Kept]] = defaultdict(list)
    for each in kept:
        copies[each.recipient].append(each)
    by_address = {row.address: row for row in rows}
    ids = Counter(message_id for each in copies.values() for message_id in {copy.message_id for copy in each})
    known = {address: each for address, each in copies.items() if address in by_address}
    return Findings(
        audience=len(rows),
        mailed=len(known),
        dup=sum(len(each) - 1 for each in copies.values()),
        lost=tuple(sorted(row.address for row in rows if row.address not in copies and _owes_a_copy(row))),
        unexpected=tuple(sorted(copies.keys() - by_address.keys())),
        unmarked=tuple(
            sorted(
                address
                for address, each in known.items()
                if len(each) > 1 and not by_address[address].possible_copy
            )
        ),
        unrecorded=tuple(sorted(address for address in known if not _admits_a_copy(by_address[address]))),
        differing=tuple(
            sorted(
                address
                for address, each in copies.items()
                if len({(copy.message_id, copy.digest) for copy in each}) > 1
            )
        ),
        shared_ids=tuple(sorted(message_id for message_id, count in ids.items() if count > 1)),
        states=dict(sorted(Counter(row.state for row in rows).items())),
    )


def _owes_a_copy(row: Row) -> bool:
    return row.state == "accepted" or row.state in OPEN


def _admits_a_copy(row: Row) -> bool:
    return row.state == "accepted" or row.possible_copy


def faults_of(found: Findings, audience: int, most_copies: int) -> list[str]:
    """Return each promise that was broken, in words; nothing when all were kept.

    ``audience`` is how many deliveries were planned, ``most_copies`` the bound on copies beyond the first.
    """
    told = {
        "lost": found.lost,
        "not in the audience": found.unexpected,
        "copied without a mark": found.unmarked,
        "mailed and not on record": found.unrecorded,
        "copies that differ": found.differing,
        "Message-IDs used twice": found.shared_ids,
    }
    broken = [f"{len(each)} {what} ({', '.join(each[:3])})" for what, each in told.items() if each]
    if found.audience != audience:
        broken.append(f"{audience} deliveries were planned and {found.audience} are there")
    if sum(found.states.values()) != audience:
        broken.append(f"the states add up to {sum(found.states.values())}, not {audience}")
    if found.open:
        broken.append(f"{found.open} deliveries have come to no end: {found.states}")
    if found.dup > most_copies:
        broken.append(f"{found.dup} copies, and {most_copies} are the most that the faults explain")
    return broken


def begun_after(kept: Iterable[Kept], moment: float) -> list[float]:
    """Return how many seconds after ``moment`` each later text began, in order."""
    return sorted(each.begun_at - moment for each in kept if each.begun_at > moment)
