"""How much an article deserves a place today: points out of 100, added up, each with its reason.

A digest is read once a day, so nothing here decays the way a front page does: votes are adjusted for the time
they had to grow (a vote count after ``age`` hours is about ``1 - 2^(-(age + 0.5) / 4)`` of its final value) and
freshness breaks ties. A part for which today's candidates give no data is left out and the others are scaled up
to 100. Pure: the same candidates at the same ``now`` always give the same order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log2
from statistics import median

POPULARITY, PLACING, COVERAGE, FRESHNESS = 70.0, 10.0, 10.0, 5.0
"""The most points of each part, before scaling."""

DAY_HOURS = 24.0
HOUR_MINUTES = 60
VOTES_GROW_HOURS = 4.0
VOTES_FOR_TRUST = 30
"""With this many votes in all, popularity has half of its weight; placing takes what it loses."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What ranking knows of an article. None means that nobody counted, which is not zero.

    ``position`` is the place in the source's own list, from 1, where that list is not merely by date.
    ``coverage`` is the number of distinct sources in the article's story.
    """

    id: int
    title: str
    source: str = ""
    section: str = ""
    published_at: datetime | None = None
    first_seen_at: datetime | None = None
    votes: int | None = None
    comments: int | None = None
    position: int | None = None
    coverage: int = 1
    story: int = 0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its points, the parts they come from, and the reason in words."""

    candidate: Candidate
    points: float
    parts: dict[str, float]
    why: str


def rank(candidates: Sequence[Candidate], now: datetime) -> list[Ranked]:
    """Order candidates by points, then by time, then by id, so that a rerun gives the same order."""
    weights = _weights(candidates)
    strengths = {each.id: _strength(each, now) for each in candidates}
    known = [value for value in strengths.values() if value is not None]
    top, middle = max(known, default=0.0), median(known) if known else 0.0
    ranked = []
    for each in candidates:
        strength = strengths[each.id]
        shares = {
            "popularity": (middle if strength is None else strength) / top if top else 0.0,
            "placing": 1 / (1 + (each.position - 1) / 5) if each.position else 0.0,
            "coverage": min(1.0, log2(each.coverage) / 3),
            "freshness": 2 ** (-_age_hours(each, now) / DAY_HOURS),
        }
        parts = {name: round(weight * shares[name], 3) for name, weight in weights.items()}
        ranked.append(Ranked(each, round(sum(parts.values()), 3), parts, _why(each, parts, now)))
    return sorted(ranked, key=_order)


def _order(ranked: Ranked) -> tuple[float, float, int]:
    moment = _moment(ranked.candidate)
    return (-ranked.points, -moment.timestamp() if moment else 0.0, ranked.candidate.id)


def _weights(candidates: Sequence[Candidate]) -> dict[str, float]:
    weights = {"coverage": COVERAGE, "freshness": FRESHNESS}
    votes = sum(each.votes or 0 for each in candidates)
    has_placing = any(each.position for each in candidates)
    if votes:
        trust = votes / (votes + VOTES_FOR_TRUST)
        weights["popularity"] = POPULARITY * trust
        if has_placing:
            weights["placing"] = PLACING + POPULARITY * (1 - trust)
    elif has_placing:
        weights["placing"] = PLACING
    scale = 100 / sum(weights.values())
    return {name: weight * scale for name, weight in weights.items()}


def _strength(candidate: Candidate, now: datetime) -> float | None:
    if candidate.votes is None:
        return None
    grown: float = 1 - 2 ** (-(_age_hours(candidate, now) + 0.5) / VOTES_GROW_HOURS)
    return candidate.votes / grown


def _moment(candidate: Candidate) -> datetime | None:
    return candidate.published_at or candidate.first_seen_at


def _age_hours(candidate: Candidate, now: datetime) -> float:
    moment = _moment(candidate) or now
    return max(0.0, (now - moment).total_seconds() / 3600)


def _why(candidate: Candidate, parts: dict[str, float], now: datetime) -> str:
    """Return the two largest parts in words."""
    age = _age_hours(candidate, now)
    came = "published" if candidate.published_at else "found"
    is_new = _moment(candidate) is not None and age < DAY_HOURS
    words = {
        "popularity": f"{_count(candidate.votes, 'vote')} in {_span(age)}" if candidate.votes else "",
        "placing": f"placed {_ordinal(candidate.position)} by its newsroom" if candidate.position else "",
        "coverage": f"in {candidate.coverage} sources" if candidate.coverage > 1 else "",
        "freshness": f"{came} {_span(age)} ago" if is_new else "",
    }
    largest = sorted(parts, key=lambda name: (-parts[name], name))
    told = [words[name] for name in largest if words[name]][:2]
    newest = f"newest in {candidate.section}" if candidate.section else "newest from its source"
    return " · ".join(told) or newest


def _span(hours: float) -> str:
    minutes = max(1, round(HOUR_MINUTES * hours))
    if minutes < HOUR_MINUTES:
        return f"{minutes} min"
    return f"{round(hours)} h" if hours < 2 * DAY_HOURS else f"{round(hours / DAY_HOURS)} days"


def _count(number: int | None, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _ordinal(number: int | None) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    number = number or 0
    return f"{number}{'th' if number % 100 in {11, 12, 13} else endings.get(number % 10, 'th')}"
