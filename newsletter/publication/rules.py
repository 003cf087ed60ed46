"""What the settings of a newsletter may be, one rule a setting, each with the words that mend it. Pure.

Whatever passes here stands in headers, in the head of a page and in a form, and is written by Babel as a date.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError

from newsletter.publication.calendar import WEEKDAYS, read_days_off, read_send_days

MOST_PLACES = 30
"""A longer edition is clipped by the readers' mail programs, and read by nobody."""

LONGEST_WINDOW = 24 * 366
"""Hours: a year back is the archive's business."""

MOST_POINTS = 1_000
"""Points are scaled to 100 in the end: what counts is how they stand to each other."""

LEAST_HOURS, WEEK_HOURS, TWO_WEEKS_HOURS = 0.1, 24 * 7, 24 * 14

LONGEST_LIST = 2_000
"""Characters of addresses, of dates or of words."""

LONGEST_NAME, LONGEST_LINE, LONGEST_ADDRESS, LONGEST_URL = 100, 200, 500, 2_000
"""Characters. A name stands beside the sender's address, in a line that mail programs cut long before this."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SENDER = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_ACCENT = re.compile(r"#[0-9a-f]{6}")
_TAG = re.compile(
    r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?(-([a-z\d]{5,8}|\d[a-z\d]{3}))*", re.ASCII | re.IGNORECASE
)
"""RFC 5646 §2.1: language, script, region, variants; extensions say nothing of how a date is written."""

_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Controls, halves of a character, separators of lines; not the joiners and marks that Persian and Arabic need."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Whether a setting can have a value, and what it must be. ``limit`` may look at all the settings."""

    is_kept: Callable[[Any, Mapping[str, Any]], bool]
    must: str


def broken_rules(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return what each setting that cannot have its value must be instead, by the setting's name."""
    return {name: rule.must for name, rule in RULES.items() if not rule.is_kept(settings[name], settings)}


def is_language(tag: str) -> bool:
    """Whether a text is a language tag (BCP 47) whose language has dates that Babel knows how to write."""
    if not _TAG.fullmatch(tag):
        return False
    try:
        Locale.parse(tag.partition("-")[0].lower())
    except (UnknownLocaleError, ValueError):
        return False
    return True


def is_slug(text: str) -> bool:
    """Whether a text can be a newsletter's short name in links and commands."""
    return _SLUG.fullmatch(text) is not None


def is_web_address(text: str) -> bool:
    """Whether a text is an absolute http or https URL with a host, and nothing that would end it early."""
    if len(text) > LONGEST_URL or not _is_text(text) or any(each.isspace() or each in '"<>\\' for each in text):
        return False
    try:
        parts = urlsplit(text)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and has_port


def _is_text(text: str, also: str = "") -> bool:
    return all(each in also or unicodedata.category(each) not in _BREAKING for each in text)


def is_zone(name: str) -> bool:
    """Whether a text names a time zone of the IANA database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


def _line(longest: int, least: int = 0, also: str = "") -> Rule:
    asked = f"{'' if least else 'at most '}{f'{least} to ' if least else ''}{longest} characters"
    kind = "without controls other than ends of lines" if also else "on one line, without control characters"
    return Rule(
        lambda text, _: least <= len(text.strip()) and len(text) <= longest and _is_text(text, also),
        f"{asked} {kind}",
    )


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return len(text) <= LONGEST_LIST


def _are_addresses(text: str) -> bool:
    return len(text) <= LONGEST_LIST and all(_SENDER.fullmatch(each) for each in text.split())


def _between(least: float, most: float) -> Rule:
    return Rule(lambda number, _: least <= number <= most, f"a number from {least} to {most}")


RULES: Mapping[str, Rule] = {
    "slug": Rule(lambda slug, _: is_slug(slug), "1 to 63 of a-z, 0-9 and -, not beginning with -"),
    "name": _line(LONGEST_NAME, 1),
    "publisher": _line(LONGEST_NAME, 1),
    "sender_address": Rule(
        lambda address, _: bool(_SENDER.fullmatch(address)), "an address such as news@example.org"
    ),
    "tagline": _line(LONGEST_LINE),
    "language": Rule(lambda tag, _: is_language(tag), "a language tag such as en, ar or pt-BR"),
    "zone": Rule(lambda name, _: is_zone(name), "an IANA time zone such as Europe/Paris"),
    "accent": Rule(lambda colour, _: bool(_ACCENT.fullmatch(colour)), "a colour such as #9b1c1f"),
    "site_url": Rule(lambda url, _: not url or is_web_address(url), "an http or https address, or empty"),
    "postal_address": _line(LONGEST_ADDRESS, also="\n"),
    "top_stories": _between(1, MOST_PLACES),
    "blog_posts": _between(0, MOST_PLACES),
    "min_articles": Rule(
        lambda least, settings: 1 <= least <= settings["top_stories"] + settings["blog_posts"],
        "at least 1, and at most top_stories and blog_posts together",
    ),
    "max_per_source": _between(1, MOST_PLACES),
    "window_hours": _between(1, LONGEST_WINDOW),
    "popularity_points": _between(0, MOST_POINTS),
    "placing_points": _between(0, MOST_POINTS),
    "coverage_points": _between(0, MOST_POINTS),
    "taste_points": _between(0, MOST_POINTS),
    "freshness_points": _between(0, MOST_POINTS),
    "featured_points": _between(0, MOST_POINTS),
    "comment_votes": _between(0, 100),
    "votes_grow_hours": _between(LEAST_HOURS, WEEK_HOURS),
    "freshness_hours": _between(LEAST_HOURS, LONGEST_WINDOW),
    "story_cut": _between(0, 1),
    "likeness_penalty": _between(0, 1),
    "section_share": _between(1, 100),
    "cutoff_minutes": _between(0, 720),
    "carry_hours": _between(0, TWO_WEEKS_HOURS),
    "late_hours": _between(1, 24),
    "most_skips": _between(0, 365),
    "send_days": Rule(
        lambda text, _: _reads(read_send_days, text), "at least one of mon, tue, wed, thu, fri, sat and sun"
    ),
    "days_off": Rule(
        lambda text, _: _reads(read_days_off, text),
        f"dates such as 2026-12-25, or 12-25 for every year, with white space between, {LONGEST_LIST} characters",
    ),
    "weekly_day": Rule(
        lambda day, _: not day or day in WEEKDAYS, "one of mon, tue, wed, thu, fri, sat and sun, or empty"
    ),
    "languages": Rule(
        lambda text, _: len(text) <= LONGEST_LIST and all(is_language(tag) for tag in text.split()),
        "language tags with white space between, such as ar fr",
    ),
    "theme": Rule(lambda name, _: is_slug(name), "the name of a file in themes/, such as broadsheet"),
    "editors": Rule(
        lambda text, _: _are_addresses(text),
        f"addresses with white space between, at most {LONGEST_LIST} characters",
    ),
    "excluded": _line(LONGEST_LIST),
    "never_lead": _line(LONGEST_LIST),
}
"""The rule of each setting that has one; what a setting's type says is not said again."""
