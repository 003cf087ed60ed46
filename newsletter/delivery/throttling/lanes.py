"""What a throttle remembers of one limit: permits of a rate, and the messages of one operator."""

import json
import math
from dataclasses import asdict, dataclass, replace

from newsletter.delivery.outcome import Receipt
from newsletter.delivery.throttling.operator_rules import (
    NO_LIMITS,
    Caution,
    Limits,
    Used,
    aged,
    tighter,
    warned,
    went_well,
)

LONGEST_WAIT, SHORTEST_WAIT = 0.25, 0.05
"""Seconds until permits or places may have come."""

_BURST = 0.5
_TINY = 1e-9


@dataclass(slots=True)
class Tap:
    """Permits to begin messages, at a rate."""

    rate: float
    permits: float = 0.0
    filled_at: float | None = None
    is_wanted: bool = False

    @property
    def burst(self) -> float:
        return max(1.0, self.rate * _BURST)

    def wait(self, now: float, alone: int) -> float:
        """Return 0.0 when there is a permit. ``alone`` parts fill it by itself; with 0, only Redis does."""
        self.is_wanted = True
        if alone:
            passed = max(0.0, now - (now if self.filled_at is None else self.filled_at))
            self.permits = min(max(1.0, self.burst / alone), self.permits + passed * self.rate / alone)
        self.filled_at = now
        missing = (1 - self.permits) * max(alone, 1) / self.rate
        return min(max(missing, SHORTEST_WAIT), LONGEST_WAIT) if missing > _TINY else 0.0


@dataclass(slots=True)
class Lane:
    """One operator's messages: how many are in flight, and what holds them back."""

    agreed: Limits
    caution: Caution | None = None
    tap: Tap | None = None
    in_flight: int = 0
    peak: int = 0
    places: int = 0
    was_refused: bool = False
    warning: tuple[Receipt, Used] | None = None
    accepted: int = 0
    begun: int = 0
    begun_from: float = -math.inf

    @property
    def limits(self) -> Limits:
        return tighter(self.agreed, self.caution.limits) if self.caution else self.agreed

    @property
    def is_idle(self) -> bool:
        return not (self.in_flight or self.caution) and self.agreed == NO_LIMITS

    def forget(self, change: "Change") -> None:
        """Forget replies that the others know of."""
        self.accepted -= change.accepted
        if self.warning is change.warning:
            self.warning = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written of an operator if it still stands as read, and the replies that it follows from."""

    words: tuple[str, str]
    warning: tuple[Receipt, Used] | None
    accepted: int


def learnt_from(caution: Caution | None, now: float, lane: Lane | None = None) -> Caution | None:
    if lane and lane.warning:
        caution = warned(caution, *lane.warning, now)
    if lane and lane.accepted and caution:
        caution = went_well(caution, lane.accepted, now)
    return caution and aged(caution, now)


def moved(caution: Caution, by: float) -> Caution:
    """Return the caution with its moments on a clock that is ahead by ``by`` seconds."""
    return replace(
        caution,
        closed_until=caution.closed_until + by,
        warned_at=caution.warned_at + by,
        changed_at=caution.changed_at + by,
    )


def written_of(caution: Caution | None) -> str:
    return json.dumps(asdict(caution)) if caution else ""


def read_back(raw: str) -> Caution | None:
    """Return what a worker wrote; nothing if it was one of another release."""
    try:
        fields = json.loads(raw) if raw else None
        return fields and Caution(
            **{**fields, "before": Limits(**fields["before"]), "limits": Limits(**fields["limits"])}
        )
    except (ValueError, TypeError, KeyError):
        return None
