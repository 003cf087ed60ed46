"""A server that does its worst: no edition is late for it, no memory is filled, no door of ours is opened."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.delivery.states import DeliveryState
from newsletter.edition.assemble import Workshop
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.states import EditionState
from newsletter.edition.store import list_edition_articles
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.polling.poll import PollManners, poll_source
from newsletter.gather.polling.sources import Poll, attach_source, list_sources, put_source
from newsletter.gather.tables import PollOutcome, SourceKind, article
from newsletter.publication.newsletters import Newsletter
from newsletter.schedule.advance import Pace
from tests.gather import meter
from tests.gather.hostile import MEGABYTE, Fault, crowds, faults, feed
from tests.gather.web import Server
from tests.schedule.conftest import Desk

SECRET = "the crown jewels are in the cellar"
HEADLINES = ("Cranes return to the river", "New bakery opens on Quay Street", "Council votes for tram line")
MOST_MEMORY = 50 * MEGABYTE


class Canary(Server):
    """A server of ours that nobody may reach: it counts connections, whether they ask for anything or not."""

    def __init__(self) -> None:
        super().__init__()
        self.connections = 0

    def verify_request(self, *_: object) -> bool:
        self.connections += 1
        return False


@pytest.fixture
def canary() -> Iterator[Canary]:
    """Give the server that is out of bounds; it listens, and answers after the test."""
    canary = Canary()
    canary.timeout = 0
    yield canary
    canary.server_close()


@pytest.fixture
def trouble(tmp_path: Path, canary: Canary) -> list[Fault]:
    """Give every fault there is."""
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    return list(faults(canary, secret))


@pytest.fixture
def strict(policy: FetchPolicy, server: Server) -> FetchPolicy:
    """Give the policy of the public Internet, with the hostile server as the one private origin it trusts."""
    origins = frozenset({server.origin, server.origin.replace("http", "https")})
    return replace(
        policy,
        allow_private=False,
        trusted_origins=origins,
        timeout=timedelta(seconds=1.5),
        max_bytes=5 * MEGABYTE,
    )


@pytest.fixture
def _rebinding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the name ``rebinding.example`` lead to our own machine, which it did not when an editor looked."""
    real = socket.getaddrinfo

    def answer(host: str, *rest: Any, **named: Any) -> Any:
        return real("127.0.0.1" if host == "rebinding.example" else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.fixture
def desk(database: Database, daily: Newsletter, templates: tuple[Path, ...], noon: datetime) -> Desk:
    """Give the desk of the usual newsletter, with one reader."""
    pace = Pace(timedelta(minutes=1), timedelta(days=1))
    desk = Desk(database, daily, Workshop(Stationery(templates), "http://localhost:8000"), pace, noon)
    desk.reader()
    return desk


@pytest.mark.usefixtures("_rebinding")
def test_an_edition_goes_out_whatever_its_sources_do(
    desk: Desk, server: Server, canary: Canary, trouble: list[Fault], strict: FetchPolicy
) -> None:
    """From the one good source, in time, with a note on each bad one, and not a byte from where we may not be."""
    good = server.serve("/good", lambda visit: visit.answer(200, feed(*HEADLINES).encode()))
    urls = {each.name: server.serve(f"/{each.name}", each.route) for each in trouble}
    urls |= {"good": good, "tls": good.replace("http", "https"), "unserved": "http://127.0.0.1:1/"}
    ids = {}
    with desk.database.transaction() as connection:
        for name, url in urls.items():
            ids[name] = put_source(connection, url, SourceKind.FEED)
            attach_source(connection, desk.newsletter.id, ids[name])
    edition_id = desk.plan()
    desk.advance(edition_id)

    polls = {name: poll(desk.database, each, strict, desk.now) for name, each in ids.items()}
    expected = {each.name: each.says for each in trouble} | {
        "good": "",
        "tls": "failed at TLS",
        "unserved": "refused",
    }
    assert {} == {
        name: polls[name]
        for name, says in expected.items()
        if says not in polls[name].error or bool(says) != (polls[name].outcome is PollOutcome.FAILED)
    }
    desk.advance(edition_id)

    edition = desk.edition(edition_id)
    assert EditionState.SENDING is edition.state
    assert {DeliveryState.PENDING: 1} == desk.deliveries(edition_id)
    with desk.database.transaction() as connection:
        chosen = {each.title for each in list_edition_articles(connection, edition_id)}
        titles = list(connection.execute(sa.select(article.c.title)).scalars())
        failing = [each for each in list_sources(connection, list(ids.values())) if each.failures]
    assert chosen & set(HEADLINES)
    assert [] == [each.url for each in failing if not any(each.last_error in note for note in edition.notes)]
    assert {urls[name] for name, says in expected.items() if says} == {each.url for each in failing}
    # What was read of the bad ones is right, and nothing in it is ours.
    assert {"Café fermé à cinq heures", "Tunnel closed for the winter"} <= set(titles)
    assert not any(SECRET in title for title in titles)
    assert max(map(len, titles)) <= 300
    canary.handle_request()
    assert 0 == canary.connections


def poll(database: Database, source_id: int, policy: FetchPolicy, at: datetime) -> Poll:
    done = poll_source(database, source_id, PollManners(policy, timedelta(minutes=20)), lambda: at)
    assert done
    return done


def test_the_canary_sings(canary: Canary) -> None:
    """A connection that is made to it is counted, even one that asks for nothing."""
    with socket.create_connection(canary.server_address[:2]):  # type: ignore[arg-type]  # an IPv4 address
        canary.handle_request()
    assert 1 == canary.connections


def test_a_server_that_says_unchanged_for_ever_is_believed_and_one_that_changes_its_mark_is_not(
    database: Database, server: Server, strict: FetchPolicy, noon: datetime
) -> None:
    """A new ETag on the same bytes is no news; a 304 cannot be seen through, and costs nothing."""
    marks = iter(range(9))
    changing = server.serve(
        "/changing", lambda visit: visit.answer(200, feed("Same").encode(), ETag=f'"{next(marks)}"')
    )
    stubborn = server.serve(
        "/stubborn",
        lambda visit: (
            visit.answer(304 if visit.headers["If-None-Match"] else 200, b"", ETag='"1"')
            if visit.headers["If-None-Match"]
            else visit.answer(200, feed("Once").encode(), ETag='"1"')
        ),
    )
    for url in (changing, stubborn):
        with database.transaction() as connection:
            source_id = put_source(connection, url, SourceKind.FEED)
        outcomes = [poll(database, source_id, strict, noon + timedelta(hours=hour)).outcome for hour in range(3)]
        assert [PollOutcome.OK, PollOutcome.UNCHANGED, PollOutcome.UNCHANGED] == outcomes


@pytest.mark.skipif(sys.platform == "win32", reason="needs a process that can be forked")
def test_no_fault_fills_the_memory(server: Server, trouble: list[Fault]) -> None:
    """Whatever a server sends, reading it takes less than 50 MB."""
    warm = server.serve("/good", lambda visit: visit.answer(200, feed(*HEADLINES).encode()))
    urls = [server.serve(f"/{each.name}", each.route) for each in (*trouble, *crowds())]
    command = [sys.executable, meter.__file__, warm, *urls]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=120).stdout)
    assert set(urls) == set(told)
    assert {} == {url: f"{grown / MEGABYTE:.0f} MB" for url, grown in told.items() if grown >= MOST_MEMORY}
    assert max(told.values()) > 0
