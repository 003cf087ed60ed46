"""What a page says about its article, each fact with where on the page it was said.

Every reader of a page (JSON-LD, OpenGraph, a site's profile, the page's own markup) answers with the same
``Claims``; of several claims about one fact the most trusted reader's counts, and its name is kept beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from newsletter.gather.page.tree import letters


class Origin(StrEnum):
    """Where on a page a fact stands, the most trusted first; a profile adds its name."""

    JSON_LD = "json-ld"
    OPENGRAPH = "opengraph"
    META = "meta"
    PROFILE = "profile"
    TIME = "time"
    HTML = "html"
    TITLE = "html title"
    BODY = "body"
    ADDRESS = "address"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Dated:
    """A moment in the zone it was given in; ``is_day`` when only its day was said (``at`` is then midnight)."""

    at: datetime
    is_day: bool = False


@dataclass(frozen=True, slots=True)
class Claims:
    """What one reader found. Text is plain, links are absolute; empty or None means that it says nothing."""

    origin: str
    title: str = ""
    url: str = ""
    published: Dated | None = None
    updated: Dated | None = None
    author: str = ""
    section: str = ""
    image_url: str = ""
    caption: str = ""
    credit: str = ""
    dateline: str = ""
    votes: int | None = None
    summary: str = ""
    text: str = ""
    language: str = ""
    correction: str = ""
    is_free: bool | None = None
    is_live: bool | None = None


@dataclass(frozen=True, slots=True)
class PageFacts:
    """All that is known of one article from its page; ``origins`` names for each fact where it stood.

    A date whose origin is ``uncertain`` is a guess: good enough to show, never to judge freshness by. Dates stay
    in the site's zone; one without a time is the midnight that its day begins with, and ``published_is_day`` or
    ``updated_is_day``. ``is_indexable`` is False where the page asks search engines to leave it out.
    """

    title: str = ""
    url: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    author: str = ""
    section: str = ""
    image_url: str = ""
    caption: str = ""
    credit: str = ""
    dateline: str = ""
    subheadings: tuple[str, ...] = ()
    votes: int | None = None
    summary: str = ""
    text: str = ""
    language: str = ""
    correction: str = ""
    is_free: bool | None = None
    is_live: bool | None = None
    is_indexable: bool = True
    published_is_day: bool = False
    updated_is_day: bool = False
    origins: dict[str, str] = field(default_factory=dict)


_FACTS = [each.name for each in fields(Claims) if each.name != "origin"]


def weigh(claims: Iterable[Claims]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return each fact as its most trusted claimant says it, and who that was.

    ``claims`` run from most to least trusted. Facts that nobody claims are left out. Two have a better judge: a
    headline that the page shows and OpenGraph repeats is the one in use, though JSON-LD has another for search
    engines; and a summary is written for those who share the page.
    """
    ordered = list(claims)
    facts: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name in _FACTS:
        for claim in _shared_first(ordered) if name == "summary" else ordered:
            value = getattr(claim, name)
            if value is not None and value != "":
                facts[name], origins[name] = value, str(claim.origin)
                break
    shared = next((claim for claim in ordered if claim.origin == Origin.OPENGRAPH and claim.title), None)
    if (
        shared is not None
        and letters(shared.title) in _shown_titles(ordered)
        and origins["title"] == Origin.JSON_LD
    ):
        facts["title"], origins["title"] = shared.title, str(shared.origin)
    return facts, origins


def _shared_first(claims: list[Claims]) -> list[Claims]:
    return sorted(claims, key=lambda claim: claim.origin != Origin.OPENGRAPH)


def _shown_titles(claims: list[Claims]) -> set[str]:
    return {
        letters(claim.title)
        for claim in claims
        if claim.origin == Origin.HTML or claim.origin.startswith(Origin.PROFILE)
    }
