"""What a source lists, stored: one row an article for ever, in a few statements."""

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.gather.article import Article, Form
from newsletter.gather.formats.draft import Draft, finished
from newsletter.gather.formats.feed import parse_feed
from newsletter.gather.memory.canonical import canonical_url
from newsletter.gather.memory.store import keep_sightings, store_articles
from newsletter.gather.polling.sources import Source, list_sources, put_source
from newsletter.gather.tables import SourceKind, article, sighting, source
from tests.captures import captured
from tests.publication.newsroom import a_source, an_article, publish

HOUR = timedelta(hours=1)
CAPTURES = ("T0424Z", "T0609Z", "T1020Z")


def rows(connection: sa.Connection) -> list[sa.Row[Any]]:
    return list(connection.execute(sa.select(article).order_by(article.c.id)))


def places(connection: sa.Connection) -> dict[str, list[int]]:
    return {row.guid: row.positions for row in connection.execute(sa.select(sighting))}


@contextmanager
def counted(connection: sa.Connection) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*what: Any) -> None:
        statements.append(what[2])

    sa.event.listen(connection, "before_cursor_execute", note)
    yield statements
    sa.event.remove(connection, "before_cursor_execute", note)


def test_an_article_under_a_new_address_keeps_its_row(database: Database, noon: datetime) -> None:
    """Found again by its slug or its moment, it takes the new headline and address and is not new."""
    moment = noon - HOUR + timedelta(seconds=7)
    before = [
        an_article(1, url="https://paper.example/world/ferry-sinks-off-harbour-town", title="Ferry sinks"),
        an_article(2, title="Minister quits", published_at=moment),
    ]
    after = [
        an_article(1, guid="a", url="https://paper.example/bay/ferry-sinks-off-harbour-town", title="Twelve dead"),
        an_article(
            2, guid="b", url="https://paper.example/x", title="Minister quits over budget", published_at=moment
        ),
    ]
    with database.transaction() as connection:
        origin = a_source(connection)
        assert (2, 2) == publish(connection, origin, before, noon)
        assert (2, 0) == publish(connection, origin, after, noon + HOUR)
        assert {(each.title, each.url) for each in after} == {(row.title, row.url) for row in rows(connection)}
        assert {"ferry-sinks-off-harbour-town", ""} == {row.slug for row in rows(connection)}


def test_a_list_may_repeat_a_headline(database: Database, noon: datetime) -> None:
    """A daily column, two counts, and two articles of one moment on one list are each their own."""
    listed = [
        an_article(1, title="The news in brief", published_at=noon - 25 * HOUR),
        an_article(2, title="The news in brief", published_at=noon - HOUR),
        an_article(3, title="Two militants arrested", published_at=noon - 2 * HOUR),
        an_article(4, title="Four militants arrested", published_at=noon - 2 * HOUR),
    ]
    with database.transaction() as connection:
        origin = a_source(connection)
        assert (4, 4) == publish(connection, origin, listed, noon)
        assert (4, 0) == publish(connection, origin, listed, noon + HOUR)


def test_a_copy_in_another_section_is_the_same(database: Database, noon: datetime) -> None:
    """One slug twice on one list is one article, worded by its better place."""
    listed = [
        an_article(1, url="https://paper.example/a/ferry-sinks-off-harbour-town", title="Ferry sinks"),
        an_article(2, url="https://paper.example/b/ferry-sinks-off-harbour-town", title="Ferry sank"),
    ]
    with database.transaction() as connection:
        origin = a_source(connection)
        assert (2, 1) == publish(connection, origin, listed, noon)
        assert (2, 0) == publish(connection, origin, listed, noon + HOUR)
        assert ["Ferry sinks"] == [row.title for row in rows(connection)]


def test_the_first_source_that_lists_it_words_it(database: Database, noon: datetime) -> None:
    """Another source changes no headline as long as the first still lists the article; counts come from all."""
    url = "https://paper.example/1"
    with database.transaction() as connection:
        paper, wire = a_source(connection), a_source(connection, name="wire")
        publish(connection, paper, [an_article(1, url=url, title="Paper")], noon)
        wired = an_article(1, guid="w", url=url, title="Wire", votes=3)
        for _ in range(2):
            publish(connection, wire, [wired], noon + HOUR)
            assert [("Paper", 3)] == [(row.title, row.votes) for row in rows(connection)]
        publish(connection, paper, [], noon + 2 * HOUR)
        publish(connection, wire, [wired], noon + 3 * HOUR)
        assert [("Wire", 3)] == [(row.title, row.votes) for row in rows(connection)]


