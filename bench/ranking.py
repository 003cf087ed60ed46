"""``python -m bench.ranking``: what choosing a day's edition costs, from the feeds' bytes to the picked articles.

The news is made up: a seeded generator draws words by Zipf's law, the frequent ones from the product's own
table of news words and the rare ones from syllables; events have from one to forty articles in 60 feeds. So the
figures say what the work costs for texts of such lengths and such a spread of words, nothing about how good the
groups are.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import accumulate
from typing import Any
from xml.sax.saxutils import escape

from newsletter.edition.choosing.candidate import Candidate
from newsletter.edition.choosing.pick import Limits, pick
from newsletter.edition.choosing.ranking import rank
from newsletter.gather.article import Article
from newsletter.gather.formats.feed import parse_feed
from newsletter.gather.story.likeness import Background
from newsletter.gather.story.stems import known_words, telling
from newsletter.gather.story.stories import CUT, group_stories

FEEDS = 60
SIZES = (500, 2_000, 8_000)
OTHER_DAYS = 20_000
"""Headlines from which a service knows which words are common."""

NOW = datetime(2026, 11, 22, 6, 40, tzinfo=UTC)
_RARE_WORDS = 40_000
_PARTS = ("reading", "counting", "grouping", "ranking")


class Newsroom:
    """Makes articles up, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        names = random.Random(0)
        syllables = [
            first + vowel + last for first in "bdfgklmnprstvz" for vowel in "aeiou" for last in ("", "n", "r")
        ]
        frequent = [word for words in known_words()["english"].classes for word in sorted(words)]
        rare = ["".join(names.choices(syllables, k=names.randint(2, 4))) for _ in range(_RARE_WORDS)]
        self._words = frequent + rare
        self._weights = list(accumulate(1 / (place + 20) for place in range(len(self._words))))

    def articles(self) -> Iterator[tuple[str, str]]:
        """Yield headlines and summaries, without an end."""
        while True:
            event = self._draw(14)
            for _ in range(min(40, int(self._chance.paretovariate(1.1)))):
                title = self._chance.sample(event, 6) + self._draw(3)
                summary = self._chance.sample(event, 7) + self._draw(11)
                yield " ".join(title).capitalize(), f"The {' of '.join(summary)}. More is not known."

    def feeds(self, count: int) -> list[bytes]:
        """Return ``count`` articles as RSS."""
        entries: list[list[str]] = [[] for _ in range(FEEDS)]
        for number, (title, summary) in zip(range(count), self.articles(), strict=False):
            at = format_datetime(NOW - timedelta(minutes=self._chance.randrange(1440)))
            link = f"https://paper{number % FEEDS}.example/{number}"
            entries[number % FEEDS].append(
                f"<item><title>{escape(title)}</title><link>{link}</link><guid>{link}</guid>"
                f"<pubDate>{at}</pubDate><description>{escape(summary)}</description></item>"
            )
        return [
            f'<rss version="2.0"><channel><title>Paper {number}</title>{"".join(each)}</channel></rss>'.encode()
            for number, each in enumerate(entries)
        ]

    def _draw(self, count: int) -> list[str]:
        return self._chance.choices(self._words, cum_weights=self._weights, k=count)


def measure(count: int) -> dict[str, float]:
    """Return the CPU seconds of each part and the peak memory in MiB, for so many articles."""
    feeds = Newsroom(1).feeds(count)
    other_days = [title for _, (title, _) in zip(range(OTHER_DAYS), Newsroom(2).articles(), strict=False)]
    before = _peak_mib()
    cost: dict[str, float] = {}

    def timed(part: str, work: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = work()
        cost[part] = time.process_time() - start
        return result

    read = timed(
        "reading",
        lambda: [(f"Paper {n}", a) for n, each in enumerate(feeds) for a in parse_feed(each, "").articles],
    )
    background = timed("counting", lambda: Background.of(other_days))
    texts = {number: telling(article.title, article.summary) for number, (_, article) in enumerate(read)}
    sources = {number: source for number, (source, _) in enumerate(read)}
    story_of = timed("grouping", lambda: group_stories(texts, CUT, background, sources))
    timed("ranking", lambda: _choose(read, texts, story_of, background))
    peak = _peak_mib()
    return {
        "articles": len(read),
        "stories": len(set(story_of.values())),
        **cost,
        "peak": peak,
        "grown": peak - before,
    }


def _choose(
    read: list[tuple[str, Article]], texts: dict[int, str], story_of: dict[int, int], background: Background
) -> None:
    sources: dict[int, set[str]] = {}
    for number, (source, _) in enumerate(read):
        sources.setdefault(story_of[number], set()).add(source)
    candidates = [
        Candidate(
            number,
            article.title,
            source,
            published_at=article.published_at,
            coverage=len(sources[story_of[number]]),
            story=story_of[number],
            votes=number * 7919 % 97,
            text=texts[number],
        )
        for number, (source, article) in enumerate(read)
    ]
    pick(rank(candidates, NOW), Limits(10), background)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(argv: list[str]) -> int:
    """Print a table; each size is measured in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m bench.ranking", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="articles of each row")
    parser.add_argument("--one", type=int, help="measure one size here and print JSON")
    given = parser.parse_args(argv)
    if given.one:
        print(json.dumps(measure(given.one)))
        return 0
    print(f"| articles | stories | {' | '.join(_PARTS)} | grouping and ranking | MiB |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|")
    for size in given.sizes:
        words = [sys.executable, "-m", "bench.ranking", "--one", str(size)]
        told = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        parts = " | ".join(f"{told[part]:.2f}" for part in _PARTS)
        both = told["grouping"] + told["ranking"]
        print(
            f"| {told['articles']:,} | {told['stories']:,} | {parts} | {both:.2f} | {told['peak']:.0f} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
