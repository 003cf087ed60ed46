"""A site's profile: where on its pages each fact stands, for what no standard and no library finds.

Votes, "Last updated at", a caption below the picture: selectors and patterns in a TOML file, ready ones for the
usual systems and, named by its path, a publisher's own. docs/pages.md shows how to write one.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cssselect import SelectorError
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

from newsletter.errors import SettingsError

READY = ("drupal7", "drupal10", "wordpress", "ghost")
"""The profiles that come with us, in the order they are tried in."""
FACTS = (
    *("title", "published", "updated", "author", "image", "caption", "credit", "section", "votes", "dateline"),
    *("summary", "text"),
)
_LARGEST_FILE = 100_000
_MOST_MATCHES = 50
"""Elements looked at for one selector."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How to find one fact: elements by selector, the words in them by pattern.

    ``selectors`` are tried in order; one that ends in ``/@name`` reads that attribute. A pattern's first group is
    the fact; without patterns the whole text is.
    """

    selectors: tuple[tuple[CSSSelector, str], ...]
    patterns: tuple[re.Pattern[str], ...] = ()

    def elements(self, root: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
        """Yield the elements that match, the first selector's first, with the attribute to read or ""."""
        for selector, attribute in self.selectors:
            for element in selector(root)[:_MOST_MATCHES]:
                yield element, attribute

    def apply(self, text: str) -> str:
        """Return the fact in an element's text: the first pattern's first group, else ""."""
        if not self.patterns:
            return text
        for pattern in self.patterns:
            if found := pattern.search(text):
                return (found.group(1) if pattern.groups else found.group()) or ""
        return ""


@dataclass(frozen=True, slots=True)
class Profile:
    """A site profile, checked. ``generator`` and ``marks`` tell its sites; its dates are in ``zone``."""

    name: str
    rules: Mapping[str, Rule]
    generator: re.Pattern[str] | None = None
    marks: tuple[CSSSelector, ...] = ()
    zone: tzinfo = UTC
    language: str = ""


def load_profile(name: str) -> Profile:
    """Return a ready profile by its name, or a publisher's own by its path (ending in .toml).

    Raises SettingsError for one that is not there or cannot be used, naming the line at fault.
    """
    if name in READY:
        return _ready(name)
    path = Path(name)
    if path.suffix != ".toml":
        raise SettingsError(
            f"{name!r} is no site profile.", f"Name one of {', '.join(READY)}, or a file that ends in .toml."
        )
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE)
    except (OSError, ValueError) as error:
        raise SettingsError(f"The site profile {name} cannot be read: {error}.", "Check the path.") from None
    return parse_profile(path.stem, content)


def choose_profile(root: HtmlElement) -> Profile | None:
    """Return the ready profile whose system made the page, by its generator or by marks in its markup."""
    generators = [
        (meta.get("content") or "")[:200]
        for meta in root.iter("meta")
        if (meta.get("name") or "").lower() == "generator"
    ]
    profiles = [load_profile(name) for name in READY]
    for profile in profiles:
        if profile.generator and any(profile.generator.search(each) for each in generators):
            return profile
    return next((profile for profile in profiles if any(mark(root) for mark in profile.marks)), None)


def parse_profile(name: str, content: bytes) -> Profile:
    """Read a profile's TOML; raises SettingsError for what it cannot mean."""
    try:
        table = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _fault(name, str(error)) from None
    site = _table(name, table.pop("site", {}), "site", {"zone", "language", "generator", "marks"})
    unknown = sorted(set(table) - set(FACTS))
    if unknown:
        raise _fault(name, f"[{unknown[0]}] is no fact of a page; facts are {', '.join(FACTS)}")
    try:
        zone = ZoneInfo(str(site["zone"])) if site.get("zone") else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _fault(name, f"zone {site['zone']!r} is no time zone, such as Asia/Amman") from None
    return Profile(
        name=name,
        rules={fact: _rule(name, fact, table[fact]) for fact in FACTS if fact in table},
        generator=_pattern(name, site["generator"]) if site.get("generator") else None,
        marks=tuple(_selector(name, each)[0] for each in _strings(name, site.get("marks", []), "marks")),
        zone=zone,
        language=str(site.get("language", "")),
    )


@lru_cache(maxsize=len(READY))
def _ready(name: str) -> Profile:
    content = files("newsletter.gather.page").joinpath("profiles", f"{name}.toml").read_bytes()
    return parse_profile(name, content)


def _rule(name: str, fact: str, value: Any) -> Rule:
    table = _table(name, value, fact, {"selectors", "patterns"})
    selectors = _strings(name, table.get("selectors", []), f"{fact}.selectors")
    if not selectors:
        raise _fault(name, f"[{fact}] has no selectors")
    patterns = _strings(name, table.get("patterns", []), f"{fact}.patterns")
    return Rule(
        tuple(_selector(name, each) for each in selectors), tuple(_pattern(name, each) for each in patterns)
    )


def _selector(name: str, text: str) -> tuple[CSSSelector, str]:
    css, slash, attribute = text.partition("/@")
    if slash and not re.fullmatch(r"[\w:.-]+", attribute.strip()):
        raise _fault(name, f"{text!r} names no attribute")
    try:
        return CSSSelector(css.strip(), translator="html"), attribute.strip()
    except (SelectorError, SyntaxError, ValueError) as error:
        raise _fault(name, f"{text!r} is no CSS selector ({error})") from None


def _pattern(name: str, text: Any) -> re.Pattern[str]:
    try:
        return re.compile(str(text), re.IGNORECASE)
    except re.error as error:
        raise _fault(name, f"{text!r} is no pattern ({error})") from None


def _table(name: str, value: Any, where: str, allowed: set[str]) -> dict[str, Any]:
    unknown = sorted(set(value) - allowed) if isinstance(value, dict) else ["a value"]
    if unknown:
        raise _fault(name, f"[{where}] cannot hold {unknown[0]}; it takes {', '.join(sorted(allowed))}")
    return dict(value)


def _strings(name: str, value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _fault(name, f"{where} must be a list of texts")
    return list(value)


def _fault(name: str, what: str) -> SettingsError:
    return SettingsError(
        f"The site profile {name} cannot be used: {what}.", "docs/pages.md shows how to write one."
    )
