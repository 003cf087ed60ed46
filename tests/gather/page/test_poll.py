"""Reading the pages of a source's articles, over real connections and into the real database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.gather.article import Article, Form
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.memory.store import store_articles
from newsletter.gather.page.due import MOST_FAILURES, lease_pages, page_due_source_ids
from newsletter.gather.page.poll import MOST_PAGES, read_pages
from newsletter.gather.polling.poll import PollManners
from newsletter.gather.polling.sources import list_sources, put_source
from newsletter.gather.tables import SourceKind, article, sighting, source
from tests.gather.page.samples import DRUPAL7
from tests.gather.web import Route, Server, Visit

PAGE = "/news/region/families"


def answering(content: bytes, status: int = 200, **headers: str) -> Route:
    return lambda visit: visit.answer(status, content, **headers)


class Shelf:
    """A source whose articles' pages are read when told."""

    def __init__(self, database: Database, server: Server, policy: FetchPolicy, noon: datetime) -> None:
        self.database, self.server, self.now = database, server, noon
        self.manners = PollManners(policy, timedelta(minutes=20))
        server.serve("/robots.txt", answering(b"User-agent: *\nAllow: /"))
        with database.transaction() as connection:
            self.source_id = put_source(connection, f"{server.origin}/feed", SourceKind.FEED)
            connection.execute(sa.update(source).values(reads_pages=True))

    def put(self, path: str = PAGE, **facts: Any) -> int:
        """Store an article whose page is due."""
        url = f"{self.server.origin}{path}"
        usual = {"canonical_url": url, "url": url, "title": "As the feed has it", "genre": "news"}
        times = {"first_seen_at": self.now, "last_seen_at": self.now, "page_due_at": self.now}
        with self.database.transaction() as connection:
            put = sa.insert(article).values({**usual, **times, **facts}).returning(article.c.id)
            article_id = connection.execute(put).scalar_one()
            seen = {"first_seen_at": self.now, "last_seen_at": self.now, "position": 1}
            connection.execute(
                sa.insert(sighting).values(source_id=self.source_id, guid=path, article_id=article_id, **seen)
            )
        return int(article_id)

    def read(self, at: datetime | None = None) -> int:
        return read_pages(self.database, self.source_id, self.manners, lambda: at or self.now)

    def row(self, article_id: int) -> sa.Row[Any]:
        with self.database.transaction() as connection:
            return connection.execute(sa.select(article).where(article.c.id == article_id)).one()

    def due(self, at: datetime) -> list[int]:
        with self.database.transaction() as connection:
            return page_due_source_ids(connection, at)


@pytest.fixture
def shelf(database: Database, server: Server, policy: FetchPolicy, noon: datetime) -> Shelf:
    """Give a source with pages."""
    return Shelf(database, server, policy, noon)


def test_a_page_adds_what_the_source_did_not_say(shelf: Shelf) -> None:
    """All facts of the page are stored, with where they stood; the headline stays the feed's."""
    shelf.server.serve(
        PAGE, answering(DRUPAL7.encode(), ETag='"v1"', Last_Modified="Fri, 28 Feb 2020 18:00:00 GMT")
    )
    article_id = shelf.put()
    assert [shelf.source_id] == shelf.due(shelf.now)
    assert 1 == shelf.read()
    row = shelf.row(article_id)
    assert "As the feed has it" == row.title
    assert ("Region", "AFP", "SARAQEB, Syria", 7) == (row.section, row.image_credit, row.dateline, row.votes)
    assert ["A road with one way", "Waiting at the school"] == row.subheadings
    assert row.image_alt.startswith("A family loads a cart")
    assert row.summary.startswith("Carts, vans and a single school bus")
    assert datetime(2020, 2, 28, tzinfo=UTC) == row.published_at
    assert 100 < row.words < 250
    assert ('"v1"', "Fri, 28 Feb 2020 18:00:00 GMT") == (row.page_etag, row.page_last_modified)
    assert ("profile drupal7", "body") == (row.origins["votes"], row.origins["dateline"])
    assert row.page_read_at == row.page_checked_at == shelf.now


LIVE = b"""<script type="application/ld+json">
{"@type": "LiveBlogPosting", "headline": "Storm", "datePublished": "2026-03-02"}</script><h1>Storm</h1>"""


