"""Why an article is here, as facts: a mail says them in its own language, a log and a console in English.

Only what somebody really counted is a reason; a number that was estimated or filled in is none.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


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
