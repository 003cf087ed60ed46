"""What one run of the benchmark measured, and how it is told to machines and people."""

from dataclasses import asdict, dataclass
from typing import Any

PROFILES = "profiles"
"""The folder of a data directory where profiled workers leave what they saw."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One sending, measured from the ring of its first bell until the edition is done.

    ``seconds`` covers everything in between: freezing the audience (``planning_seconds`` of it), every message,
    the last record in the database. CPU is user and system time per 1,000 accepted messages: of all worker
    processes together, of all of PostgreSQL's, of the broker. ``peak_rss_mib`` is that of the largest child.
    """

    recipients: int
    accepted: int
    outcomes: dict[str, int]
    seconds: float
    planning_seconds: float
    messages_per_second: float
    cpu_seconds_per_1000: dict[str, float]
    peak_rss_mib: dict[str, float]
    workers: int
    message_bytes: int
    personal_slots: int

    def told(self) -> dict[str, Any]:
        """Return the figures for JSON, rounded to what the measurement is good for."""
        return {name: _rounded(value) for name, value in asdict(self).items()}


def lines(figures: Figures) -> list[str]:
    """Return the figures for a person."""
    others = [f"{count:,} {state}" for state, count in figures.outcomes.items() if state != "accepted"]
    accepted = f"{figures.accepted:,} of {figures.recipients:,} accepted"
    rate = f"{figures.messages_per_second:,.0f} messages a second with {figures.workers} workers"
    cpu = ", ".join(f"{name} {value:.4f}" for name, value in figures.cpu_seconds_per_1000.items())
    return [
        f"{', '.join([accepted, *others])}; {figures.message_bytes:,} octets each",
        f"{figures.seconds:.2f} s, {figures.planning_seconds:.2f} s of it planning: {rate}",
        f"CPU seconds per 1,000: {cpu}",
        f"Largest worker: {figures.peak_rss_mib['worker']:.1f} MiB",
    ]


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, 4)
        case dict():
            return {name: _rounded(each) for name, each in value.items()}
        case _:
            return value
