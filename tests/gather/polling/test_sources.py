"""Sources and articles in the database: one row an article, for ever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.gather.article import Genre
from newsletter.gather.memory.store import store_articles
from newsletter.gather.polling.sources import (
    Poll,
    attach_source,
    detach_source,
    due_source_ids,
    genres_of,
    lease_source,
    list_sources,
    put_source,
    record_poll,
    source_ids_of,
    unpolled_source_ids,
)
from newsletter.gather.tables import PollOutcome, SourceKind, SourceState, article, poll, sighting, source
from newsletter.publication.newsletters import Newsletter
from tests.publication.newsroom import a_source, an_article, publish

HOUR = timedelta(hours=1)
FEED = "https://paper.example/feed"


def articles(connection: sa.Connection) -> list[sa.Row[Any]]:
    return list(connection.execute(sa.select(article).order_by(article.c.id)))


def sightings(connection: sa.Connection) -> set[tuple[int, str, int]]:
    columns = (sighting.c.source_id, sighting.c.guid, sighting.c.article_id)
    return {
        (source_id, guid, article_id) for source_id, guid, article_id in connection.execute(sa.select(*columns))
    }


def test_an_article_keeps_its_row_when_its_headline_changes(database: Database, noon: datetime) -> None:
    """Found again by its guid, it takes the new headline, address and counts."""
    with database.transaction() as connection:
        origin = a_source(connection)
        first = an_article(1, guid="g1", votes=3)
        again = an_article(
            1, guid="g1", title="Rewritten", url="https://paper.example/moved", votes=9, summary="More"
        )
        assert (1, 1) == publish(connection, origin, [first], noon)
        assert (1, 0) == publish(connection, origin, [again], noon + HOUR)
        (row,) = articles(connection)
    assert ("Rewritten", "https://paper.example/moved", 9, "More") == (row.title, row.url, row.votes, row.summary)
    assert (noon, noon + HOUR) == (row.first_seen_at, row.last_seen_at)


def test_the_first_date_stays(database: Database, noon: datetime) -> None:
    """A source that moves its dates along makes no old article new; a date given late is taken."""
    with database.transaction() as connection:
        origin = a_source(connection)
        publish(connection, origin, [an_article(1, published_at=noon - HOUR), an_article(2)], noon)
        publish(connection, origin, [an_article(number, published_at=noon) for number in (1, 2)], noon + HOUR)
        assert [noon - HOUR, noon] == [row.published_at for row in articles(connection)]
        publish(connection, origin, [an_article(1), an_article(2)], noon + HOUR)
        assert [noon - HOUR, noon] == [row.published_at for row in articles(connection)]


def test_one_address_in_two_sources_is_one_article(database: Database, noon: datetime) -> None:
    """Tracking marks, guids and sources may differ: the canonical address is the article."""
    with database.transaction() as connection:
        paper, wire = a_source(connection), a_source(connection, name="wire")
        url = "https://paper.example/1"
        assert (1, 1) == publish(connection, paper, [an_article(1, guid="a", url=url)], noon)
        tracked = an_article(1, guid="b", url=f"{url}?utm_source=wire", title="The wire's headline")
        assert (1, 0) == publish(connection, wire, [tracked], noon + HOUR)
        (row,) = articles(connection)
        assert {(paper.id, "a", row.id), (wire.id, "b", row.id)} == sightings(connection)
    assert ("Headline1", url, noon) == (row.title, row.url, row.first_seen_at)


def test_two_guids_for_one_address_are_one_article(database: Database, noon: datetime) -> None:
    """A source that lists an article twice has given one new article."""
    with database.transaction() as connection:
        origin = a_source(connection)
        assert (2, 1) == publish(connection, origin, [an_article(1, guid="a"), an_article(1, guid="b")], noon)
        assert (2, 0) == publish(
            connection, origin, [an_article(1, guid="a"), an_article(1, guid="b")], noon + HOUR
        )
        assert 1 == len(articles(connection))


def test_an_empty_list_is_no_fault(database: Database, noon: datetime) -> None:
    """A source may have nothing today."""
    with database.transaction() as connection:
        assert (0, 0) == publish(connection, a_source(connection), [], noon)


def test_sources_that_list_the_same_do_not_wait_in_a_circle(database: Database, noon: datetime) -> None:
    """Polled at once, again and again, in opposite orders, neither of two sources is turned away."""
    numbers = range(60)
    with database.transaction() as connection:
        origins = [a_source(connection, name=name) for name in ("paper", "wire")]
        for origin in origins:
            publish(connection, origin, [an_article(number) for number in numbers], noon)
    together = Barrier(2, timeout=30)  # the one is not to wait for ever where the other was turned away

    def poll_often(number: int) -> None:
        order = numbers if number else reversed(numbers)
        listed = [an_article(each) for each in order]
        for _ in range(8):
            together.wait()
            with database.transaction() as connection:
                store_articles(connection, origins[number], listed, noon + HOUR)

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(poll_often, number) for number in range(2)]:
            each.result()
    with database.transaction() as connection:
        assert {noon + HOUR} == {row.last_seen_at for row in articles(connection)}


def test_a_source_is_put_once(database: Database) -> None:
    """The same address is the same source, of the genre that it was first given."""
    with database.transaction() as connection:
        first = put_source(connection, FEED, SourceKind.FEED, Genre.NEWS)
        assert first == put_source(connection, FEED, SourceKind.FEED, Genre.BLOG)
        (stored,) = list_sources(connection, [first])
    assert (FEED, SourceKind.FEED, Genre.NEWS, 0) == (stored.url, stored.kind, stored.genre, stored.failures)


def test_a_newsletter_has_its_own_word_on_a_source(database: Database, daily: Newsletter) -> None:
    """Attached without a genre it has the source's and keeps what it has; with one it has that one."""
    with database.transaction() as connection:
        source_id = put_source(connection, FEED, SourceKind.FEED, Genre.BLOG)
        seen = []
        for genre in (None, Genre.NEWS, None, Genre.BLOG):
            attach_source(connection, daily.id, source_id, genre)
            seen.append(genres_of(connection, daily.id))
    assert [{source_id: each} for each in (Genre.BLOG, Genre.NEWS, Genre.NEWS, Genre.BLOG)] == seen


