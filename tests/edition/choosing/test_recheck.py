"""The last look at the chosen articles' pages, through real sockets."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.edition.choosing.recheck import recheck
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_edition, move
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.polling.sources import attach_source, put_source
from newsletter.gather.tables import SourceKind, article, source
from newsletter.publication.newsletters import Newsletter, change_newsletter
from tests.gather.web import Server, Visit
from tests.publication.newsroom import a_source, an_article, publish

POLICY = FetchPolicy(True, frozenset(), timedelta(seconds=5), 1_000_000, "newsletter")
PAGE = b"<!doctype html><html><title>A page</title><h1>A page</h1><p>Words.</p></html>"


@dataclass
class Site:
    """A newspaper's site with numbered pages, and the edition that would choose from them."""

    database: Database
    newsletter: Newsletter
    server: Server
    now: datetime

    def serves(self, number: int, status: int = 200, content: bytes = PAGE, **headers: str) -> None:
        usual = {"Content_Type": "text/html; charset=utf-8", **headers}
        self.server.serve(f"/{number}", lambda visit: visit.answer(status, content, **usual))

    def lists(self, count: int) -> None:
        """Let the feed list so many articles, each with a page, the first with the most votes."""
        with self.database.transaction() as connection:
            origin = a_source(connection, self.newsletter.id)
            ages = {number: timedelta(minutes=number) for number in range(1, count + 1)}
            listed = [
                an_article(
                    number,
                    url=f"{self.server.origin}/{number}",
                    votes=100 - number,
                    published_at=self.now - age,
                )
                for number, age in ages.items()
            ]
            publish(connection, origin, listed, self.now)
        for number in ages:
            self.serves(number)

    def gather(self, *source_ids: int) -> int:
        with self.database.transaction() as connection:
            request = EditionRequest(
                self.newsletter.id, self.now.date(), self.now, "test", source_ids=source_ids or None
            )
            edition_id, _ = plan_edition(connection, request)
            move(connection, edition_id, (EditionState.PLANNED, EditionState.GATHERING), gathering_at=self.now)
        return edition_id

    def look(self, edition_id: int) -> int | None:
        return recheck(self.database, edition_id, POLICY, lambda: self.now)

    def rows(self) -> dict[str, sa.Row[tuple[object, ...]]]:
        with self.database.transaction() as connection:
            rows = connection.execute(sa.select(article).order_by(article.c.id))
            return {row.url.rpartition("/")[2]: row for row in rows}

    def withdrawn(self) -> dict[str, str]:
        return {number: row.withdrawn_why for number, row in self.rows().items() if row.withdrawn_at is not None}

    def run(self, do: Callable[[sa.Connection], object]) -> object:
        with self.database.transaction() as connection:
            return do(connection)


@pytest.fixture
def site(database: Database, daily: Newsletter, noon: datetime) -> Iterator[Site]:
    """Give a site whose newsletter has three places."""
    server = Server()
    server.serve("/robots.txt", lambda visit: visit.answer(404))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    with database.transaction() as connection:
        daily = change_newsletter(connection, daily.slug, {"top_stories": "3", "blog_posts": "0"})
    yield Site(database, daily, server, noon)
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_is_there_stays(site: Site) -> None:
    """Each chosen page is asked for once, no other is, and the edition notes that it was done."""
    site.lists(5)
    edition_id = site.gather()
    assert 0 == site.look(edition_id)
    assert ["/1", "/2", "/3", "/robots.txt"] == sorted(site.server.visits)
    assert {} == site.withdrawn()
    rows = site.rows()
    assert [site.now] * 3 + [None] * 2 == [rows[str(number)].page_checked_at for number in range(1, 6)]
    edition = site.run(lambda connection: get_edition(connection, edition_id))
    assert site.now == edition.rechecked_at  # type: ignore[attr-defined]  # an edition


def test_what_is_gone_is_taken_out_and_the_next_is_looked_at(site: Site) -> None:
    """Each place is filled anew, and whoever takes it is looked at too."""
    site.lists(5)
    site.serves(1, 404)
    site.serves(4, 410)
    assert 2 == site.look(site.gather())
    assert {"1": "its page answers 404", "4": "its page answers 410"} == site.withdrawn()
    assert "/5" in site.server.visits


def test_no_round_goes_on_for_ever(site: Site) -> None:
    """After three rounds the edition is made of what there is."""
    site.lists(12)
    for number in range(1, 13):
        site.serves(number, 404)
    assert 9 == site.look(site.gather())


