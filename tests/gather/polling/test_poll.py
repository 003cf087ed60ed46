"""One poll of one source, over a real connection and into the real database."""

import gzip
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from newsletter.db import Database
from newsletter.gather.article import Genre
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.polling.interval import LONGEST_PAUSE
from newsletter.gather.polling.poll import PollManners, poll_source
from newsletter.gather.polling.settle import LOST, is_dated_order
from newsletter.gather.polling.sources import (
    Poll,
    attach_source,
    lease_source,
    list_sources,
    put_source,
    unpolled_source_ids,
)
from newsletter.gather.tables import PollOutcome, SourceKind, SourceState, article, poll, sighting, source
from newsletter.publication.calendar import next_cut_off
from newsletter.publication.newsletters import Newsletter, change_newsletter
from tests.gather.web import Route, Server, Visit
from tests.publication.newsroom import an_article

INTERVAL = timedelta(minutes=20)
HOUR = timedelta(hours=1)


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
        self.database, self.manners = database, PollManners(policy, INTERVAL, roll=lambda: 0.5)
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


def dated(*hours_ago: float, at: datetime, head: str = "") -> bytes:
    """Return a feed whose articles appeared so many hours before a moment."""
    items = "".join(
        f"<item><title>Headline{number}</title><link>https://paper.example/{number}</link>"
        f"<pubDate>{format_datetime(date)}</pubDate></item>"
        for ago in hours_ago
        for date in [at - ago * HOUR]
        for number in [round(date.timestamp())]
    )
    return f"<rss version='2.0'><channel><title>The Paper</title>{head}{items}</channel></rss>".encode()


def test_a_source_is_asked_at_its_own_pace(serve: Serve, noon: datetime) -> None:
    """An article an hour, eight of them: asked again after two hours at most, and after a quarter of eight."""
    desk = serve(lambda visit: visit.answer(200, dated(*range(9), at=noon)))
    desk.poll(noon)
    assert (7_200, noon + 2 * HOUR) == (desk.row.interval_seconds, desk.row.next_poll_at)
    assert (noon - 8 * HOUR, None) == (desk.row.covers_since_at, desk.row.lost_at)
    # The same bytes again: what is known of its pace holds.
    desk.poll(noon + 2 * HOUR)
    assert noon + 4 * HOUR == desk.row.next_poll_at


def test_a_source_is_asked_more_often_before_the_cut_off(serve: Serve, daily: Newsletter, noon: datetime) -> None:
    """In the hour before an edition of a newsletter that uses it the interval is halved, and not for others."""
    desk = serve(lambda visit: visit.answer(200, rss(1)))
    cutoff = next_cut_off(daily, noon)
    desk.poll(cutoff - HOUR)
    assert cutoff - HOUR + INTERVAL == desk.row.next_poll_at
    with desk.database.transaction() as connection:
        attach_source(connection, daily.id, desk.id)
    desk.poll(cutoff - HOUR)
    assert cutoff - HOUR + INTERVAL / 2 == desk.row.next_poll_at
    with desk.database.transaction() as connection:
        change_newsletter(connection, "daily", {"scheduled": "no"})
    desk.poll(cutoff - HOUR)
    assert cutoff - HOUR + INTERVAL == desk.row.next_poll_at


@pytest.mark.parametrize(
    ("head", "headers", "wait"),
    [
        ("<ttl>90</ttl>", {}, 1.5 * HOUR),
        ("<ttl>90</ttl>", {"Cache_Control": "public, max-age=7200", "Age": "0"}, 2 * HOUR),
        ("", {"Cache_Control": "max-age=99999999"}, 6 * HOUR),
        ("", {"Cache_Control": "max-age=7200, no-cache"}, INTERVAL),
        ("<skipHours><hour>12</hour><hour>13</hour></skipHours>", {}, 2 * HOUR),
        ("<skipDays><day>Monday</day></skipDays>", {}, 6 * HOUR),
    ],
)
def test_a_source_is_left_alone_as_long_as_it_asks(
    serve: Serve, noon: datetime, head: str, headers: dict[str, str], wait: timedelta
) -> None:
    """What the feed and its server say is kept to, from an answer that has nothing new as well."""

    def answer(visit: Visit) -> None:
        is_known = visit.headers["If-None-Match"] == '"1"'
        content = b"" if is_known else dated(at=noon, head=head)
        visit.answer(304 if is_known else 200, content, ETag='"1"', **headers)

    desk = serve(answer)
    for outcome in (PollOutcome.OK, PollOutcome.UNCHANGED):
        assert outcome is desk.done(noon).outcome
        assert noon + wait == desk.row.next_poll_at