def test_putting_a_source_that_was_gone_brings_it_back(database: Database, noon: datetime) -> None:
    """Who names a source again wants it polled again."""
    with database.transaction() as connection:
        origin = a_source(connection)
        connection.execute(sa.update(source).values(state=SourceState.GONE))
        assert lease_source(connection, origin.id, noon + HOUR, noon) is None
        a_source(connection)
        assert lease_source(connection, origin.id, noon + HOUR, noon)


def test_a_newsletter_has_its_own_sources(database: Database, daily: Newsletter, noon: datetime) -> None:
    """Attaching twice is attaching once; what is detached keeps its articles."""
    with database.transaction() as connection:
        paper, wire = a_source(connection, daily.id), a_source(connection, daily.id, name="wire")
        attach_source(connection, daily.id, paper.id)
        publish(connection, paper, [an_article(1)], noon)
        assert [paper.id, wire.id] == source_ids_of(connection, daily.id)
        detach_source(connection, daily.id, paper.id)
        assert [wire.id] == source_ids_of(connection, daily.id)
        assert 1 == len(articles(connection))


def test_a_source_is_leased_to_one_task(database: Database, noon: datetime) -> None:
    """A second task is kept out until the lease is over, and then let in."""
    with database.transaction() as connection:
        origin = a_source(connection)
        assert lease_source(connection, origin.id, noon + HOUR, noon)
        assert lease_source(connection, origin.id, noon + 2 * HOUR, noon + HOUR) is None
        assert lease_source(connection, origin.id, noon + 3 * HOUR, noon + HOUR + timedelta(seconds=1))
        assert lease_source(connection, 99, noon + HOUR, noon) is None