def test_the_pictures_of_what_is_left_are_fetched(site: Site) -> None:
    """Also of those who came into their places after the last round; what is gone needs none."""
    site.lists(12)
    for number in range(1, 11):
        site.serves(number, 404)
    site.run(
        lambda connection: connection.execute(sa.update(article).values(image_url=article.c.url + "/picture"))
    )
    assert 9 == site.look(site.gather())
    pictures = {each for each in site.server.visits if each.endswith("/picture")}
    assert {f"/{number}/picture" for number in (10, 11, 12)} == pictures


def test_a_network_that_fails_takes_nothing_out(site: Site) -> None:
    """A server that breaks, and one that hangs up, say nothing of an article."""
    site.lists(3)
    site.serves(1, 503)
    site.server.serve("/2", _hang_up)
    assert 0 == site.look(site.gather())
    assert {} == site.withdrawn()


def _hang_up(visit: Visit) -> None:
    visit.connection.close()


def test_a_page_that_wants_not_to_be_found(site: Site) -> None:
    """One page of a site that says noindex is taken out."""
    site.lists(4)
    site.serves(2, content=b'<!doctype html><html><meta name="robots" content="noindex"><h1>A page</h1></html>')
    assert 1 == site.look(site.gather())
    assert {"2": "its page asks not to be found (noindex)"} == site.withdrawn()


def test_a_site_that_wants_no_programs_is_not_asked(site: Site) -> None:
    """What robots.txt forbids is not fetched, and nothing is taken out for it."""
    site.lists(3)
    site.serves(1, 404)
    site.server.serve("/robots.txt", lambda visit: visit.answer(200, b"User-agent: *\nDisallow: /"))
    assert 0 == site.look(site.gather())
    assert ["/robots.txt"] * len(site.server.visits) == site.server.visits


def test_a_page_is_asked_whether_it_changed(site: Site) -> None:
    """What its site gave to ask with is kept byte for byte, and given back at the next look."""
    site.lists(3)
    site.serves(1, ETag='W/"x y"', Last_Modified="yesterday")
    site.look(site.gather())
    row = site.rows()["1"]
    assert ('W/"x y"', "yesterday") == (row.page_etag, row.page_last_modified)
    site.now += timedelta(hours=1)
    site.server.serve("/1", lambda visit: visit.answer(304))
    site.server.headers_seen.clear()
    site.run(lambda connection: connection.execute(sa.text("UPDATE edition SET rechecked_at = NULL")))
    assert 0 == site.look(1)
    assert 'W/"x y"' in [each.get("If-None-Match") for each in site.server.headers_seen]


def test_a_page_looked_at_just_now_is_not_asked_again(site: Site) -> None:
    """An edition that goes back to gathering does not ask a site twice in ten minutes."""
    site.lists(3)
    edition_id = site.gather()
    site.look(edition_id)
    site.server.visits.clear()
    site.run(lambda connection: connection.execute(sa.text("UPDATE edition SET rechecked_at = NULL")))
    assert 0 == site.look(edition_id)
    assert [] == site.server.visits


def test_a_source_whose_pages_are_read(site: Site) -> None:
    """Its new headline is taken where the page's was ours, and the rest of the page is read soon."""
    site.lists(3)

    def read_pages(connection: sa.Connection) -> None:
        connection.execute(sa.update(source).values(reads_pages=True))
        titled = sa.update(article).where(article.c.url.endswith("/1"))
        connection.execute(titled.values(origins={"title": "opengraph"}))

    site.run(read_pages)
    new = b'<!doctype html><html><meta property="og:title" content="A new headline"><h1>A new headline</h1></html>'
    for number in (1, 2):
        site.serves(number, content=new, ETag="x")
    site.look(site.gather())
    rows = site.rows()
    assert ("A new headline", "Headline2") == (rows["1"].title, rows["2"].title)
    assert (site.now, "") == (rows["1"].page_due_at, rows["1"].page_etag)


def test_only_an_edition_that_waits_is_looked_at(site: Site) -> None:
    """One that is ready, or was looked at, is left alone."""
    site.lists(3)
    edition_id = site.gather()
    site.look(edition_id)
    assert site.look(edition_id) is None
    site.run(lambda connection: move(connection, edition_id, (EditionState.GATHERING, EditionState.SKIPPED)))
    assert site.look(edition_id) is None


def test_an_edition_of_nothing_is_looked_at_all_the_same(site: Site) -> None:
    """Whoever waits for the last look is told that it was taken."""
    with site.database.transaction() as connection:
        file_id = put_source(connection, "file:///feed.xml", SourceKind.FILE)
        attach_source(connection, site.newsletter.id, file_id)
    edition_id = site.gather(file_id)
    assert 0 == site.look(edition_id)
    assert site.look(edition_id) is None
    assert [] == site.server.visits
