"""Articles' images: fetched once, kept, and joined to their articles."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.errors import NotFoundError
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.image.images import MOST_ATTEMPTS, StoredImage, fetch_images, images_of, read_image
from newsletter.gather.tables import ImageState, article, image
from tests.gather.image.test_picture import a_file
from tests.gather.web import Server

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    """Give a clock at noon."""
    return Clock()


def store(database: Database, *image_urls: str) -> list[int]:
    """Store an article for each image; return their ids."""
    with database.transaction() as connection:
        return [
            connection.execute(
                sa.insert(article)
                .values(
                    canonical_url=f"https://paper.example/{number}",
                    url=f"https://paper.example/{number}",
                    title=f"Article {number}",
                    genre="news",
                    image_url=url,
                    first_seen_at=NOON,
                    last_seen_at=NOON,
                )
                .returning(article.c.id)
            ).scalar_one()
            for number, url in enumerate(image_urls)
        ]


def states(database: Database) -> list[str]:
    with database.transaction() as connection:
        return list(connection.execute(sa.select(image.c.state).order_by(image.c.id)).scalars())


def found(database: Database, ids: list[int]) -> dict[int, StoredImage]:
    with database.transaction() as connection:
        return images_of(connection, ids)


def test_an_image_is_fetched_once(database: Database, server: Server, policy: FetchPolicy, clock: Clock) -> None:
    """Two articles with one image, asked for twice, are one visit, and readers get it from us."""
    url = server.serve("/a.png", lambda visit: visit.answer(200, a_file(1200, 800, "PNG")))
    ids = store(database, url, url, "")
    policy = replace(policy, max_bytes=10_000_000)
    for _ in range(2):
        fetch_images(database, ids, policy, clock)
    stored = found(database, ids)
    assert ["/a.png"] == server.visits
    assert ids[:2] == sorted(stored)
    assert stored[ids[0]] == stored[ids[1]]
    assert f"https://news.example/image/{stored[ids[0]].name}.jpg" == stored[ids[0]].address(
        "https://news.example/"
    )
    with database.transaction() as connection:
        small, large = (read_image(connection, f"{stored[ids[0]].name}{size}.jpg") for size in ("", "-large"))
    assert small != large
    assert small.startswith(b"\xff\xd8\xff")


def test_what_is_unfit_is_never_asked_for_again(
    database: Database, server: Server, policy: FetchPolicy, clock: Clock
) -> None:
    """A logo stays a logo, and what is not found stays away."""
    logo = server.serve("/logo.png", lambda visit: visit.answer(200, a_file(100, 100, "PNG")))
    gone = server.serve("/gone.png", lambda visit: visit.answer(404))
    ids = store(database, logo, gone)
    for _ in range(2):
        fetch_images(database, ids, policy, clock)
        clock.at += timedelta(days=1)
    assert ["/gone.png", "/logo.png"] == sorted(server.visits)
    assert [ImageState.REFUSED] * 2 == states(database)
    assert {} == found(database, ids)


def test_what_cannot_be_fetched_is_tried_again_for_a_while(
    database: Database, server: Server, policy: FetchPolicy, clock: Clock
) -> None:
    """A site that is down for a minute has its pictures in the next edition; one that stays down is left alone."""
    url = server.serve("/a.png", lambda visit: visit.answer(503))
    ids = store(database, url)
    fetch_images(database, ids, policy, clock)
    fetch_images(database, ids, policy, clock)
    assert 1 == len(server.visits)
    for _ in range(MOST_ATTEMPTS + 2):
        clock.at += timedelta(hours=3)
        fetch_images(database, ids, policy, clock)
    assert MOST_ATTEMPTS == len(server.visits)
    assert [ImageState.REFUSED] == states(database)


def test_no_image_reaches_into_our_own_network(
    database: Database, server: Server, policy: FetchPolicy, clock: Clock
) -> None:
    """A feed may name any address as an image; only public ones are asked."""
    url = server.serve("/a.png", lambda visit: visit.answer(200, a_file(1200, 800, "PNG")))
    ids = store(database, url, "file:///etc/passwd")
    fetch_images(database, ids, replace(policy, allow_private=False), clock)
    assert [] == server.visits
    assert {} == found(database, ids)


def test_an_article_that_changed_its_image_has_none_until_that_is_fetched(
    database: Database, server: Server, policy: FetchPolicy, clock: Clock
) -> None:
    """Yesterday's picture under today's headline would be wrong."""
    content = a_file(1200, 800)
    first = server.serve("/1.jpg", lambda visit: visit.answer(200, content))
    second = server.serve("/2.jpg", lambda visit: visit.answer(200, content))
    ids = store(database, first)
    policy = replace(policy, max_bytes=10_000_000)
    fetch_images(database, ids, policy, clock)
    before = found(database, ids)
    with database.transaction() as connection:
        connection.execute(sa.update(article).values(image_url=second))
    assert {} == found(database, ids)
    fetch_images(database, ids, policy, clock)
    assert before[ids[0]].name != found(database, ids)[ids[0]].name


def test_a_name_that_nobody_has_is_not_found(database: Database) -> None:
    """Guessing names leads nowhere."""
    with database.transaction() as connection, pytest.raises(NotFoundError):
        read_image(connection, f"{'0' * 24}-large.jpg")