def test_the_last_three_places_are_known(database: Database, noon: datetime) -> None:
    """Latest first; an answer without the article gives it no place, one unchanged gives it its place again."""
    one, two = an_article(1), an_article(2)
    with database.transaction() as connection:
        origin = a_source(connection)
        publish(connection, origin, [one, two], noon)
        assert {one.guid: [1], two.guid: [2]} == places(connection)
        publish(connection, origin, [replace(two, position=1)], noon + HOUR)
        assert {one.guid: [0, 1], two.guid: [1, 2]} == places(connection)
        keep_sightings(connection, origin.id, noon + 2 * HOUR)
        assert {one.guid: [0, 0, 1], two.guid: [1, 1, 2]} == places(connection)
        seen = {row.guid: row.last_seen_at for row in connection.execute(sa.select(sighting))}
        assert {one.guid: noon, two.guid: noon + 2 * HOUR} == seen
        publish(connection, origin, [replace(one, position=7)], noon + 3 * HOUR)
        assert {one.guid: [7, 0, 0], two.guid: [0, 1, 1]} == places(connection)


def test_what_a_source_says_is_kept(database: Database, noon: datetime) -> None:
    """Form, embargo, correction, credit, language and promotion come in with the article."""
    listed = an_article(
        1,
        title="قارب – مباشر",
        published_at=noon + 3 * HOUR,
        image_url="https://paper.example/i.jpg",
        image_alt="A boat (AFP photo)",
        correction="An earlier version named another boat.",
        is_featured=True,
    )
    with database.transaction() as connection:
        publish(connection, a_source(connection), [listed], noon)
        (row,) = rows(connection)
    assert (Form.LIVE, noon + 3 * HOUR, noon, True) == (
        row.form,
        row.embargo_ends_at,
        row.corrected_at,
        row.is_featured,
    )
    assert ("A boat", "AFP", "ar") == (row.image_alt, row.image_credit, row.language)


def test_a_correction_is_dated_once(database: Database, noon: datetime) -> None:
    """It stays as first dated until its words change, also where the source stops saying it."""
    with database.transaction() as connection:
        origin = a_source(connection)
        seen = []
        for hours, text in enumerate(["", "One boat.", "One boat.", "", "Two boats."]):
            publish(connection, origin, [an_article(1, correction=text)], noon + hours * HOUR)
            seen += [(row.correction, row.corrected_at) for row in rows(connection)]
    first, second = noon + HOUR, noon + 4 * HOUR
    assert [("", None), *[("One boat.", first)] * 3, ("Two boats.", second)] == seen


def test_an_embargo_may_be_moved_and_lifted(database: Database, noon: datetime) -> None:
    """A date that has not come yet follows the source; one that has come stays."""
    with database.transaction() as connection:
        origin = a_source(connection)
        seen = []
        for ahead in (3 * HOUR, 5 * HOUR, timedelta(minutes=30), 9 * HOUR):
            publish(connection, origin, [an_article(1, published_at=noon + ahead)], noon + HOUR)
            seen += [(row.published_at, row.embargo_ends_at) for row in rows(connection)]
    assert (noon + 3 * HOUR,) * 2 == seen[0]
    assert (noon + 5 * HOUR,) * 2 == seen[1]
    assert (noon + timedelta(minutes=30), None) == seen[2]
    assert noon + timedelta(minutes=30) == seen[3][0]


def test_only_its_own_source_takes_an_article_back(database: Database, noon: datetime) -> None:
    """A tombstone of another source is nothing; listed again, the article stands again."""
    url = "https://paper.example/1"
    gone = Article("", "", url, is_withdrawn=True)
    with database.transaction() as connection:
        paper, wire = a_source(connection), a_source(connection, name="wire")
        publish(connection, paper, [an_article(1)], noon)
        publish(connection, wire, [an_article(1)], noon)
        assert (0, 0) == publish(connection, wire, [gone, replace(gone, guid="unheard of")], noon + HOUR)
        assert [None] == [row.withdrawn_at for row in rows(connection)]
        assert (0, 0) == publish(connection, paper, [gone], noon + 2 * HOUR)
        (row,) = rows(connection)
        assert (noon + 2 * HOUR, "Headline1") == (row.withdrawn_at, row.title)
        assert row.withdrawn_why
        publish(connection, paper, [an_article(1)], noon + 3 * HOUR)
        assert [(None, "")] == [(row.withdrawn_at, row.withdrawn_why) for row in rows(connection)]