def test_of_many_tasks_one_gets_the_lease(database: Database, noon: datetime) -> None:
    """Six rings in the same moment are one poll."""
    with database.transaction() as connection:
        origin = a_source(connection)
    together = Barrier(6)

    def lease(_: int) -> bool:
        together.wait()
        with database.transaction() as connection:
            return lease_source(connection, origin.id, noon + HOUR, noon) is not None

    with ThreadPoolExecutor(6) as pool:
        assert 1 == sum(pool.map(lease, range(6)))


def test_a_poll_is_written_down(database: Database, noon: datetime) -> None:
    """Every poll has its row, and the source shows the last one."""
    done = Poll(1, noon, noon + timedelta(seconds=2), PollOutcome.OK, 9, 4)
    with database.transaction() as connection:
        origin = a_source(connection)
        lease_source(connection, origin.id, noon + HOUR, noon)
        record_poll(connection, done, HOUR, etag='"1"', title="The Paper")
        (stored,) = list_sources(connection, [origin.id])
        row = connection.execute(sa.select(poll)).one()
        # The lease is given back.
        assert lease_source(connection, origin.id, noon + HOUR, noon)
    assert (done.finished_at, done.finished_at, '"1"', "The Paper") == (
        stored.polled_at,
        stored.succeeded_at,
        stored.etag,
        stored.title,
    )
    assert ("ok", 9, 4) == (row.outcome, row.articles, row.new_articles)


def test_failures_are_counted_until_one_success(database: Database, noon: datetime) -> None:
    """The source's health says how often in a row and why; success clears both and a failure no success."""
    with database.transaction() as connection:
        origin = a_source(connection)
        for _ in range(2):
            record_poll(connection, Poll(origin.id, noon, noon, PollOutcome.FAILED, error="No answer."), HOUR)
        (failing,) = list_sources(connection, [origin.id])
        assert (2, "No answer.", noon, None) == (
            failing.failures,
            failing.last_error,
            failing.polled_at,
            failing.succeeded_at,
        )
        record_poll(connection, Poll(origin.id, noon, noon, PollOutcome.UNCHANGED), HOUR)
        (well,) = list_sources(connection, [origin.id])
    assert (0, "", noon) == (well.failures, well.last_error, well.succeeded_at)


def test_a_source_is_due_when_its_time_has_come(database: Database, daily: Newsletter, noon: datetime) -> None:
    """Only the newsletters' living sources are polled by the timetable, the most overdue first."""
    with database.transaction() as connection:
        early, late, gone, later = (
            a_source(connection, daily.id, name) for name in ("early", "late", "gone", "later")
        )
        nobodys = a_source(connection, name="nobodys")
        times = {early: -2 * HOUR, late: timedelta(0), gone: -HOUR, later: HOUR, nobodys: -HOUR}
        for origin, ago in times.items():
            connection.execute(sa.update(source).where(source.c.id == origin.id).values(next_poll_at=noon + ago))
        connection.execute(sa.update(source).where(source.c.id == gone.id).values(state=SourceState.GONE))
        assert [early.id, late.id] == due_source_ids(connection, noon)


@pytest.mark.parametrize(
    ("owes", "polled", "state"),
    [
        (True, None, SourceState.ACTIVE),
        (True, -HOUR, SourceState.ACTIVE),
        (False, timedelta(0), SourceState.ACTIVE),
        (False, None, SourceState.GONE),
    ],
)
def test_an_edition_waits_for_sources_not_polled_since(
    database: Database, noon: datetime, owes: bool, polled: timedelta | None, state: SourceState
) -> None:
    """A source owes a poll until it has had one since the given moment; one that is gone owes none."""
    with database.transaction() as connection:
        origin = a_source(connection)
        connection.execute(
            sa.update(source).values(polled_at=None if polled is None else noon + polled, state=state)
        )
        assert owes == (unpolled_source_ids(connection, [origin.id], noon) == [origin.id])
        assert [] == unpolled_source_ids(connection, [], noon)
