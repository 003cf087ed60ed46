"""What a scenario came to, in one line."""

from collections.abc import Sequence
from dataclasses import dataclass

from faults.checker import Findings, faults_of
from faults.stage import Sending


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of the table: the faults, what was found, what was allowed, and every promise that was broken."""

    title: str
    recipients: int
    hits: int
    in_flight: int
    lost: int
    dup: int
    most_copies: int
    seconds: float
    broken: tuple[str, ...] = ()
    note: str = ""

    @property
    def has_passed(self) -> bool:
        """Whether every expectation was met."""
        return not self.broken

    def line(self) -> str:
        """Return the line to print."""
        told = (
            f"{'ok  ' if self.has_passed else 'FAIL'} {self.title}: {self.recipients} readers, {self.hits} faults"
            f" ({self.in_flight} with mail in flight), lost {self.lost}, copies {self.dup} of at most"
            f" {self.most_copies}, {self.seconds:.1f} s"
        )
        return "; ".join([told + (f" ({self.note})" if self.note else ""), *self.broken])

    def cells(self) -> tuple[str, ...]:
        """Return the row of a Markdown table."""
        figures = (self.recipients, f"{self.hits} ({self.in_flight})", self.lost, self.dup, self.most_copies)
        return (self.title, *(str(each) for each in figures), f"{self.seconds:.0f} s", self.note)


@dataclass(frozen=True, slots=True)
class Bound:
    """What a scenario allows. ``states`` are those in which a delivery may end; ``ends`` that of the edition."""

    most_copies: int = 0
    states: frozenset[str] = frozenset({"accepted"})
    ends: str = "done"
    needs_hits: int = 1


def judge(sending: Sending, title: str, seconds: float, bound: Bound, more: Sequence[str] = ()) -> Verdict:
    """Compare a sending with its bound. ``more`` are promises that the scenario itself saw broken.

    A run in which no fault hit while mail was in flight has proved nothing, and is broken.
    """
    found = sending.findings()
    in_flight = sum(hit.in_flight for hit in sending.hits)
    broken = [*faults_of(found, sending.audience, bound.most_copies), *more]
    state, reason = sending.stage.press.state(sending.edition_id)
    if state != bound.ends:
        broken.append(f"the edition is {state}{f' ({reason})' if reason else ''}, not {bound.ends}")
    if others := {each: count for each, count in found.states.items() if each not in bound.states}:
        broken.append(f"deliveries ended as {others}")
    if in_flight < bound.needs_hits:
        broken.append(f"{in_flight} faults hit while mail was in flight, and {bound.needs_hits} are needed")
    return Verdict(
        title,
        sending.audience,
        len(sending.hits),
        in_flight,
        len(found.lost),
        found.dup,
        bound.most_copies,
        seconds,
        tuple(broken),
        _note(found),
    )


def _note(found: Findings) -> str:
    return ", ".join(f"{count} {state}" for state, count in found.states.items() if state != "accepted")