def test_silence_undoes_nothing(database: Database, noon: datetime) -> None:
    """What the page said stays where the source says nothing about it."""
    with database.transaction() as connection:
        origin = a_source(connection)
        publish(connection, origin, [an_article(1)], noon)
        connection.execute(sa.update(article).values(author="Jo Dahl", summary="It sank.", votes=7))
        publish(connection, origin, [an_article(1)], noon + HOUR)
        assert [("Jo Dahl", "It sank.", 7)] == [(row.author, row.summary, row.votes) for row in rows(connection)]


def test_another_image_has_another_caption(database: Database, noon: datetime) -> None:
    """What the page said about an image goes with the image."""
    with database.transaction() as connection:
        origin = a_source(connection)
        first = an_article(1, image_url="https://paper.example/a.jpg")
        publish(connection, origin, [first], noon)
        connection.execute(sa.update(article).values(image_alt="A boat", image_credit="AFP"))
        for image, caption in (("a.jpg", ("A boat", "AFP")), ("b.jpg", ("", ""))):
            publish(connection, origin, [replace(first, image_url=f"https://paper.example/{image}")], noon + HOUR)
            assert [caption] == [(row.image_alt, row.image_credit) for row in rows(connection)]


@pytest.mark.parametrize("reads_pages", [True, False])
def test_a_new_articles_page_is_due_where_pages_are_read(
    database: Database, noon: datetime, reads_pages: bool
) -> None:
    """At once and only once."""
    with database.transaction() as connection:
        origin = a_source(connection)
        connection.execute(sa.update(source).values(reads_pages=reads_pages))
        publish(connection, origin, [an_article(1)], noon)
        publish(connection, origin, [an_article(1)], noon + HOUR)
        assert [noon if reads_pages else None] == [row.page_due_at for row in rows(connection)]


@pytest.mark.parametrize("size", [1, 200])
def test_a_few_statements_store_a_whole_answer(database: Database, noon: datetime, size: int) -> None:
    """However many articles an answer brings, first or again."""
    with database.transaction() as connection:
        origin = a_source(connection)
        for at in (noon, noon + HOUR):
            with counted(connection) as statements:
                publish(connection, origin, [an_article(number) for number in range(1, size + 1)], at)
            # Three of them are the test's own: lease, poll, source.
            assert len(statements) <= 3 + 7


def test_sources_that_bring_the_same_news_do_not_wait_in_a_circle(database: Database, noon: datetime) -> None:
    """At once, in opposite orders, new and known mixed: each article has one row and no source is turned away."""
    with database.transaction() as connection:
        origins = [a_source(connection, name=name) for name in ("paper", "wire")]
    together = Barrier(2, timeout=30)

    def poll_often(which: int) -> int:
        new = 0
        for turn in range(1, 9):
            numbers = range(turn * 40) if which else reversed(range(turn * 40))
            listed = [an_article(number, guid=f"{which}-{number}") for number in numbers]
            together.wait()
            with database.transaction() as connection:
                new += store_articles(connection, origins[which], listed, noon + turn * HOUR)[1]
        return new

    with ThreadPoolExecutor(2) as pool:
        counts = [each.result() for each in [pool.submit(poll_often, which) for which in range(2)]]
    with database.transaction() as connection:
        assert 320 == len(rows(connection)) == sum(counts)
        assert 640 == len(places(connection))


