"""One poll of one source: lease it, fetch, parse, store. A source that fails stops nothing but itself."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from newsletter import log
from newsletter.db import Database
from newsletter.errors import SourceError
from newsletter.gather import sources, store
from newsletter.gather.article import Article, Feed
from newsletter.gather.feed import parse_feed
from newsletter.gather.fetch import AnswerError, Fetched, Validators, fetch, read_file
from newsletter.gather.network import FetchPolicy
from newsletter.gather.sources import Poll, Source
from newsletter.gather.tables import PollOutcome, SourceKind, SourceState

_log = log.get("gather")

GONE = 410
LONGEST_PAUSE = timedelta(hours=6)
"""However often a source failed, it is tried again within this time: news does not wait a day."""


@dataclass(frozen=True, slots=True)
class PollManners:
    """How sources are polled: the limits of one fetch, and the usual time between two."""

    policy: FetchPolicy
    interval: timedelta


def poll_source(
    database: Database, source_id: int, manners: PollManners, clock: Callable[[], datetime]
) -> Poll | None:
    """Poll one source and record how it went; None when another task is at it or the source is gone."""
    started_at = clock()
    with database.transaction() as connection:
        until = started_at + 2 * manners.policy.timeout
        origin = sources.lease_source(connection, source_id, until, started_at)
    if origin is None:
        return None
    try:
        fetched = _read(origin, manners.policy)
        digest = hashlib.sha256(fetched.content).hexdigest()
        is_unchanged = fetched.not_modified or digest == origin.content_hash
        feed = None if is_unchanged else parse_feed(fetched.content, fetched.url, fetched.content_type)
    except SourceError as error:
        done = Poll(origin.id, started_at, clock(), PollOutcome.FAILED, error=str(error))
        with database.transaction() as connection:
            sources.record_poll(connection, done, _pause(origin, error, manners.interval), **_fate(error))
        _log.warning("source_failed", source_id=origin.id, url=origin.url, error=str(error))
        return done
    validators = {"etag": fetched.validators.etag, "last_modified": fetched.validators.last_modified}
    changes = {**validators, **(_read_from(feed, digest) if feed else {})}
    with database.transaction() as connection:
        done = _store(connection, origin, feed, (started_at, clock()))
        sources.record_poll(connection, done, manners.interval, **changes)
    _log.info("source_polled", source_id=origin.id, outcome=done.outcome, new_articles=done.new_articles)
    return done


def _read(origin: Source, policy: FetchPolicy) -> Fetched:
    if origin.kind is SourceKind.FEED:
        return fetch(origin.url, policy, Validators(origin.etag, origin.last_modified))
    path = Path(unquote(urlsplit(origin.url).path))
    return Fetched(200, origin.url, read_file(path, policy.max_bytes), "", Validators(), False, None, None)


def _store(connection: Any, origin: Source, feed: Feed | None, times: tuple[datetime, datetime]) -> Poll:
    started_at, finished_at = times
    if feed is None:
        store.keep_sightings(connection, origin.id, finished_at)
        return Poll(origin.id, started_at, finished_at, PollOutcome.UNCHANGED)
    listed, new = store.store_articles(connection, origin, feed.articles, finished_at)
    return Poll(origin.id, started_at, finished_at, PollOutcome.OK, listed, new)


def _read_from(feed: Feed, digest: str) -> dict[str, Any]:
    return {
        "title": feed.title,
        "language": feed.language,
        "content_hash": digest,
        "is_dated_order": is_dated_order(feed.articles),
    }


def is_dated_order(articles: Sequence[Article]) -> bool:
    """Whether the list is merely newest first, so that a place in it says nothing about importance."""
    dates = [each.published_at for each in articles if each.published_at]
    return all(newer >= older for newer, older in pairwise(dates))


def _pause(origin: Source, error: SourceError, interval: timedelta) -> timedelta:
    """Return the time until the next try: doubled for each failure in a row, or what the source asks for."""
    asked = error.retry_after if isinstance(error, AnswerError) else None
    doubled: timedelta = interval * 2 ** min(origin.failures, 8)
    return max(asked or timedelta(0), min(doubled, LONGEST_PAUSE))


def _fate(error: SourceError) -> dict[str, SourceState]:
    is_gone = isinstance(error, AnswerError) and error.answered == GONE
    return {"state": SourceState.GONE} if is_gone else {}
