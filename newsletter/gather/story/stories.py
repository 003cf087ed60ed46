"""Which articles are about one event.

Headline and first sentence as TF-IDF over stems, joined by average link: single link chains a full day into one
story, and exact words miss half of what two outlets say of one event.
"""

from collections.abc import Mapping

from newsletter.gather.story.average_link import average_link
from newsletter.gather.story.likeness import Background
from newsletter.gather.story.serial import is_serial, series_of

CUT = 0.12
"""Least mean likeness for two groups of articles to be one story."""


def group_stories(
    texts: Mapping[int, str],
    cut: float = CUT,
    background: Background | None = None,
    sources: Mapping[int, str] | None = None,
) -> dict[int, int]:
    """Return the story number of each article, given the articles' texts by id.

    A text is a headline, or what `newsletter.gather.story.stems.telling` makes of headline and summary. Stories
    are numbered from 1 in the order of their first article. Headlines of one source that differ only in a number
    or a day are never one story; without ``sources`` all articles count as one source's.
    """
    known = background or Background.built_in()
    series = {number: series_of(text.partition("\n")[0]) for number, text in texts.items()}
    origins = sources or {}

    def is_barred(one: int, other: int) -> bool:
        return origins.get(one) == origins.get(other) and is_serial(series[one], series[other])

    groups = average_link(known.vectors(texts), cut, is_barred)
    group_of = {number: place for place, group in enumerate(groups) for number in group}
    numbers: dict[int, int] = {}
    return {number: numbers.setdefault(group_of[number], len(numbers) + 1) for number in texts}
