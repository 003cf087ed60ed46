"""One poll of one source, over a real connection and into the real database."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from newsletter.db import Database
from newsletter.gather.article import Genre
from newsletter.gather.network import FetchPolicy
from newsletter.gather.poll import LONGEST_PAUSE, PollManners, is_dated_order, poll_source
from newsletter.gather.sources import Poll, lease_source, list_sources, put_source
from newsletter.gather.tables import PollOutcome, SourceKind, SourceState, article, poll, sighting, source
from tests.gather.web import Route, Server, Visit
from tests.publication.newsroom import an_article

INTERVAL = timedelta(minutes=20)


def rss(*numbers: int, title: str = "The Paper") -> bytes:
    items = "".join(
        f"<item><title>Headline{number}</title><link>https://paper.example/{number}</link></item>"
        for number in numbers
    )
    return f"<rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>".encode()


class Desk:
    """Polls one source whenever it is told to, at the moment it is told."""

    def __init__(
        self, database: Database, url: str, policy: FetchPolicy, kind: SourceKind = SourceKind.FEED
    ) -> None:
        self.database, self.manners = database, PollManners(policy, INTERVAL)
        with database.transaction() as connection:
            self.id = put_source(connection, url, kind, Genre.NEWS)

    def poll(self, at: datetime) -> Poll | None:
        return poll_source(self.database, self.id, self.manners, lambda: at)

    def done(self, at: datetime) -> Poll:
        done = self.poll(at)
        assert done
        return done

    @property
    def row(self) -> sa.Row[Any]:
        with self.database.transaction() as connection:
            return connection.execute(sa.select(source).where(source.c.id == self.id)).one()

    def all(self, column: sa.Column[Any]) -> list[Any]:
        with self.database.transaction() as connection:
            return list(connection.execute(sa.select(column).order_by(column)).scalars())


Serve = Callable[[Route], Desk]


@pytest.fixture
def serve(database: Database, server: Server, policy: FetchPolicy) -> Serve:
    """Give a function that serves a feed by a route and returns the desk that polls it."""
    return lambda route: Desk(database, server.serve("/feed", route), policy)


def test_a_poll_stores_what_the_source_lists(serve: Serve, noon: datetime) -> None:
    """Articles, the source's own title and the poll are all written down."""
    desk = serve(lambda visit: visit.answer(200, rss(1, 2), ETag='"1"', Last_Modified="then"))
    assert Poll(desk.id, noon, noon, PollOutcome.OK, 2, 2) == desk.poll(noon)
    assert ["Headline1", "Headline2"] == desk.all(article.c.title)
    row = desk.row
    assert ("The Paper", '"1"', "then", noon, 0) == (
        row.title,
        row.etag,
        row.last_modified,
        row.polled_at,
        row.failures,
    )
    assert (noon + INTERVAL, None) == (row.next_poll_at, row.lease_until)


def test_a_source_that_says_nothing_changed_is_believed(serve: Serve, server: Server, noon: datetime) -> None:
    """The second time it is asked with its validators, and what it listed is listed still."""

    def answer(visit: Visit) -> None:
        is_known = visit.headers["If-None-Match"] == '"1"'
        visit.answer(304) if is_known else visit.answer(200, rss(1), ETag='"1"')

    desk = serve(answer)
    desk.poll(noon)
    later = noon + INTERVAL
    assert PollOutcome.UNCHANGED is desk.done(later).outcome
    assert [later] == desk.all(sighting.c.last_seen_at)
    assert ('"1"', later) == (desk.row.etag, desk.row.succeeded_at)


def test_the_same_bytes_are_unchanged_too(serve: Serve, noon: datetime) -> None:
    """A source without validators is not read twice over for the same content."""
    desk = serve(lambda visit: visit.answer(200, rss(1)))
    assert PollOutcome.OK is desk.done(noon).outcome
    later = noon + INTERVAL
    assert PollOutcome.UNCHANGED is desk.done(later).outcome
    assert [later] == desk.all(sighting.c.last_seen_at)


