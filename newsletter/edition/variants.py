"""The edition once more, for readers of chosen sections: less of the same, in the same order and links.

What is left counts, not what was chosen: readers who chose differently and are left the same articles share one
content. There are at most ``MOST`` of them, for what is left to most readers; all others get the whole edition.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.edition.choosing.sections import are_of_sections, left_of
from newsletter.edition.rendering.content import Content
from newsletter.edition.rendering.selection import ChosenArticle, Selection
from newsletter.edition.rendering.slots import Slot, personal

MOST = 12
"""Contents of one edition in one language besides the whole: each is rendered, compiled and kept."""

SectionWishes = Iterable[tuple[Sequence[str], int]]
"""Choices of sections, each with the number of readers who made it."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What is left of an edition for readers of some sections, by the name that ``left_of`` gives it."""

    sections: str
    selection: Selection


def variants_of(selection: Selection, wishes: SectionWishes) -> tuple[list[Variant], int]:
    """Return what is left to most readers, and to how many the whole edition goes for want of room. Pure."""
    named = [each.section for each in selection.articles]
    readers: Counter[str] = Counter()
    for wanted, count in wishes:
        left = left_of(named, wanted)
        if left:
            readers[left] += count
    ordered = sorted(readers, key=lambda left: (-readers[left], left))
    return [Variant(left, _left(selection, left)) for left in ordered[:MOST]], sum(
        readers[left] for left in ordered[MOST:]
    )


def _left(selection: Selection, sections: str) -> Selection:
    def kept(articles: tuple[ChosenArticle, ...]) -> tuple[ChosenArticle, ...]:
        are_wanted = are_of_sections((each.section for each in articles), sections.split("\n"))
        return tuple(each for each, is_wanted in zip(articles, are_wanted, strict=True) if is_wanted)

    return replace(selection, top_stories=kept(selection.top_stories), blog_posts=kept(selection.blog_posts))


def number_alike(
    contents: Mapping[str, Content], links: tuple[str, ...], places: Sequence[int]
) -> dict[str, Content]:
    """Return a variant's contents, by language, with the edition's own numbers of links and places. Pure.

    ``links`` are the edition's so far; ``places`` says where in it each article of the variant stands, from 1. A
    link that only the variant has is added at the end.
    """
    known = list(links)
    own = next(iter(contents.values())).links
    for url in own:
        if url not in known:
            known.append(url)
    numbers = {number: known.index(url) + 1 for number, url in enumerate(own, start=1)}
    moved = {f"{number}": f"{to}" for number, to in numbers.items()}
    moved |= {f"r{number}": f"r{place}" for number, place in enumerate(places, start=1)}
    return {
        language: replace(_renumbered(content, moved), links=tuple(known))
        for language, content in contents.items()
    }


def _renumbered(content: Content, moved: Mapping[str, str]) -> Content:
    counted = re.compile(f"({re.escape(personal(content.marker, Slot.CLICK))}/)(r?[0-9]+)")

    def move(part: str) -> str:
        return counted.sub(lambda found: found[1] + moved[found[2]], part)

    return replace(content, text=move(content.text), html=move(content.html))