@pytest.mark.parametrize(("form", "expected"), [(Form.PLAIN, Form.LIVE), (Form.SPONSORED, Form.SPONSORED)])
def test_a_page_that_is_live(shelf: Shelf, form: Form, expected: Form) -> None:
    """What its page calls live is live unless its source says worse, also when the source is asked again."""
    shelf.server.serve(PAGE, answering(LIVE))
    article_id = shelf.put(form=form)
    shelf.read()
    assert expected == shelf.row(article_id).form
    assert "json-ld" == shelf.row(article_id).origins["is_live"]
    with shelf.database.transaction() as connection:
        (origin,) = list_sources(connection, [shelf.source_id])
        listed = Article("Storm", f"{shelf.server.origin}{PAGE}", PAGE, shelf.now, position=1)
        store_articles(connection, origin, [listed], shelf.now)
    assert Form.LIVE == shelf.row(article_id).form


def test_a_page_never_overrules_its_source(shelf: Shelf) -> None:
    """What the feed says stands, whatever the page says."""
    shelf.server.serve(PAGE, answering(DRUPAL7.encode()))
    said: dict[str, Any] = {
        "summary": "The feed's own.",
        "author": "Desk",
        "section": "World",
        "votes": 3,
        "published_at": shelf.now - timedelta(days=1),
        "updated_at": shelf.now,
        "image_url": "https://img.example/another-picture.jpg",
    }
    article_id = shelf.put(**said)
    shelf.read()
    row = shelf.row(article_id)
    assert said == {name: getattr(row, name) for name in said}
    assert ("", "") == (row.image_alt, row.image_credit)
    assert {"votes", "author", "published"} & set(row.origins) == set()


def test_a_guessed_date_is_no_date(shelf: Shelf) -> None:
    """A date that is only guessed is noted as uncertain and never stored as the article's."""
    text = "The council met again and did not agree. " * 20
    html = f"<h1>Bridge</h1><p>{text}</p><p>Stand: 05/2024, 2024-05-06</p>"
    shelf.server.serve(PAGE, answering(html.encode()))
    article_id = shelf.put()
    shelf.read()
    row = shelf.row(article_id)
    assert (None, "uncertain") == (row.published_at, row.origins.get("published"))


def test_a_day_without_a_time_is_the_moment_first_seen(shelf: Shelf) -> None:
    """A bare day that is today counts from when the article was seen, and no article appears later than that."""
    today = f'<meta property="article:published_time" content="{shelf.now:%Y-%m-%d}"><h1>Bridge</h1>'
    later = '<meta property="article:published_time" content="2031-01-01T00:00:00Z"><h1>Bridge</h1>'
    shelf.server.serve("/today", answering(today.encode()))
    shelf.server.serve("/later", answering(later.encode()))
    ids = [shelf.put("/today"), shelf.put("/later")]
    shelf.read()
    assert [shelf.now, shelf.now] == [shelf.row(each).published_at for each in ids]


@pytest.mark.parametrize(
    ("route", "why"),
    [
        (answering(b"", 410), "gone (410)"),
        (answering(b'<meta name="robots" content="noindex"><h1>x</h1>'), "noindex"),
    ],
    ids=["410", "noindex"],
)
def test_a_page_that_is_taken_away_withdraws_its_article(shelf: Shelf, route: Route, why: str) -> None:
    """An article without a page is not shown to anybody any more, and is not asked for again."""
    shelf.server.serve(PAGE, route)
    article_id = shelf.put()
    shelf.read()
    row = shelf.row(article_id)
    assert shelf.now == row.withdrawn_at
    assert why in row.withdrawn_why
    assert row.page_due_at is None


def test_a_page_that_is_not_found_twice_is_gone(shelf: Shelf) -> None:
    """A feed may be ahead of its pages by a minute; an article must not be lost to that."""
    shelf.server.serve(PAGE, answering(b"", 404))
    article_id = shelf.put()
    shelf.read()
    again_at = shelf.row(article_id).page_due_at
    assert shelf.row(article_id).withdrawn_at is None
    assert again_at is not None
    shelf.read(again_at)
    assert "gone (404)" in shelf.row(article_id).withdrawn_why


def test_failures_are_tried_again_and_then_no_more(shelf: Shelf) -> None:
    """The pauses grow, and the fifth failure is the last."""
    shelf.server.serve(PAGE, answering(b"", 500))
    article_id, at, pauses = shelf.put(), shelf.now, []
    while (due := shelf.row(article_id).page_due_at) is not None:
        pauses.append(due - at)
        at = due
        shelf.read(at)
    assert MOST_FAILURES == shelf.row(article_id).page_failures == shelf.server.visits.count(PAGE)
    assert sorted(pauses) == pauses
    assert "500" in shelf.row(article_id).page_error
    assert shelf.row(article_id).withdrawn_at is None