def test_new_bytes_are_read(serve: Serve, noon: datetime) -> None:
    """One more article is one new article."""
    lists = iter([rss(1), rss(2, 1)])
    desk = serve(lambda visit: visit.answer(200, next(lists)))
    desk.poll(noon)
    done = desk.done(noon + INTERVAL)
    assert (PollOutcome.OK, 2, 1) == (done.outcome, done.articles, done.new_articles)


@pytest.mark.parametrize(
    ("status", "content", "says"),
    [
        (200, b"", "empty"),
        (200, b"<html><body>Soon</body></html>", "web page"),
        (200, b"{", "no feed"),
        (404, b"", "404"),
        (500, b"", "500"),
        (304, b"", "304"),
    ],
)
def test_a_source_that_fails_is_recorded(
    serve: Serve, noon: datetime, status: int, content: bytes, says: str
) -> None:
    """Whatever came instead of a feed, the source's row and the poll say so, and nothing is raised."""
    desk = serve(lambda visit: visit.answer(status, content))
    done = desk.done(noon)
    assert PollOutcome.FAILED is done.outcome
    assert says in done.error
    row = desk.row
    assert (1, done.error, noon, None) == (row.failures, row.last_error, row.polled_at, row.succeeded_at)
    assert (SourceState.ACTIVE, None) == (row.state, row.lease_until)
    assert [done.error] == desk.all(poll.c.error)


def test_a_source_that_cannot_be_reached_is_recorded(
    database: Database, policy: FetchPolicy, noon: datetime
) -> None:
    """A closed door is a failure like any other, and names the host."""
    done = Desk(database, "http://127.0.0.1:1/feed", policy).done(noon)
    assert PollOutcome.FAILED is done.outcome
    assert "127.0.0.1" in done.error


def test_our_own_network_is_out_of_bounds(serve: Serve, server: Server, noon: datetime) -> None:
    """Unless the operator allows it, a source on a private address is not even asked."""
    desk = serve(lambda visit: visit.answer(200, rss(1)))
    desk.manners = replace(desk.manners, policy=replace(desk.manners.policy, allow_private=False))
    assert PollOutcome.FAILED is desk.done(noon).outcome
    assert [] == server.visits


def test_pauses_double_up_to_a_limit(serve: Serve, noon: datetime) -> None:
    """Each failure in a row doubles the wait, no wait is longer than the longest, and success ends it."""
    answers = [500] * 8 + [200]
    desk = serve(lambda visit: visit.answer(answers.pop(0), rss(1)))
    pauses, at = [], noon
    for _ in range(9):
        desk.poll(at)
        pauses.append(desk.row.next_poll_at - at)
        at = desk.row.next_poll_at
    assert INTERVAL == pauses[0]
    assert all(later == min(2 * earlier, LONGEST_PAUSE) for earlier, later in pairwise(pauses[:8]))
    assert (LONGEST_PAUSE, INTERVAL) == (pauses[7], pauses[8])


@pytest.mark.parametrize(("asked", "pause"), [("7200", timedelta(hours=2)), ("5", INTERVAL), ("soon", INTERVAL)])
def test_a_source_may_ask_to_wait_longer(serve: Serve, noon: datetime, asked: str, pause: timedelta) -> None:
    """Retry-After makes the pause longer and never shorter."""
    desk = serve(lambda visit: visit.answer(429, Retry_After=asked))
    desk.poll(noon)
    assert noon + pause == desk.row.next_poll_at


def test_a_source_that_is_gone_is_asked_no_more(serve: Serve, server: Server, noon: datetime) -> None:
    """410 ends the polling."""
    desk = serve(lambda visit: visit.answer(410))
    assert PollOutcome.FAILED is desk.done(noon).outcome
    assert SourceState.GONE == desk.row.state
    assert desk.poll(noon + timedelta(days=9)) is None
    assert 1 == len(server.visits)


def test_a_second_task_stays_out(serve: Serve, server: Server, noon: datetime) -> None:
    """While one task has the source another does nothing; a task that died loses it after a while."""
    desk = serve(lambda visit: visit.answer(200, rss(1)))
    with desk.database.transaction() as connection:
        lease_source(connection, desk.id, noon + timedelta(seconds=40), noon)
    assert desk.poll(noon + timedelta(seconds=39)) is None
    assert [] == server.visits
    assert desk.poll(noon + timedelta(seconds=41))


