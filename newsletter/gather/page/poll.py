"""Reading the pages of a source's articles, a few at a time: lease, ask robots.txt, fetch, read, store.

A page that fails stops nothing but itself: it is tried again later, five times, and then left alone.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa

from newsletter import log
from newsletter.db import Database
from newsletter.errors import FetchError, SettingsError
from newsletter.gather.http.fetch import AnswerError, Validators, fetch
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.http.robots import Robots
from newsletter.gather.page import due
from newsletter.gather.page.profile import Profile, load_profile
from newsletter.gather.page.read import read_page
from newsletter.gather.page.stored import REREAD_EVERY, REREAD_FOR, changes_of
from newsletter.gather.page.tree import MOST_BYTES
from newsletter.gather.polling.poll import PollManners

_log = log.get("gather")

MOST_PAGES = 20
"""Pages of one source that one task reads."""
LONGEST_RUN = timedelta(seconds=20)
"""After this time a task begins no other page, so that mail never waits for it: the rest is due again at once."""


def read_pages(database: Database, source_id: int, manners: PollManners, clock: Callable[[], datetime]) -> int:
    """Read the pages of a source's articles that are due, MOST_PAGES at most; return how many were stored.

    Blocks for LONGEST_RUN and one fetch at most. A page's facts are added to the article where its source said
    nothing; one that is gone, or asks not to be listed, withdraws it.
    """
    started_at = clock()
    policy = replace(manners.policy, max_bytes=min(manners.policy.max_bytes, MOST_BYTES))
    until = started_at + LONGEST_RUN + 4 * policy.timeout
    with database.transaction() as connection:
        profile = _profile(due.profile_of(connection, source_id), source_id)
        rows = due.lease_pages(connection, source_id, started_at, until, MOST_PAGES)
    robots = manners.rules(clock)
    stored = 0
    for number, row in enumerate(rows):
        if clock() - started_at > LONGEST_RUN:
            with database.transaction() as connection:
                due.release_pages(connection, [each.id for each in rows[number:]], until, clock())
            break
        if number:
            time.sleep(robots.delay(row.url).total_seconds())
        changes = _read(row, policy, (robots, profile), clock)
        with database.transaction() as connection:
            stored += due.record_page(connection, row.id, until, changes)
    if rows:
        _log.info("pages_read", source_id=source_id, pages=len(rows), stored=stored)
    return stored


def _read(
    row: sa.Row[Any], policy: FetchPolicy, by: tuple[Robots, Profile | None], clock: Callable[[], datetime]
) -> dict[str, Any]:
    """Return what is to be written of one article."""
    robots, profile = by
    try:
        if not robots.allows(row.url):
            return _failed(row, clock(), "Its site's robots.txt does not let us read it.", None)
        fetched = fetch(row.url, policy, Validators(row.page_etag, row.page_last_modified))
    except FetchError as error:
        if isinstance(error, AnswerError) and _is_gone(row, error):
            return _withdrawn(row, clock(), f"its page is gone ({error.answered})")
        return _failed(row, clock(), str(error), error.retry_after if isinstance(error, AnswerError) else None)
    now = clock()
    if fetched.not_modified:
        is_new = now - row.first_seen_at < REREAD_FOR
        again_at = now + REREAD_EVERY if is_new and "votes" in row.origins else None
        return {"page_due_at": again_at, "page_checked_at": now, "page_failures": 0, "page_error": ""}
    facts = read_page(fetched.content, fetched.url, profile, fetched.content_type)
    if not facts.is_indexable:
        return _withdrawn(row, now, "its page asks not to be found (noindex)")
    validators = {"page_etag": fetched.validators.etag, "page_last_modified": fetched.validators.last_modified}
    return {**changes_of(row, facts, now), **validators}


def _is_gone(row: sa.Row[Any], error: AnswerError) -> bool:
    """Whether a page is gone for good: a feed may be ahead of its pages, so "not found" must be said twice."""
    return error.answered == HTTPStatus.GONE or (error.answered == HTTPStatus.NOT_FOUND and row.page_failures > 0)


def _withdrawn(row: sa.Row[Any], now: datetime, why: str) -> dict[str, Any]:
    _log.info("page_withdrawn", article_id=row.id, why=why)
    return {
        "withdrawn_at": now,
        "withdrawn_why": why,
        "page_due_at": None,
        "page_checked_at": now,
        "page_error": why,
    }


def _failed(row: sa.Row[Any], now: datetime, why: str, retry_after: timedelta | None) -> dict[str, Any]:
    failures = row.page_failures + 1
    wait = due.retry_in(failures)
    if wait is not None and retry_after is not None:
        wait = max(wait, retry_after)
    _log.warning("page_unread", article_id=row.id, failures=failures, error=why)
    return {"page_failures": failures, "page_error": why, "page_due_at": None if wait is None else now + wait}


def _profile(name: str, source_id: int) -> Profile | None:
    """Return the source's own profile; one that cannot be used must not stop its pages."""
    if not name:
        return None
    try:
        return load_profile(name)
    except SettingsError as error:
        _log.warning("profile_unusable", source_id=source_id, error=str(error))
        return None
