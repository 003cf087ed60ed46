"""When a source is asked again: from its own pace, its wishes, and when its articles are needed. Pure.

A feed holds its last articles only. Asked too rarely it drops some unseen: one of twenty articles loses a fifth of
them when it is asked every hour. Asked too often it costs its site for nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, Self

from newsletter.gather.article import Feed

SHORTEST = timedelta(minutes=10)
LONGEST = timedelta(hours=6)
"""The longest time between two polls that succeed, and the longest that a source's own wishes put one off."""
LONGEST_PAUSE = LONGEST
"""However often a source failed, it is tried again within this time. Manners would let us wait a day; but a feed
of a hundred articles loses 63 % of them in a day and 17 % in six hours, and one request in six hours is no burden
to a site in trouble. What it asks for itself by Retry-After is kept to, up to that day."""
RUSH = timedelta(hours=1)
"""Before an edition's cut-off time counts twice."""
_HOUR = timedelta(hours=1)
_FEWEST_DATES = 2


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a source asks of those who poll it.

    ``ttl`` is how long an answer may be kept; ``skip_hours`` (0 to 23, UTC) and ``skip_days`` (0 for Monday) are
    when it wants to be left alone.
    """

    ttl: timedelta = timedelta(0)
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()

    @classmethod
    def of(cls, feed: Feed) -> Self:
        """Return what a feed asks for."""
        return cls(feed.ttl or timedelta(0), feed.skip_hours, feed.skip_days)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Return what was stored by ``to_json``."""
        return cls(
            timedelta(seconds=stored.get("ttl", 0)),
            frozenset(stored.get("skip_hours", ())),
            frozenset(stored.get("skip_days", ())),
        )

    def to_json(self) -> dict[str, Any]:
        """Return what the database keeps, for the answers that do not repeat it."""
        kept = {
            "ttl": self.ttl.total_seconds(),
            "skip_hours": sorted(self.skip_hours),
            "skip_days": sorted(self.skip_days),
        }
        return {name: value for name, value in kept.items() if value}

    def skips(self, moment: datetime) -> bool:
        """Whether the source wants to be left alone at a moment, which is in UTC."""
        return moment.hour in self.skip_hours or moment.weekday() in self.skip_days


def pace(dates: Iterable[datetime | None], now: datetime) -> timedelta | None:
    """Return the time between polls that fits the articles listed now; None where their dates do not tell.

    Twice the median gap between two articles, but no more than a quarter of the time that the list covers, from
    SHORTEST to LONGEST. Dates in the future count as now.
    """
    known = sorted(min(date, now) for date in dates if date)
    if len(known) < _FEWEST_DATES or known[0] == known[-1]:
        return None
    gap = timedelta(seconds=median((later - earlier).total_seconds() for earlier, later in pairwise(known)))
    return min(max(min(2 * gap, (known[-1] - known[0]) / 4), SHORTEST), LONGEST)


def next_poll_at(now: datetime, interval: timedelta, wishes: Wishes, cutoff: datetime | None) -> datetime:
    """Return when a source that answered at ``now`` is asked again.

    ``wishes.ttl`` includes what the answer itself allowed by max-age. In the hour before ``cutoff``, the next one
    of the newsletters that use the source, the interval is half as long; what the source asks for holds there
    too, and puts nothing off by more than LONGEST.
    """
    earliest = now + min(wishes.ttl, LONGEST)
    moment = max(_hurried(now, interval, cutoff), earliest)
    latest = max(moment, now + LONGEST)
    while moment < latest and wishes.skips(moment):
        moment = moment.replace(minute=0, second=0, microsecond=0) + _HOUR
    return min(moment, latest)


def _hurried(now: datetime, interval: timedelta, cutoff: datetime | None) -> datetime:
    """Return ``now + interval`` by a clock that runs twice as fast in the hour before the cut-off."""
    if cutoff is None:
        return now + interval
    begins = max(cutoff - RUSH, now)
    left = interval - (begins - now)
    if left <= timedelta(0) or cutoff <= begins:
        return now + interval
    within = min(left / 2, cutoff - begins)
    return begins + within + (left - 2 * within)


def pause_after(failures: int, interval: timedelta, asked: timedelta | None, roll: float) -> timedelta:
    """Return how long a source is left alone that failed once more after ``failures`` in a row.

    Doubled each time up to LONGEST_PAUSE, longer or shorter by up to a quarter as ``roll`` (0 to 1) falls, so that
    sources that failed together are not all tried together; never shorter than the source ``asked`` for.
    """
    doubled: timedelta = min(interval * 2 ** min(failures, 16), LONGEST_PAUSE)
    return max(asked or timedelta(0), min(doubled * (0.75 + 0.5 * roll), LONGEST_PAUSE))
