"""Headlines of a series: alike but for a number, a day or a month, and on different events.

"Weather forecast for Monday" and "… for Tuesday", "Two militants arrested" and "Four militants arrested" share
almost every word. Of one outlet they are two articles; of two outlets, another count of the same event is common.
"""

import re
from typing import NamedTuple

from newsletter.gather.story.stems import known_words, words_of

_NUMBER = re.compile(r"\d")


class Series(NamedTuple):
    """A headline's words without its numbers and days, and these by themselves."""

    words: tuple[str, ...]
    counted: tuple[str, ...]


def series_of(headline: str) -> Series:
    """Take a headline's numbers and days apart from its words."""
    words = words_of(headline)
    known = known_words().values()
    is_counted = [_NUMBER.match(word) is not None or any(word in each.counted for each in known) for word in words]
    told = list(zip(words, is_counted, strict=True))
    return Series(
        tuple(word for word, counts in told if not counts), tuple(word for word, counts in told if counts)
    )


def is_serial(one: Series, other: Series) -> bool:
    """Return whether two headlines differ in their numbers or days and in no other word."""
    return bool(one.words) and one.words == other.words and one.counted != other.counted
