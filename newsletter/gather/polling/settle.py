"""What one good answer of a source changes: its articles, what we know of it, and when it is asked again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from newsletter import log
from newsletter.gather.article import Article, Feed
from newsletter.gather.formats.reading import request_url
from newsletter.gather.http.fetch import Fetched
from newsletter.gather.memory import store
from newsletter.gather.memory.canonical import LONGEST_URL
from newsletter.gather.polling import imports, interval, sources
from newsletter.gather.polling.interval import Wishes
from newsletter.gather.polling.sources import Poll, Source
from newsletter.gather.tables import PollOutcome, SourceKind

_log = log.get("gather")

AGREEING = 3
"""Answers in a row that must name the same new address, so that one mistake of a site does not lose it."""
LOST = "Everything listed is newer than the last poll: articles in between may be lost"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source answered; ``feed`` is None where that is what it answered last time."""

    origin: Source
    fetched: Fetched
    feed: Feed | None
    digest: str


def settle(
    connection: sa.Connection, answer: Answer, usual_interval: timedelta, times: tuple[datetime, datetime]
) -> Poll:
    """Store what a source answered and record the poll, which began and ended at ``times``."""
    origin, feed, (_, finished_at) = answer.origin, answer.feed, times
    validators = answer.fetched.validators
    changes = {"etag": validators.etag, "last_modified": validators.last_modified, **_moved(connection, answer)}
    if feed is None:
        store.keep_sightings(connection, origin.id, finished_at)
        done = Poll(origin.id, *times, PollOutcome.UNCHANGED)
        seconds, wishes = origin.interval_seconds, Wishes.from_json(origin.wishes)
    else:
        listed, new = store.store_articles(connection, origin, feed.articles, finished_at)
        notes = [_held(connection, origin, finished_at), _lost(origin, feed)]
        note = " ".join(f"{each}." for each in notes if each)
        done = Poll(origin.id, *times, PollOutcome.OK, listed, new, note=note)
        seconds, wishes = _pace(feed, finished_at), Wishes.of(feed)
        changes |= _read_from(answer, feed) | {"interval_seconds": seconds, "wishes": wishes.to_json()}
        changes |= {"lost_at": finished_at} if notes[1] else {}
    usual = usual_interval if seconds is None else timedelta(seconds=seconds)
    asked = replace(wishes, ttl=max(wishes.ttl, answer.fetched.fresh_for))
    cutoff = sources.next_cutoff(connection, origin.id, finished_at)
    next_at = interval.next_poll_at(finished_at, usual, asked, cutoff)
    sources.record_poll(connection, done, next_at - finished_at, **changes)
    return done


def _read_from(answer: Answer, feed: Feed) -> dict[str, Any]:
    return {
        "title": feed.title,
        "language": feed.language,
        "content_hash": answer.digest,
        # The order of a page's links is its editors' own, and has no dates to be told by.
        "is_dated_order": answer.origin.kind is not SourceKind.PAGE and is_dated_order(feed.articles),
        "covers_since_at": _oldest(feed),
    }


def is_dated_order(articles: Sequence[Article]) -> bool:
    """Whether the list is merely newest first, so that a place in it says nothing about importance."""
    dates = [each.published_at for each in articles if each.published_at]
    return all(newer >= older for newer, older in pairwise(dates))


def _pace(feed: Feed, now: datetime) -> int | None:
    found = interval.pace([each.published_at for each in feed.articles], now)
    return None if found is None else round(found.total_seconds())


def _oldest(feed: Feed) -> datetime | None:
    return min((each.published_at for each in feed.articles if each.published_at), default=None)


def _lost(origin: Source, feed: Feed) -> str:
    """Say so where articles may have come and gone since the last poll.

    A source that listed nothing dated before has lost nothing that we could know of.
    """
    oldest = _oldest(feed)
    if oldest is None or origin.covers_since_at is None or origin.succeeded_at is None:
        return ""
    if oldest <= origin.succeeded_at:
        return ""
    _log.warning(
        "articles_may_be_lost", source_id=origin.id, url=origin.url, since=origin.succeeded_at.isoformat()
    )
    return LOST


def _held(connection: sa.Connection, origin: Source, now: datetime) -> str:
    why = imports.hold_import(connection, origin.id, now)
    if not why:
        return ""
    _log.warning("import_held", source_id=origin.id, url=origin.url, reason=why)
    return f"{why}: they look like an import and are held"


def _moved(connection: sa.Connection, answer: Answer) -> dict[str, Any]:
    """Count how often in a row a source named the same new address, and take that once it is certain.

    Where what was asked is not the source's own URL, its redirect says nothing about that.
    """
    origin, new_url = answer.origin, answer.fetched.permanent_url
    if new_url is None or len(new_url) > LONGEST_URL or request_url(origin) != origin.url:
        return {"moved_to": "", "moved_times": 0}
    times = origin.moved_times + 1 if new_url == origin.moved_to else 1
    if times >= AGREEING and sources.move_source(connection, origin.id, new_url):
        _log.info("source_moved", source_id=origin.id, url=origin.url, moved_to=new_url)
        return {"moved_to": "", "moved_times": 0}
    if times == AGREEING:
        _log.warning("source_move_refused", source_id=origin.id, url=origin.url, moved_to=new_url)
    return {"moved_to": new_url, "moved_times": times}
