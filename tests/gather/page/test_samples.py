"""A hundred saved pages: the share of each fact that is right may only rise."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pytest

from newsletter.gather.memory.canonical import canonical_url
from newsletter.gather.page.facts import PageFacts
from newsletter.gather.page.read import read_page
from tests.captures import captured

FLOORS = {
    "title": 0.95,
    "url": 0.88,
    "date": 0.97,
    "certain date": 0.95,
    "certain dates that are right": 0.98,
    "authors": 0.90,
    "image": 0.91,
    "og_image": 0.99,
    "summary": 0.63,
    "first paragraph": 0.99,
    "text that must be there": 0.95,
    "text that must not": 0.95,
}


def letters(text: str | None) -> str:
    return "".join(char for char in (text or "").casefold() if char.isalnum())


def judged(facts: PageFacts, expected: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield each fact that the expectation speaks of, and whether it is right."""
    text = letters(facts.text)
    yield "title", letters(facts.title) == letters(expected["title"])
    yield "url", canonical_url(facts.url) == canonical_url(expected["url"])
    yield from judged_date(facts, expected["date"])
    if expected["authors"]:
        yield "authors", all(letters(each) in letters(facts.author) for each in expected["authors"])
    if expected.get("og_image"):
        yield "og_image", facts.image_url == expected["og_image"]
    if expected.get("og_image") or expected.get("images"):
        yield "image", facts.image_url in [*expected["images"], expected["og_image"]]
    if expected.get("summary"):
        wanted = letters(" ".join(expected["summary"]))
        yield (
            "summary",
            letters(facts.summary)[:60] in wanted or letters(expected["summary"][0]) in letters(facts.summary),
        )
    if expected.get("first_paragraph"):
        yield "first paragraph", letters(expected["first_paragraph"]) in text
    for each in expected.get("text_must_contain", []):
        yield "text that must be there", letters(each) in text
    for each in expected.get("text_must_not_contain", []):
        yield "text that must not", letters(each) not in text


def judged_date(facts: PageFacts, expected: str) -> Iterator[tuple[str, bool]]:
    at = facts.published_at
    days = {str(at.date()), str(at.astimezone(UTC).date())} if at else set()
    is_certain = at is not None and facts.origins["published"] != "uncertain"
    yield "date", expected[:10] in days
    yield "certain date", is_certain and expected[:10] in days
    if is_certain:
        yield "certain dates that are right", expected[:10] in days


@pytest.mark.samples
@pytest.mark.timeout(300)
def test_the_share_of_facts_that_are_right() -> None:
    """Each fact is right at least as often as when it was last measured, and no page breaks the reader."""
    pages = captured("pages")
    right: dict[str, list[bool]] = defaultdict(list)
    for name, expected in json.loads((pages / "expected.json").read_text()).items():
        facts = read_page(gzip.decompress((pages / name).read_bytes()))
        for fact, is_right in judged(facts, expected):
            right[fact].append(is_right)
    shares = {fact: sum(found) / len(found) for fact, found in right.items()}
    assert {} == {fact: share for fact, share in shares.items() if share < FLOORS[fact]}