@pytest.mark.samples
@pytest.mark.parametrize("outlet", ["aljazeera", "bbc_world", "indiatoday", "mehr", "nyt", "nyt_home"])
def test_an_outlets_captures_of_one_day_are_one_row_an_article(database: Database, outlet: str) -> None:
    """Three captures: a row for each distinct address, under the headline that the last capture gave it."""
    feeds = captured("feeds/2026-08-13-repeated")
    latest: dict[str, str] = {}
    total = 0
    with database.transaction() as connection:
        origin = a_source(connection, name=outlet)
        for capture in CAPTURES:
            content = gzip.decompress((feeds / f"{outlet}.{capture}.xml.gz").read_bytes())
            feed = parse_feed(content, origin.url, "application/rss+xml")
            at = datetime.strptime(f"20260813{capture}", "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
            _, new = publish(connection, origin, feed.articles, at)
            total += new
            headlines = {canonical_url(each.url): each.title for each in reversed(feed.articles)}
            latest |= headlines
        stored = {row.canonical_url: row.title for row in rows(connection)}
    assert total == len(stored)
    assert latest == stored


def a_push(connection: sa.Connection) -> Source:
    return list_sources(connection, [put_source(connection, "push:paper", SourceKind.PUSH)])[0]


def test_what_a_site_pushes_outlives_what_its_feed_says(database: Database, noon: datetime) -> None:
    """No feed has words for an embargo, whichever listed the article first and whatever was pushed since."""
    ends_at = noon + 9 * HOUR
    with database.transaction() as connection:
        feed, site = a_source(connection), a_push(connection)
        publish(connection, feed, [an_article(1)], noon)
        store_articles(connection, site, [an_article(1, guid="a", embargo_ends_at=ends_at)], noon + HOUR)
        store_articles(connection, site, [an_article(2, guid="b")], noon + 2 * HOUR)
        publish(connection, feed, [an_article(1), an_article(2)], noon + 3 * HOUR)
        assert [ends_at, None] == [row.embargo_ends_at for row in rows(connection)]


def test_a_push_takes_back_what_only_a_feed_listed(database: Database, noon: datetime) -> None:
    """Nor does the feed, which lags behind, bring it back; the site may."""
    with database.transaction() as connection:
        feed, site = a_source(connection), a_push(connection)
        publish(connection, feed, [an_article(1)], noon)
        store_articles(connection, site, [an_article(1, guid="a", is_withdrawn=True)], noon + HOUR)
        publish(connection, feed, [an_article(1)], noon + 2 * HOUR)
        assert [noon + HOUR] == [row.withdrawn_at for row in rows(connection)]
        store_articles(connection, site, [an_article(1, guid="a")], noon + 3 * HOUR)
        assert [None] == [row.withdrawn_at for row in rows(connection)]


def test_one_guid_for_all_articles_is_none(database: Database, noon: datetime) -> None:
    """A feed whose every guid is its home page still has as many articles as it lists."""
    with database.transaction() as connection:
        feed = a_source(connection)
        titles = ("Harbour bridge opens", "Parliament votes on water", "Ferry line returns")
        listed = [an_article(number, title=title, guid="home") for number, title in enumerate(titles, 1)]
        assert (2, 2) == publish(connection, feed, listed[:2], noon)
        assert (3, 1) == publish(connection, feed, listed[::-1], noon + HOUR)
        assert list(titles) == [row.title for row in rows(connection)]


def test_a_guid_that_is_given_out_again_names_another_article(database: Database, noon: datetime) -> None:
    """Another address, headline and day: the row of the first stays as it is, and the second is news."""
    with database.transaction() as connection:
        feed = a_source(connection)
        first = an_article(1, title="Harbour bridge opens", guid="1", published_at=noon - HOUR)
        second = an_article(2, title="Parliament votes on water", guid="1", published_at=noon + 20 * HOUR)
        publish(connection, feed, [first], noon)
        assert (1, 1) == publish(connection, feed, [second], noon + 24 * HOUR)
        assert (1, 0) == publish(connection, feed, [second], noon + 25 * HOUR)
        assert [first.title, second.title] == [row.title for row in rows(connection)]


def test_an_endless_link_or_guid_costs_nothing_but_itself(database: Database, noon: datetime) -> None:
    """What no index holds must not keep the rest of an answer out."""
    endless = "".join(chr(0x4E00 + 7 * number) for number in range(2_000))
    drafts = [
        Draft(base="", title="A headline", links=(f"https://paper.example/{endless}",)),
        Draft(base="", title="Another", links=("https://paper.example/1",), guid=endless),
    ]
    with database.transaction() as connection:
        assert (1, 1) == publish(connection, a_source(connection), finished(drafts), noon)
