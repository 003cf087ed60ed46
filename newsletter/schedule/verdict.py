"""What became of a run, in a sentence that a person can read. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from newsletter.delivery.states import OPEN, DeliveryState
from newsletter.edition.states import EditionState


class VerdictKind(StrEnum):
    """How a planned run ended, or that it has not."""

    SENT = "sent"
    SKIPPED = "skipped"
    HELD = "held"
    FAILED = "failed"
    MISSED = "missed"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A run's end and the reason for it."""

    kind: VerdictKind
    reason: str


def give_verdict(state: EditionState, reason: str, deliveries: Mapping[DeliveryState, int]) -> Verdict:
    """Judge a run by its edition's state and the count of its deliveries in each state."""
    fixed = {
        EditionState.SKIPPED: VerdictKind.SKIPPED,
        EditionState.FAILED: VerdictKind.FAILED,
        EditionState.CANCELLED: VerdictKind.HELD,
        EditionState.PAUSED: VerdictKind.HELD,
        EditionState.MISSED: VerdictKind.MISSED,
    }
    if state in fixed:
        return Verdict(fixed[state], reason or f"The edition is {state}.")
    total = sum(deliveries.values())
    accepted = deliveries.get(DeliveryState.ACCEPTED, 0)
    if state is EditionState.DONE:
        others = ", ".join(
            f"{count} {each}"
            for each, count in sorted(deliveries.items())
            if count and each is not DeliveryState.ACCEPTED
        )
        kind = VerdictKind.SENT if accepted else VerdictKind.FAILED
        rest = f"; {others}" if others else ""
        return Verdict(kind, f"The relay accepted it for {accepted} of {_readers(total)}{rest}.")
    if state is EditionState.SENDING:
        open_now = sum(count for each, count in deliveries.items() if each in OPEN)
        return Verdict(VerdictKind.RUNNING, f"Accepted for {accepted} of {_readers(total)}, {open_now} to go.")
    if state is EditionState.READY and reason:
        return Verdict(VerdictKind.HELD, reason)
    if state is EditionState.READY:
        return Verdict(VerdictKind.RUNNING, "It is ready and waits to be sent.")
    return Verdict(VerdictKind.RUNNING, f"It is {state}.")


def _readers(count: int) -> str:
    return f"{count} reader" if count == 1 else f"{count} readers"
