"""The sections that readers may choose among: what the newsletter's sources call them, in one spelling each."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.gather.tables import article, newsletter_source, sighting

LOOK_BACK = timedelta(days=30)
"""A section of which nothing came in for that long is not offered any more; who chose it keeps it."""

MOST = 24
"""Sections offered: more is no choice but a search."""

_LONGEST = 60
"""Characters: what is longer is a sentence that stands where a section's name should."""


def section_key(name: str) -> str:
    """Return what is the same for every spelling of a section: letters folded, one space between words. Pure."""
    return " ".join(name.split()).casefold()


def offered(counted: Iterable[tuple[str, int]], most: int = MOST) -> list[str]:
    """Return the names that are used most, each in its most usual spelling, in alphabetical order. Pure."""
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for name, count in counted:
        said = " ".join(name.split())
        if 0 < len(said) <= _LONGEST and said.isprintable():
            spellings[section_key(said)][said] += count
    used = sorted(spellings, key=lambda key: (-spellings[key].total(), key))
    usual = {key: min(spellings[key], key=lambda each: (-spellings[key][each], each)) for key in used[:most]}
    return [usual[key] for key in sorted(usual)]


def list_sections(connection: sa.Connection, newsletter_id: int, now: datetime) -> list[str]:
    """Return the sections of what the newsletter's sources brought lately, in alphabetical order, at most MOST."""
    own = sa.select(newsletter_source.c.source_id).where(newsletter_source.c.newsletter_id == newsletter_id)
    query = (
        sa.select(article.c.section, sa.func.count(article.c.id.distinct()))
        .join(sighting, sighting.c.article_id == article.c.id)
        .where(sighting.c.source_id.in_(own), article.c.section != "", article.c.withdrawn_at.is_(None))
        .where(article.c.first_seen_at.between(now - LOOK_BACK, now))
        .group_by(article.c.section)
    )
    return offered((name, count) for name, count in connection.execute(query))


def left_of(sections: Iterable[str], wanted: Collection[str]) -> str | None:
    """Return what a choice of sections leaves of articles that are of these sections. Pure.

    Empty is all of them, and None is nothing; else the names of the sections that are left, sorted and parted by
    line feeds, each in one of its spellings: the same for every choice that leaves the same.
    """
    named = list(sections)
    are_wanted = are_of_sections(named, wanted)
    if all(are_wanted):
        return ""
    spellings = sorted(
        " ".join(each.split()) for each, is_wanted in zip(named, are_wanted, strict=True) if is_wanted
    )
    left: dict[str, str] = {}
    for each in spellings:
        left.setdefault(section_key(each), each)
    return "\n".join(left.values()) or None


def are_of_sections(sections: Iterable[str], wanted: Collection[str]) -> list[bool]:
    """Return for each article's section whether it is one of those wanted, however they are spelt. Pure."""
    keys = {section_key(each) for each in wanted}
    return [section_key(each) in keys for each in sections]