def test_the_source_is_taken_while_it_is_asked(serve: Serve, noon: datetime) -> None:
    """A ring in the middle of a slow answer starts no second poll."""
    seconds = []

    def answer(visit: Visit) -> None:
        seconds.append(desk.poll(noon))
        visit.answer(200, rss(1))

    desk = serve(answer)
    assert PollOutcome.OK is desk.done(noon).outcome
    assert [None] == seconds


def test_an_unknown_source_is_nothing_to_poll(serve: Serve, noon: datetime) -> None:
    """A bell for a source that was removed rings in vain."""
    desk = serve(lambda visit: visit.answer(200, rss(1)))
    desk.id = 99
    assert desk.poll(noon) is None


def test_a_charset_told_outside_the_feed_is_heard(serve: Serve, noon: datetime) -> None:
    """A feed in an old encoding that only the HTTP header names is read rightly."""
    content = "<rss version='2.0'><channel><title>Порт</title></channel></rss>".encode("windows-1251")
    desk = serve(lambda visit: visit.answer(200, content, Content_Type="text/xml; charset=windows-1251"))
    desk.poll(noon)
    assert "Порт" == desk.row.title


@pytest.mark.parametrize("hostile", ["\\u0000", "\\ud800", "\\udfff\\ud800", "\\uffff"])
def test_what_the_database_cannot_hold_does_not_stop_a_poll(serve: Serve, noon: datetime, hostile: str) -> None:
    """NUL and lone surrogates in a feed neither fail the poll nor reach a row."""
    item = {"id": "x@", "url": "https://paper.example/1", "title": "One@", "summary": "@"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Paper@", "items": [item]}
    content = json.dumps(feed).replace("@", hostile)
    desk = serve(lambda visit: visit.answer(200, content.encode()))
    assert PollOutcome.OK is desk.done(noon).outcome
    (title,) = desk.all(article.c.title)
    assert title.startswith("One")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_is_a_source(
    database: Database, policy: FetchPolicy, noon: datetime, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    """A file named on the command line is polled like a feed, plain or packed, whatever its name."""
    file = tmp_path / "a feed #1 ü.xml"
    file.write_bytes(pack(rss(1)))
    desk = Desk(database, file.as_uri(), policy, SourceKind.FILE)
    done = desk.done(noon)
    assert (PollOutcome.OK, 1) == (done.outcome, done.articles)
    file.write_bytes(b"")
    assert PollOutcome.FAILED is desk.done(noon).outcome
    file.unlink()
    assert "cannot be read" in desk.done(noon).error


def test_a_failure_keeps_what_was_learned_before(serve: Serve, noon: datetime) -> None:
    """Validators, title and articles of a source outlive its bad days."""
    answers = iter([(200, rss(1)), (500, b"")])

    def answer(visit: Visit) -> None:
        status, content = next(answers)
        visit.answer(status, content, ETag='"1"')

    desk = serve(answer)
    desk.poll(noon)
    desk.poll(noon + INTERVAL)
    with desk.database.transaction() as connection:
        (stored,) = list_sources(connection, [desk.id])
    assert ("The Paper", '"1"', 1, noon) == (stored.title, stored.etag, stored.failures, stored.succeeded_at)
    assert 1 == len(desk.all(article.c.id))


@given(st.lists(st.none() | st.integers(0, 5), max_size=8))
def test_a_list_by_date_is_told_from_one_by_importance(hours: list[int | None]) -> None:
    """Newest first among what is dated is a list by date; one step the other way makes it a newsroom's own."""
    moment = datetime.fromisoformat("2026-03-02T12:00:00Z")
    listed = [
        an_article(number, published_at=None if ago is None else moment - timedelta(hours=ago))
        for number, ago in enumerate(hours)
    ]
    dated = [ago for ago in hours if ago is not None]
    assert (sorted(dated) == dated) == is_dated_order(listed)
