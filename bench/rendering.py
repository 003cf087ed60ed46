"""``python -m bench.rendering``: what rendering an edition costs, once for each of its languages.

The edition is made up: as many articles as asked for, with headlines, summaries, pictures and other sources of the
usual lengths. What is told is the CPU time of this process, the median of the rounds after the first, which also
reads the templates.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

from bench.masthead import LANTERN
from newsletter.edition.reasons import Reason, ReasonKind
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.selection import AlsoIn, ChosenArticle, Selection
from newsletter.edition.rendering.slots import weigh

MOST_MILLISECONDS = 150
"""Of CPU for twelve articles in one language, after the first."""

_TEMPLATES = Path(__file__).parent.parent / "templates"
_TEXTS = {
    "en": ("Harbour council keeps the old ferry open through the winter", "The vote was eleven to four. " * 6),
    "ar": ("مجلس الميناء يُبقي العبّارة القديمة مفتوحة طوال الشتاء", "كان التصويت أحد عشر مقابل أربعة. " * 6),
}
_MASTHEAD = replace(LANTERN, recommend=True)


def main(argv: list[str]) -> int:
    """Measure; exit with 1 when twelve articles cost more than they may."""
    parser = argparse.ArgumentParser(prog="python -m bench.rendering", description=__doc__)
    parser.add_argument("--articles", type=int, default=12, help="articles of the edition (12)")
    parser.add_argument("--rounds", type=int, default=21, help="rounds, of which the median counts (21)")
    given = parser.parse_args(argv)
    found = {language: measure(language, given.articles, given.rounds) for language in _TEXTS}
    print(json.dumps({"articles": given.articles, "most_milliseconds": MOST_MILLISECONDS, **found}, indent=2))
    return int(any(each["milliseconds"] > MOST_MILLISECONDS for each in found.values()))


def measure(language: str, articles: int, rounds: int) -> dict[str, float]:
    """Return the milliseconds of CPU of the first rendering and of the median later one, and the HTML's bytes."""
    stationery, selection = Stationery([_TEMPLATES]), made_up(language, articles)
    masthead = replace(_MASTHEAD, language=language)
    taken = []
    for _ in range(rounds + 1):
        before = time.process_time()
        content = stationery.digest(selection, masthead, date(2026, 11, 22), "https://news.example/archive/1")
        taken.append((time.process_time() - before) * 1_000)
    return {
        "first_milliseconds": round(taken[0], 1),
        "milliseconds": round(median(taken[1:]), 1),
        "html_bytes": weigh(content.html, content.marker),
    }


def made_up(language: str, articles: int) -> Selection:
    """Return an edition of so many articles, one in six of them a blog post."""
    made = tuple(_article(number, *_TEXTS[language]) for number in range(1, articles + 1))
    posts = articles // 6
    return Selection(made[: articles - posts], made[articles - posts :])


def _article(number: int, headline: str, summary: str) -> ChosenArticle:
    return ChosenArticle(
        article_id=number,
        title=f"{headline} ({number})",
        url=f"https://news.example/2026/11/22/{number}",
        summary=summary,
        section=("World", "Business", "Sport", "Harbour")[number % 4],
        source="Bay Courier",
        author="Mara Lindqvist",
        published_at=datetime(2026, 11, 22, 6, tzinfo=UTC),
        image_url=f"https://news.example/image/{number}.jpg",
        image_alt="Boats in the harbour",
        reasons=(Reason(ReasonKind.VOTED, 132, timedelta(hours=5)), Reason(ReasonKind.COVERED, 3)),
        points=1.0,
        parts={},
        votes=132,
        also_in=(AlsoIn("Radio Nord", f"https://nord.example/{number}", ""),),
        language="",
        words=640,
        image_width=1200,
        image_height=800,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
