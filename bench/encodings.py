"""``python -m bench.encodings``: what a message takes on the wire, and of the CPU, in each encoding of its parts.

The edition is rendered with our templates and compiled as for a sending, with links signed for each reader; only
the articles are made up, of a language's usual words in no order that means anything.
"""

import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from newsletter.delivery.messages.compiled import CompiledEdition, compile_edition
from newsletter.delivery.messages.encoding import Encoding, Encodings
from newsletter.delivery.messages.form import Reader
from newsletter.delivery.messages.message import message_id
from newsletter.delivery.messages.original import Original
from newsletter.edition.assemble import masthead
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.selection import ChosenArticle, Selection
from newsletter.edition.store import FrozenContent
from newsletter.gather.story.stems import known_words
from newsletter.publication.newsletters import Newsletter
from newsletter.tokens import Purpose, Tokens

LANGUAGES = {"en": "english", "ar": "arabic"}
ARTICLES = 12
READY_AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
_HOME = "https://news.lantern.example"
_ARCHIVE = f"{_HOME}/archive/daily/2026-11-22"
_MESSAGES = 4_000
_ROUNDS = 7


def an_edition(language: str) -> Original:
    """Return an edition in a language, the same one every time."""
    newsletter = Newsletter(
        slug="daily",
        name="Lantern",
        publisher="The Lantern",
        sender_address="news@lantern.example",
        postal_address="1 Quay Street",
        language=language,
        track_clicks=True,
        id=1,
        created_at=READY_AT,
        scheduled_since=READY_AT,
    )
    rendered = Stationery([Path(__file__).parents[1] / "templates"]).digest(
        Selection(_articles(LANGUAGES[language]), ()), masthead(newsletter), READY_AT.date(), _ARCHIVE
    )
    shared = {each.name: getattr(rendered, each.name) for each in fields(rendered)}
    return Original(FrozenContent(language=language, ready_at=READY_AT, **shared), newsletter, 4, _ARCHIVE)


def _articles(language: str) -> tuple[ChosenArticle, ...]:
    chance = random.Random(0)
    words = sorted({word for alike in known_words()[language].classes for word in alike})

    def some(count: int) -> str:
        return " ".join(chance.choices(words, k=count))

    return tuple(
        ChosenArticle(
            article_id=number,
            title=some(9),
            url=f"https://www.lantern.example/news/{number}",
            summary=f"{some(30)}.",
            section=some(1),
            source=some(2),
            author=some(2),
            published_at=READY_AT,
            image_url=f"{_HOME}/image/{number:024}.jpg",
            image_alt=some(4),
            reasons=(),
            points=1.0,
            parts={},
            votes=None,
            also_in=(),
            language="",
        )
        for number in range(ARTICLES)
    )


def _readers(original: Original) -> Sequence[Reader]:
    tokens = Tokens("benchmark" * 8)
    leave, click = tokens.signer(Purpose.UNSUBSCRIBE, READY_AT), tokens.pair_signer(Purpose.CLICK, 4)
    prefer = tokens.signer(Purpose.PREFERENCES, READY_AT)
    return [
        Reader(
            f"reader.{number}@mail{number % 50:02}.example",
            f"{_HOME}/unsubscribe/{leave(number)}",
            message_id(number.to_bytes(16), 4, original.newsletter),
            f"{_HOME}/c/{click(number)}",
            f"{_HOME}/preferences/{prefer(number)}",
        )
        for number in range(_MESSAGES)
    ]


def measure(edition: CompiledEdition, readers: Sequence[Reader]) -> tuple[float, float]:
    """Return how many octets a message has, and how many microseconds of CPU it takes to make it."""
    octets = statistics.fmean(len(edition.message(reader)) for reader in readers)
    rounds = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for reader in readers:
            edition.message(reader)
        rounds.append((time.process_time() - began) / len(readers))
    return octets, 1e6 * statistics.median(rounds)


def main() -> int:
    """Print a table."""
    print("| language | text | HTML | octets | µs | |")
    print("|---|---|---|--:|--:|---|")
    for language in LANGUAGES:
        original = an_edition(language)
        taken, readers = compile_edition(original).original.encodings, _readers(original)
        for text, html in product((Encoding.QUOTED_PRINTABLE, Encoding.BASE64), repeat=2):
            encodings = Encodings(text, html)
            octets, cpu = measure(CompiledEdition(replace(original, encodings=encodings)), readers)
            mark = "taken" if encodings == taken else ""
            print(f"| {language} | {text} | {html} | {octets:,.0f} | {cpu:.1f} | {mark} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