def test_robots_are_obeyed(shelf: Shelf) -> None:
    """A page that robots.txt keeps from us is not asked for."""
    shelf.server.serve("/robots.txt", answering(b"User-agent: newsletter\nDisallow: /news/"))
    shelf.server.serve(PAGE, answering(DRUPAL7.encode()))
    article_id = shelf.put()
    shelf.read()
    assert PAGE not in shelf.server.visits
    assert "robots.txt" in shelf.row(article_id).page_error


def test_votes_grow_on_the_first_day(shelf: Shelf) -> None:
    """A page that counts votes is read again, by its validators, until the article is a day old."""
    shelf.server.serve(PAGE, answering(DRUPAL7.encode(), ETag='"v1"'))
    article_id = shelf.put()
    shelf.read()
    again = shelf.row(article_id).page_due_at
    shelf.server.serve(PAGE, answering(DRUPAL7.replace("7 users", "31 users").encode(), ETag='"v2"'))
    shelf.read(again)
    row = shelf.row(article_id)
    assert (31, '"v2"') == (row.votes, row.page_etag)
    assert '"v1"' == shelf.server.headers_seen[-1]["If-None-Match"]
    shelf.server.serve(PAGE, answering(b"", 304, ETag='"v2"'))
    shelf.read(row.page_due_at)
    row = shelf.row(article_id)
    assert 31 == row.votes
    assert row.page_due_at is not None
    shelf.read(shelf.now + timedelta(hours=25))
    assert shelf.row(article_id).page_due_at is None


def test_a_lease_that_passed_to_another_writes_nothing(shelf: Shelf) -> None:
    """A task that was stopped for too long must not write over the one that took its place."""
    article_id = shelf.put()

    def steal(visit: Visit) -> None:
        with shelf.database.transaction() as connection:
            connection.execute(sa.update(article).values(page_due_at=shelf.now + timedelta(days=3)))
        visit.answer(200, DRUPAL7.encode())

    shelf.server.serve(PAGE, steal)
    assert 0 == shelf.read()
    assert shelf.row(article_id).page_read_at is None


def test_two_tasks_take_different_pages(shelf: Shelf) -> None:
    """What one task has leased is not due to another, and one takes no more than its share."""
    for number in range(MOST_PAGES + 3):
        shelf.put(f"/{number}")
    until = shelf.now + timedelta(minutes=5)
    with shelf.database.transaction() as connection:
        first = lease_pages(connection, shelf.source_id, shelf.now, until, MOST_PAGES)
    with shelf.database.transaction() as connection:
        second = lease_pages(connection, shelf.source_id, shelf.now, until, MOST_PAGES)
    assert (MOST_PAGES, 3) == (len(first), len(second))
    assert {row.id for row in first} & {row.id for row in second} == set()


def test_a_long_run_gives_the_rest_back(shelf: Shelf) -> None:
    """When time is up, the pages not yet read are due again at once."""
    ids = [shelf.put(f"/{number}") for number in range(3)]
    moments = iter([shelf.now, shelf.now, shelf.now])
    late = shelf.now + timedelta(minutes=3)
    clock: Callable[[], datetime] = lambda: next(moments, late)  # noqa: E731 — a clock that jumps
    for number in range(3):
        shelf.server.serve(f"/{number}", answering(b"<h1>News</h1>"))
    read_pages(shelf.database, shelf.source_id, shelf.manners, clock)
    assert [late] == sorted({row.page_due_at for each in ids if (row := shelf.row(each)).page_read_at is None})


def test_an_unusable_profile_stops_no_page(shelf: Shelf) -> None:
    """A profile with a slip in its name leaves the pages to the usual readers."""
    shelf.server.serve(PAGE, answering(DRUPAL7.encode()))
    with shelf.database.transaction() as connection:
        connection.execute(sa.update(source).values(profile="drupal77"))
    article_id = shelf.put()
    shelf.read()
    assert 7 == shelf.row(article_id).votes


def test_a_page_larger_than_allowed_is_a_failure(shelf: Shelf) -> None:
    """The size cap of every fetch holds for pages."""
    shelf.manners = replace(shelf.manners, policy=replace(shelf.manners.policy, max_bytes=1000))
    shelf.server.serve(PAGE, answering(b"x" * 5000))
    article_id = shelf.put()
    shelf.read()
    assert 1 == shelf.row(article_id).page_failures
