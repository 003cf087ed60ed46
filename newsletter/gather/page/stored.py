"""What a page's facts change in a stored article: they add what its source did not say, and never overrule it."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.gather.article import Form
from newsletter.gather.formats.draft import LONGEST_NAME
from newsletter.gather.page.facts import Origin, PageFacts
from newsletter.gather.page.picture import is_same_picture
from newsletter.gather.tables import article
from newsletter.gather.text.blurb import blurb
from newsletter.gather.text.reading_time import count_words

REREAD_EVERY = timedelta(hours=2)
REREAD_FOR = timedelta(hours=24)
"""Votes grow on the first day; after it a page is read no more."""
_LONGEST_AUTHORS = 3 * LONGEST_NAME


def changes_of(row: sa.Row[Any], facts: PageFacts, now: datetime) -> dict[str, Any]:
    """Return the columns to write for an article of which a page was read.

    Text columns that the source left empty are filled, in SQL, so that a poll in the same moment is not overruled
    either. Title and address are the source's alone. The date counts only where none is known and it is certain.
    A page that says that it is live makes a live article of a plain one.
    """
    said = {
        "summary": blurb([facts.summary, facts.text], row.title),
        "author": facts.author[:_LONGEST_AUTHORS],
        "section": facts.section,
        "language": facts.language,
        **_picture(row, facts),
    }
    changes: dict[str, Any] = {
        name: sa.func.coalesce(sa.func.nullif(article.c[name], ""), value)
        for name, value in said.items()
        if value and not getattr(row, name)
    }
    changes |= _counted(row, facts, now)
    if facts.is_live:
        # A notice that is live as well never leads either way; what is sponsored never goes out.
        changes["form"] = sa.case((article.c.form == Form.PLAIN, Form.LIVE), else_=article.c.form)
    appeared_at = appearance(facts, row.first_seen_at)
    if row.published_at is None and appeared_at is not None:
        changes["published_at"] = sa.func.coalesce(article.c.published_at, appeared_at)
    changes |= {
        "dateline": facts.dateline,
        "subheadings": list(facts.subheadings),
        "body": facts.text,
        "words": count_words(facts.text, facts.language or row.language) if facts.text else None,
    }
    used = _used(changes, facts)
    return {
        **changes,
        "origins": {**row.origins, **used},
        "page_due_at": next_reading(facts, row.first_seen_at, now),
        "page_read_at": now,
        "page_checked_at": now,
        "page_failures": 0,
        "page_error": "",
    }


def appearance(facts: PageFacts, first_seen_at: datetime) -> datetime | None:
    """Return the moment an article appeared by its page, None where the page does not say it for certain.

    A day without a time counts as the moment first seen on that day; no article appears after it was first seen.
    """
    at = facts.published_at
    if at is None or facts.origins.get("published") == Origin.UNCERTAIN:
        return None
    is_that_day = facts.published_is_day and at <= first_seen_at < at + timedelta(days=1)
    return first_seen_at if is_that_day else min(at, first_seen_at)


def next_reading(facts: PageFacts, first_seen_at: datetime, now: datetime) -> datetime | None:
    """Return when the page is to be read again: while votes are counted on it and it is new."""
    return now + REREAD_EVERY if facts.votes is not None and now - first_seen_at < REREAD_FOR else None


def _picture(row: sa.Row[Any], facts: PageFacts) -> dict[str, str]:
    """Return the image, or what is said about it: only about the source's own image, if it gives one."""
    about = {"image_alt": facts.caption, "image_credit": facts.credit}
    if not row.image_url:
        return {"image_url": facts.image_url, **about} if facts.image_url else {}
    return about if is_same_picture(row.image_url, facts.image_url) else {}


def _counted(row: sa.Row[Any], facts: PageFacts, now: datetime) -> dict[str, Any]:
    """Return the facts that change: new ones, and newer ones where the page gave the old."""
    changes: dict[str, Any] = {}
    if facts.votes is not None and (row.votes is None or "votes" in row.origins):
        changes["votes"] = facts.votes
    if facts.updated_at is not None and (row.updated_at is None or "updated" in row.origins):
        changes["updated_at"] = min(facts.updated_at, now)
    if (
        facts.correction
        and facts.correction != row.correction
        and (not row.correction or "correction" in row.origins)
    ):
        changes |= {"correction": facts.correction, "corrected_at": now}
    return changes


_NAMED = {
    "published_at": "published",
    "updated_at": "updated",
    "image_alt": "caption",
    "image_credit": "credit",
    "body": "text",
    "form": "is_live",
}
"""Columns whose facts are called otherwise on a page."""


def _used(changes: dict[str, Any], facts: PageFacts) -> dict[str, str]:
    """Return where each fact that is stored stood; a guessed date is noted although it is not stored."""
    names = {_NAMED.get(column, column) for column in changes}
    used = {name: facts.origins[name] for name in names if name in facts.origins}
    if facts.origins.get("published") == Origin.UNCERTAIN:
        used["published"] = str(Origin.UNCERTAIN)
    return used
