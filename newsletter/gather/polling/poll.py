"""One poll of one source: lease it, fetch, read, store. A source that fails stops nothing but itself."""

import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from newsletter import log
from newsletter.db import Database
from newsletter.errors import SourceError
from newsletter.gather.formats.reading import accepted, read_source, request_url
from newsletter.gather.http.fetch import AnswerError, Fetched, Validators, fetch, read_file
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.http.robots import Robots
from newsletter.gather.polling import sources
from newsletter.gather.polling.interval import pause_after
from newsletter.gather.polling.settle import Answer, settle
from newsletter.gather.polling.sources import Poll, Source
from newsletter.gather.tables import PollOutcome, SourceKind, SourceState

_log = log.get("gather")

GONE = 410
_CONDITIONAL = {SourceKind.FEED, SourceKind.SITEMAP, SourceKind.PAGE}
"""What is one document and changes as one. Other programs' interfaces put an answer together from many things, and
their validators seldom cover all of these; the same bytes are still not read twice."""
_TURN = 0.1
"""Seconds between two looks whether a host is free."""


@dataclass(frozen=True, slots=True)
class PollManners:
    """How sources are polled: the limits of one fetch, and the time between two where a source's pace is unknown.

    ``robots`` are the rules of the sites met lately, kept by the process; without them they are asked anew each
    time. ``roll`` gives a number from 0 to 1 by chance.
    """

    policy: FetchPolicy
    interval: timedelta
    robots: Robots | None = None
    roll: Callable[[], float] = random.random

    def rules(self, clock: Callable[[], datetime]) -> Robots:
        """Return what sites let us read."""
        return self.robots or Robots(self.policy, clock)


def poll_source(
    database: Database, source_id: int, manners: PollManners, clock: Callable[[], datetime]
) -> Poll | None:
    """Poll one source and record how it went; None when another task is at it or the source is not to be polled.

    Blocks while another source of the same host is polled, for at most the policy's timeout, and then for as long
    at most for the answer.
    """
    origin = _take(database, source_id, manners.policy, clock)
    if origin is None:
        return None
    started_at = clock()
    try:
        answer = _ask(origin, manners, clock)
    except SourceError as error:
        return _fail(database, origin, error, manners, (started_at, clock()))
    try:
        with database.transaction() as connection:
            done = settle(connection, answer, manners.interval, (started_at, clock()))
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        # One answer that no row can hold must not have its source asked again at once, and for ever.
        why = SourceError(
            f"Its answer cannot be stored ({type(error.orig).__name__}).", "Report it with its address."
        )
        return _fail(database, origin, why, manners, (started_at, clock()))
    _log.info("source_polled", source_id=origin.id, outcome=done.outcome, new_articles=done.new_articles)
    return done


def _take(database: Database, source_id: int, policy: FetchPolicy, clock: Callable[[], datetime]) -> Source | None:
    """Lease a source, in its host's turn; None where that is another task's or does not come."""
    gives_up_at = time.monotonic() + policy.timeout.total_seconds()
    while True:
        now = clock()
        with database.transaction() as connection:
            if not sources.is_host_busy(connection, source_id, now):
                return sources.lease_source(connection, source_id, now + 2 * policy.timeout, now)
        if time.monotonic() >= gives_up_at:
            return None
        time.sleep(_TURN)


def _ask(origin: Source, manners: PollManners, clock: Callable[[], datetime]) -> Answer:
    fetched = _fetch(origin, manners, clock)
    digest = hashlib.sha256(fetched.content).hexdigest()
    is_unchanged = fetched.not_modified or digest == origin.content_hash
    return Answer(origin, fetched, None if is_unchanged else read_source(origin, fetched), digest)


def _fetch(origin: Source, manners: PollManners, clock: Callable[[], datetime]) -> Fetched:
    if origin.kind is SourceKind.FILE:
        path = Path(unquote(urlsplit(origin.url).path))
        content = read_file(path, manners.policy.max_bytes)
        return Fetched(200, origin.url, content, "", Validators(), False, None, None)
    url = request_url(origin)
    if origin.kind is SourceKind.PAGE:
        manners.rules(clock).check(url)
    known = Validators(origin.etag, origin.last_modified) if origin.kind in _CONDITIONAL else None
    return fetch(url, manners.policy, known, accept=accepted(origin.kind))


def _fail(
    database: Database,
    origin: Source,
    error: SourceError,
    manners: PollManners,
    times: tuple[datetime, datetime],
) -> Poll:
    done = Poll(origin.id, *times, PollOutcome.FAILED, error=str(error))
    asked, is_gone = None, False
    if isinstance(error, AnswerError):
        asked, is_gone = error.retry_after, error.answered == GONE
    pause = pause_after(origin.failures, manners.interval, asked, manners.roll())
    fate = {"state": SourceState.GONE} if is_gone else {}
    with database.transaction() as connection:
        sources.record_poll(connection, done, pause, **fate)
    _log.warning("source_failed", source_id=origin.id, url=origin.url, error=str(error))
    return done
