"""When an RSS feed asks to be left alone: ``ttl``, ``skipHours`` and ``skipDays`` (RSS 2.0, optional elements)."""

import re
from datetime import timedelta
from itertools import islice

_LONGEST_TTL = timedelta(days=7)
"""Beyond this a ``ttl`` is a slip, seconds for minutes for one."""
_LIST = re.compile(r"<skip(hours|days)\s{0,9}>", re.IGNORECASE)
_LIST_END = re.compile(r"</skip", re.IGNORECASE)
_LONGEST_LIST = 2_000
_MOST_LISTS = 4
_ENTRY = re.compile(r"<(hour|day)\s*>\s*(\w{1,9})\s*</", re.IGNORECASE)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = 24


def read_ttl(minutes: str) -> timedelta | None:
    """Return how long an answer may be kept, given in minutes; None for what is no such number."""
    minutes = minutes.strip()
    if not (minutes.isascii() and minutes.isdigit()):
        return None
    ttl = timedelta(minutes=min(int(minutes[:9]), _LONGEST_TTL.total_seconds()))
    return ttl if timedelta(0) < ttl <= _LONGEST_TTL else None


def read_skips(text: str) -> tuple[frozenset[int], frozenset[int]]:
    """Return the hours (0 to 23, in UTC) and the days (0 for Monday) on which a feed says not to be read.

    feedparser keeps only the last of each, so they are looked for in the text. Version 0.91 called midnight 24.
    """
    hours: set[int] = set()
    days: set[int] = set()
    for found in islice(_LIST.finditer(text), _MOST_LISTS):
        which = found.group(1).lower()
        inside, *after = _LIST_END.split(text[found.end() : found.end() + _LONGEST_LIST], maxsplit=1)
        for kind, value in _ENTRY.findall(inside) if after else ():
            if kind.lower() == "hour" and which == "hours" and value.isascii() and value.isdigit():
                hours |= {int(value) % _HOURS} if int(value) <= _HOURS else set()
            elif kind.lower() == "day" and which == "days" and value.lower() in _DAYS:
                days.add(_DAYS.index(value.lower()))
    return frozenset(hours), frozenset(days)