def test_articles_that_may_be_lost_are_told(serve: Serve, noon: datetime) -> None:
    """A short list that is all newer than the last poll has let something fall; one that reaches back has not."""
    later = noon + 5 * HOUR
    lists = iter([dated(0, 1, 2, at=noon), dated(0, 5, at=later), dated(0, 1, at=later + 5 * HOUR)])
    desk = serve(lambda visit: visit.answer(200, next(lists)))
    assert ["", "", LOST] == [desk.done(at).note.rstrip(".") for at in (noon, later, later + 5 * HOUR)]
    assert (later + 5 * HOUR, later + 4 * HOUR) == (desk.row.lost_at, desk.row.covers_since_at)


def test_a_first_article_means_no_loss(serve: Serve, noon: datetime) -> None:
    """A source that listed nothing before has lost nothing."""
    lists = iter([rss(), dated(0, at=noon + HOUR)])
    desk = serve(lambda visit: visit.answer(200, next(lists)))
    assert ["", ""] == [desk.done(at).note for at in (noon, noon + HOUR)]


def test_a_source_that_moved_is_believed_the_third_time(serve: Serve, server: Server, noon: datetime) -> None:
    """Three answers in a row that name one new address move it; one that does not begins the count again."""
    places = iter(["/new", "/new", "/feed", "/new", "/new", "/new", "/new"])

    def served(visit: Visit) -> None:
        visit.answer(200, rss(1))

    new = server.serve("/new", served)

    def answer(visit: Visit) -> None:
        place = next(places)
        served(visit) if place == "/feed" else visit.answer(301, Location=place)

    desk = serve(answer)
    old, seen = desk.row.url, []
    for number in range(6):
        desk.poll(noon + number * INTERVAL)
        seen.append((desk.row.url, desk.row.moved_times))
    assert [(old, 1), (old, 2), (old, 0), (old, 1), (old, 2), (new, 0)] == seen
    desk.poll(noon + 9 * INTERVAL)
    assert "/new" == server.visits[-1]
    assert "/new" == next(places)


def test_a_source_does_not_move_onto_another(serve: Serve, server: Server, noon: datetime) -> None:
    """Where both have one address from now on, each keeps its own and its articles."""
    new = server.serve("/new", lambda visit: visit.answer(200, rss(1)))
    desk = serve(lambda visit: visit.answer(308, Location="/new"))
    with desk.database.transaction() as connection:
        put_source(connection, new, SourceKind.FEED)
    for number in range(4):
        assert desk.done(noon + number * INTERVAL).outcome is not PollOutcome.FAILED
    assert (server.origin + "/feed", new, 4) == (desk.row.url, desk.row.moved_to, desk.row.moved_times)


def test_an_archive_is_held(serve: Serve, noon: datetime) -> None:
    """Articles that all bear one date are stored, and chosen by nobody until an editor lets them go."""
    alike = "".join(
        f"<item><title>Headline{number}</title><link>https://paper.example/a{number}</link>"
        f"<pubDate>{format_datetime(noon - HOUR / 7)}</pubDate></item>"
        for number in range(5)
    )
    archive = f"<rss version='2.0'><channel><title>The Paper</title>{alike}</channel></rss>".encode()
    lists = iter([dated(1, 2, at=noon), archive])
    desk = serve(lambda visit: visit.answer(200, next(lists)))
    assert "" == desk.done(noon).note
    done = desk.done(noon + INTERVAL)
    assert "All 5 new articles bear the date 2026-03-02 11:51:25 UTC: they look like an import" in done.note
    assert (2 * [False]) + (5 * [True]) == desk.all(article.c.is_held)
    assert [done.note] == [note for note in desk.all(poll.c.note) if note]


