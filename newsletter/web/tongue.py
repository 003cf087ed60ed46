"""Which language a page speaks: the reader's own, the newsletter's, the one chosen, or what a browser asks for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fastapi import Request

from newsletter.edition.words.languages import ENGLISH
from newsletter.publication.newsletters import NewsletterSettings

CHOSEN = "lang"
"""The name under which a page's address and its forms carry a language that was chosen."""

_MOST_RANGES = 32
"""Nobody reads more languages than this; the rest of a longer header is not read."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """The language of a page, a BCP 47 tag, and those that its reader may choose instead.

    ``is_chosen`` says that the page's address names it; the pages it leads to then name it too. ``choices`` are
    empty where the page's address cannot be asked for again.
    """

    language: str
    choices: tuple[str, ...] = ()
    is_chosen: bool = False

    @property
    def query(self) -> str:
        """What a link to another page of ours ends with, so that it speaks the same; empty where nobody chose."""
        return f"?{CHOSEN}={self.language}" if self.is_chosen else ""

    @property
    def chosen(self) -> "Tongue":
        """The same, as if it had been chosen."""
        return replace(self, is_chosen=True)


def tongue_of(request: Request, newsletter: NewsletterSettings, reader: str = "") -> Tongue:
    """Return that of a newsletter's page: what was chosen, else ``reader``'s own, else the newsletter's."""
    languages = newsletter.all_languages
    return _tongue(request, languages, reader if reader in languages else languages[0])


def tongue_between(request: Request, newsletters: Iterable[NewsletterSettings], chosen: str = "") -> Tongue:
    """Return that of a page of several newsletters: chosen, else what the browser asks for, else the first's.

    ``chosen`` is what a form says that was chosen.
    """
    return tongue_among(request, (tag for each in newsletters for tag in each.all_languages), chosen)


def tongue_among(request: Request, languages: Iterable[str], chosen: str = "") -> Tongue:
    """Return that of a page which can be had in these languages, in the same way; English where there are none."""
    offered = tuple(dict.fromkeys(languages)) or (ENGLISH,)
    asked = request.headers.get("accept-language", "")
    return _tongue(request, offered, best(asked, offered) or offered[0], chosen)


def _tongue(request: Request, offered: tuple[str, ...], otherwise: str, chosen: str = "") -> Tongue:
    named = chosen or request.query_params.get(CHOSEN, "")
    choices = offered if request.method == "GET" and len(offered) > 1 else ()
    return Tongue(named, choices, is_chosen=True) if named in offered else Tongue(otherwise, choices)


def best(asked: str, offered: Sequence[str]) -> str:
    """Return the tag that an Accept-Language header likes best (RFC 9110 §12.5.4), or nothing if it wants none.

    A range takes every tag it begins (RFC 4647 §3.3.1), and a tag that it begins with (§3.4), so that who reads
    de-AT is served de. Among equals the header's order decides.
    """
    ranges = _ranges(asked)
    liked: dict[str, tuple[float, int, int]] = {}
    for tag in offered:
        fits = [(_closeness(each, tag), quality, -place) for place, (each, quality) in enumerate(ranges)]
        closest = max((each for each in fits if each[0]), default=None)
        if closest and closest[1] > 0:
            closeness, quality, place = closest
            liked[tag] = (quality, place, closeness)
    return max(liked, key=lambda tag: liked[tag], default="")


def _ranges(asked: str) -> list[tuple[str, float]]:
    """Return a header's language ranges in small letters, each with its quality from 0 to 1."""
    ranges = []
    for part in asked.split(",")[:_MOST_RANGES]:
        each, _, weight = (text.strip().lower() for text in part.partition(";"))
        name, _, number = (text.strip() for text in weight.partition("="))
        try:
            quality = float(number) if name == "q" else 1.0
        except ValueError:
            quality = 0.0
        if each and 0 <= quality <= 1:
            ranges.append((each, quality))
    return ranges


def _closeness(asked: str, tag: str) -> int:
    """Return how well a range fits a tag; 0 is not at all, 1 is that it fits every tag."""
    wanted, had = asked.split("-"), tag.lower().split("-")
    if wanted == ["*"]:
        return 1
    shared = min(len(wanted), len(had))
    return 1 + shared if wanted[:shared] == had[:shared] else 0
