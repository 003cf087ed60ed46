"""Why an article is here, as facts: a mail says them in its own language, a log and a console in English.

Only what somebody really counted is a reason; a number that was estimated or filled in is none.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

_DAY = timedelta(days=1)
_HOUR_MINUTES = 60
_DAY_HOURS = 24


class ReasonKind(StrEnum):
    """What spoke for an article, and what the reason's number, span and name then are."""

    PICKED = "picked"
    """An editor gave it its place or lifted it."""
    MOST_VOTED = "most_voted"
    """``number`` votes in ``span``, and no other candidate has more."""
    VOTED = "voted"
    """``number`` votes in ``span``."""
    DISCUSSED = "discussed"
    """``number`` comments in ``span``."""
    PLACED = "placed"
    """It is the ``number``-th in its source's own order."""
    COVERED = "covered"
    """``number`` sources report the event."""
    FOLLOWED = "followed"
    """``number`` articles of the only source are on the event."""
    LIKED = "liked"
    """Readers follow its section or source, ``name``."""
    FEATURED = "featured"
    """Its own newsroom marks it."""
    PUBLISHED = "published"
    """Published ``span`` ago."""
    FOUND = "found"
    """First seen ``span`` ago; its source gives no date."""
    NEWEST = "newest"
    """Nothing but its date speaks for it; ``name`` is its section, or empty."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with the figures that its kind has."""

    kind: ReasonKind
    number: int | None = None
    span: timedelta | None = None
    name: str = ""


def in_words(reason: Reason) -> str:
    """Say a reason in English."""
    number, span = reason.number or 0, "" if reason.span is None else _span(reason.span)
    within = f" in {span}" if span else ""
    today = " today" if reason.span is not None and reason.span <= _DAY else ""
    words = {
        ReasonKind.PICKED: "your editors' pick",
        ReasonKind.MOST_VOTED: f"most voted{today} ({_count(number, 'vote')}{within})",
        ReasonKind.VOTED: f"{_count(number, 'vote')}{within}",
        ReasonKind.DISCUSSED: f"{_count(number, 'comment')}{within}",
        ReasonKind.PLACED: f"placed {_ordinal(number)} by its newsroom",
        ReasonKind.COVERED: f"in {number} sources",
        ReasonKind.FOLLOWED: f"{number} articles on it",
        ReasonKind.LIKED: f"readers follow {reason.name}",
        ReasonKind.FEATURED: "marked by its newsroom",
        ReasonKind.PUBLISHED: f"published {span} ago",
        ReasonKind.FOUND: f"found {span} ago",
        ReasonKind.NEWEST: f"newest in {reason.name}" if reason.name else "newest from its source",
    }
    return words[reason.kind]


def _span(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    minutes = max(1, round(_HOUR_MINUTES * hours))
    if minutes < _HOUR_MINUTES:
        return f"{minutes} min"
    return f"{round(hours)} h" if hours < 2 * _DAY_HOURS else f"{round(hours / _DAY_HOURS)} days"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in {11, 12, 13} else endings.get(number % 10, 'th')}"