def test_a_page_is_read_only_where_its_site_allows(
    database: Database, server: Server, policy: FetchPolicy, noon: datetime
) -> None:
    """robots.txt is asked for a page, and not for a feed."""
    server.serve("/robots.txt", lambda visit: visit.answer(200, b"User-agent: *\nDisallow: /news"))
    listed = b"<main><h2><a href='/a'>A headline of some words</a></h2></main>"
    pages = {
        path: Desk(database, server.serve(path, lambda visit: visit.answer(200, listed)), policy, SourceKind.PAGE)
        for path in ("/news", "/sport")
    }
    refused = pages["/news"].done(noon)
    assert (PollOutcome.FAILED, True) == (refused.outcome, "robots.txt" in refused.error)
    assert PollOutcome.OK is pages["/sport"].done(noon).outcome
    feed = Desk(database, server.serve("/news/feed", lambda visit: visit.answer(200, rss(1))), policy)
    assert PollOutcome.OK is feed.done(noon).outcome
    assert ["/robots.txt", "/robots.txt", "/sport", "/news/feed"] == server.visits


def test_sources_of_one_host_are_asked_in_turn(
    database: Database, server: Server, policy: FetchPolicy, noon: datetime
) -> None:
    """However many tasks poll at once, a host has one connection of ours at a time."""
    at_once, most = [], []

    def answer(visit: Visit) -> None:
        at_once.append(visit.path)
        most.append(len(at_once))
        visit.server.over.wait(0.05)
        at_once.pop()
        visit.answer(200, rss(1))

    desks = [Desk(database, server.serve(f"/{number}", answer), policy) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        polls = list(pool.map(lambda desk: desk.done(noon), desks))
    assert 4 * [1] == most
    assert {PollOutcome.OK} == {each.outcome for each in polls}


def test_a_host_that_stays_busy_is_left_for_another_time(serve: Serve, server: Server, noon: datetime) -> None:
    """A task waits for its turn as long as one answer may take, and then gives up without a failure."""
    desk = serve(lambda visit: visit.answer(200, rss(1)))
    short = replace(desk.manners.policy, timeout=timedelta(seconds=0.3))
    other = Desk(desk.database, server.serve("/other", lambda visit: visit.answer(200, rss(1))), short)
    with desk.database.transaction() as connection:
        lease_source(connection, desk.id, noon + HOUR, noon)
    assert other.poll(noon) is None
    assert (0, []) == (other.row.failures, server.visits)
    assert other.poll(noon + 2 * HOUR)


def test_a_source_that_pushes_is_not_asked(database: Database, policy: FetchPolicy, noon: datetime) -> None:
    """Nobody waits for a poll of it either."""
    desk = Desk(database, "push:desk", policy, SourceKind.PUSH)
    assert desk.poll(noon) is None
    with database.transaction() as connection:
        assert [] == unpolled_source_ids(connection, [desk.id], noon)


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


def test_an_answer_that_no_row_can_hold_is_a_failure(
    serve: Serve, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its source waits like any other that fails, and says why."""

    def refuse(*_: object) -> None:
        raise sa.exc.DataError("", {}, ValueError("a NUL"))

    desk = serve(lambda visit: visit.answer(200, rss(1)))
    with monkeypatch.context() as broken:
        broken.setattr("newsletter.gather.memory.store.store_articles", refuse)
        assert PollOutcome.FAILED is desk.done(noon).outcome
    assert ("Its answer cannot be stored (ValueError). Report it with its address.", None) == (
        desk.row.last_error,
        desk.row.lease_until,
    )
    assert PollOutcome.OK is desk.done(noon + HOUR).outcome
