"""Which articles are about one event.

A first, plain version: headlines compared by the share of word stems they have in common (Jaccard), joined by
average link, because single link chains a whole day into one story. It takes and gives plain values so that a
better grouping can replace it without a change elsewhere.
"""

import re
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import snowballstemmer

LIKE = 0.4
"""Least mean share of common stems for two groups to be one story."""

_COMMON = re.compile(
    "about|after|all|and|are|back|been|before|but|can|for|from|get|has|have|her|his|how|into|its|may|more|new|not|"
    "off|one|out|over|say|says|set|she|than|that|the|their|them|they|this|three|top|two|was|were|what|when|who|"
    "why|will|with|you|your"
)
_ARABIC = re.compile(r"[\u0600-\u06ff]")

_WORD = re.compile(r"\w{3,}", re.UNICODE)


def group_stories(headlines: Mapping[int, str]) -> dict[int, int]:
    """Return the story number of each article, given the articles' headlines by id.

    Stories are numbered from 1 in the order of their first article.
    """
    english, arabic = snowballstemmer.stemmer("english"), snowballstemmer.stemmer("arabic")
    words = {
        number: _stems(text, arabic if _ARABIC.search(text) else english) for number, text in headlines.items()
    }
    groups: dict[int, list[int]] = {number: [number] for number in headlines}
    likeness = {
        (one, other): _share(words[one], words[other])
        for one, other in combinations(headlines, 2)
        if words[one] & words[other]
    }
    for (one, other), share in sorted(likeness.items(), key=lambda pair: (-pair[1], pair[0])):
        if share < LIKE:
            break
        left, right = groups[one], groups[other]
        if left is not right and _mean_link(left, right, likeness) >= LIKE:
            left.extend(right)
            for member in right:
                groups[member] = left
    story_of: dict[int, int] = {}
    for number, group in groups.items():
        if number not in story_of:
            story = len(set(story_of.values())) + 1
            story_of.update(dict.fromkeys(group, story))
    return story_of


def _stems(headline: str, stemmer: Any) -> frozenset[str]:
    words = [word for word in _WORD.findall(headline.lower()) if not _COMMON.fullmatch(word)]
    return frozenset(stemmer.stemWords(words))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _mean_link(left: list[int], right: list[int], likeness: Mapping[tuple[int, int], float]) -> float:
    links = [likeness.get((a, b), likeness.get((b, a), 0.0)) for a in left for b in right]
    return sum(links) / len(links)
