"""Medians, ratios and the tables made of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench import programme
from bench.contenders import Contender, Outcome
from bench.relays import FAR, FAST, ONE, Kind

_PEERS_HEAD = ("relay", "contender", "msg/s", "sender", "PostgreSQL", "broker", "sink", "MiB")
_NONE = "–"


@dataclass
class Row:
    """A contender's runs, one a round; ``absent`` says why there are none."""

    contender: Contender
    outcomes: list[Outcome] = field(default_factory=list)
    absent: str = ""

    def rate(self) -> float:
        """Return the median of messages a second."""
        return median(each.rate for each in self.outcomes)

    def cpu(self, process: str) -> float | None:
        """Return the median of CPU seconds per 1,000 messages, or None for a process that this row has not."""
        found = [each.cpu[process] for each in self.outcomes if process in each.cpu]
        return median(found) if found else None

    def memory(self) -> float | None:
        """Return the median of the largest process's MiB."""
        found = [each.memory for each in self.outcomes if each.memory is not None]
        return median(found) if found else None


@dataclass(frozen=True, slots=True)
class Gate:
    """A ratio taken within each round, its median, and the least (or most) that we want of it."""

    what: str
    value: float
    bound: float
    at_least: bool = True

    @property
    def is_met(self) -> bool:
        """Whether the ratio is as it should be."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def table(rows: Iterable[Row]) -> list[str]:
    """Return a Markdown table; CPU is in seconds per 1,000 messages."""
    lines = [f"| {' | '.join(_PEERS_HEAD)} |", "|---|---" + "|--:" * (len(_PEERS_HEAD) - 2) + "|"]
    return lines + [f"| {' | '.join(_cells(row))} |" for row in rows]


def gates(rows: Sequence[Row]) -> list[Gate]:
    """Return every ratio whose two sides were measured."""
    found: list[Gate | None] = [
        _rates(rows, (programme.OURS, ONE), (programme.SOURCE_TWO, ONE), 0.95),
        _rates(rows, (programme.OURS, FAST), (programme.SOURCE_TWO, FAST), 0.7),
        _rates(rows, (programme.PIPELINED, FAR), (programme.SERIAL, FAR), 3.5),
        _costs(rows, programme.SMTPLIB, 6),
        _costs(rows, programme.NODEMAILER, 30),
        _costs(rows, programme.COMPOSED, 60),
    ]
    ours = _find(rows, (programme.OURS, FAST))
    if ours:
        found.append(Gate("CPU s of the sender per 1,000", ours.cpu("sender") or 0.0, 0.06, at_least=False))
    return [each for each in found if each]


def gate_table(found: Iterable[Gate]) -> list[str]:
    """Return the ratios as a Markdown table."""
    lines = ["| ratio, same round | measured | wanted | |", "|---|--:|--:|---|"]
    for each in found:
        sign, met = "≥" if each.at_least else "≤", "met" if each.is_met else "**not met**"
        lines.append(f"| {each.what} | {_number(each.value)} | {sign} {each.bound:g} | {met} |")
    return lines


def _cells(row: Row) -> list[str]:
    start = [row.contender.kind.name, row.contender.name]
    if row.absent or not row.outcomes:
        return [*start, f"absent: {row.absent}", *[_NONE] * (len(_PEERS_HEAD) - 3)]
    costs = [_cpu(row.cpu(process)) for process in ("sender", "postgres", "broker", "sink")]
    memory = row.memory()
    return [*start, f"{row.rate():,.0f}", *costs, _NONE if memory is None else f"{memory:,.0f}"]


def _cpu(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"


def _number(value: float) -> str:
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def _find(rows: Sequence[Row], which: tuple[str, Kind]) -> Row | None:
    found = (row for row in rows if (row.contender.name, row.contender.kind) == which and row.outcomes)
    return next(found, None)


def _rates(rows: Sequence[Row], one: tuple[str, Kind], other: tuple[str, Kind], bound: float) -> Gate | None:
    first, second = _find(rows, one), _find(rows, other)
    if not (first and second):
        return None
    ratio = median(mine.rate / its.rate for mine, its in zip(first.outcomes, second.outcomes, strict=False))
    return Gate(f"msg/s into {one[1].name}: {one[0]} ÷ {other[0]}", ratio, bound)


def _costs(rows: Sequence[Row], other: str, bound: float) -> Gate | None:
    mine, its = _find(rows, (programme.OURS, FAST)), _find(rows, (other, FAST))
    if not (mine and its):
        return None
    pairs = zip(mine.outcomes, its.outcomes, strict=False)
    ratio = median(theirs.cpu["sender"] / ours.cpu["sender"] for ours, theirs in pairs)
    return Gate(f"sender's CPU into {FAST.name}: {other} ÷ ours", ratio, bound)
