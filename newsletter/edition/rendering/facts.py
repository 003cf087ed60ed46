"""What a mail that is no edition can say: texts and links, several of them, with or without names."""

from collections.abc import Mapping, Sequence

from newsletter.edition.rendering.slots import Held
from newsletter.edition.words.wording import plain, safe_link
from newsletter.errors import ContentError

Fact = str | Sequence["Fact"] | Mapping[str, "Fact"]
"""A text; a link, where its name ends in ``_url``; or several of them."""


def plainly(name: str, fact: Fact) -> Fact:
    """Return a fact fit to print. Raises ContentError for a link that no reader could open."""
    match fact:
        case str() if name.endswith("_url"):
            return own_link(fact)
        case str():
            return "\n".join(map(plain, fact.splitlines()))
        case Mapping():
            return {inner: plainly(inner, each) for inner, each in fact.items()}
        case _:
            return tuple(plainly("", each) for each in fact)


def held_back(fact: Fact, held: Held) -> Fact:
    """Return tokens in the place of all texts, for a template whose result is inlined before they are put in."""
    match fact:
        case str():
            return held.hold(fact)
        case Mapping():
            return {name: held_back(each, held) for name, each in fact.items()}
        case _:
            return tuple(held_back(each, held) for each in fact)


def own_link(url: str) -> str:
    """Return one of our own addresses. Raises ContentError where no reader could open it."""
    link = safe_link(url)
    if not link:
        raise ContentError(f"{url!r} is no address a reader could open.", "Check PUBLIC_URL.")
    return link
