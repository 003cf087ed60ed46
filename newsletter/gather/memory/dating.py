"""Which of a source's dates count: an article cannot have appeared before it has appeared."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.gather.article import Article
from newsletter.gather.memory.identity import has_time

LONGEST_HOLD = timedelta(days=7)
"""A date further ahead is a mistake, not an announcement."""
CLOCKS_DIFFER = timedelta(minutes=10)
ZONES_DIFFER = timedelta(hours=14)
"""A day begins this much earlier in the east than in UTC, so tomorrow's bare date may be today's there."""


@dataclass(frozen=True, slots=True)
class Dates:
    """When an article appeared and changed, and until when it is held back; None: not known, not held."""

    published_at: datetime | None
    updated_at: datetime | None
    embargo_ends_at: datetime | None


def dates_of(listed: Article, first_seen_at: datetime) -> Dates:
    """Return the dates that count for an article first seen at a moment.

    A date ahead is held until then where that is within seven days, else it is the moment first seen. A date
    without a time counts as first seen on that day. An embargo that the source states is kept whatever its length,
    and its end is when the article appears.
    """
    published_at, embargo_ends_at = _appeared(listed.published_at, first_seen_at)
    stated = listed.embargo_ends_at
    if stated is not None and stated > first_seen_at:
        published_at = embargo_ends_at = stated
    updated_at = listed.updated_at
    if updated_at is not None and embargo_ends_at is None:
        updated_at = min(updated_at, first_seen_at)
    return Dates(published_at, updated_at, embargo_ends_at)


def _appeared(published_at: datetime | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    if published_at is None:
        return None, None
    ahead = published_at - now
    if not has_time(published_at) and (published_at.date() == now.date() or timedelta(0) < ahead <= ZONES_DIFFER):
        return now, None
    if ahead <= timedelta(0):
        return published_at, None
    if CLOCKS_DIFFER < ahead <= LONGEST_HOLD:
        return published_at, published_at
    return now, None
