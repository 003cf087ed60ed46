"""The web app over a real database, with a clock that tests move and a ringer that only remembers."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import Response

from newsletter.admins.store import create_admin
from newsletter.bell import SilentRinger
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery.start import start_sending
from newsletter.edition.plan import EditionRequest
from newsletter.gather.article import Article, Genre
from newsletter.gather.memory.store import store_articles
from newsletter.gather.polling.sources import Poll, attach_source, lease_source, put_source, record_poll
from newsletter.gather.tables import PollOutcome, SourceKind
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.handling import handle_sign_up
from newsletter.readers.sign_ups import waiting_sign_ups
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader
from newsletter.schedule.advance import advance
from newsletter.schedule.request import request_edition
from newsletter.services import Services
from newsletter.web.app import create_app
from newsletter.web.public.form_token import make_form_token
from tests.rows import every_row

with warnings.catch_warnings():
    # Starlette asks for a newer client than the one that the product itself uses.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

ADMIN = "editor@paper.example"
PASSWORD = "four words nobody joins"
ORIGIN = "http://localhost:8000"


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    at: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the moment that it shows."""
        return self.at

    def pass_by(self, time: timedelta) -> None:
        """Let time pass."""
        self.at += time


@dataclass
class Scene:
    """The app with everything around it that a test looks at."""

    services: Services
    app: FastAPI
    newsletter: Newsletter
    clock: Clock = field(default_factory=Clock)

    @property
    def database(self) -> Database:
        """The database that the app works with."""
        return self.services.database

    @property
    def ringer(self) -> SilentRinger:
        """The bells that were rung."""
        ringer = vars(self.services)["ringer"]
        assert isinstance(ringer, SilentRinger)
        return ringer

    def browser(self, **cookies: str) -> TestClient:
        """Return a browser of its own, which follows no redirect."""
        return TestClient(
            self.app,
            base_url=ORIGIN,
            follow_redirects=False,
            cookies=cookies,
            client=("203.0.113.77", 50000),
            headers={"Accept": "text/html"},
        )

    def sign_up(self, address: str, **form: str | list[str]) -> Response:
        """Send the sign-up form as a person does to whom it was shown a minute ago."""
        token = make_form_token(self.services.tokens, self.clock() - timedelta(minutes=1))
        answer: Response = self.browser().post("/subscribe", data={"address": address, "token": token, **form})
        return answer

    def handle_sign_ups(self) -> list[int | None]:
        """Do what the worker does about the sign-ups that wait; return the subscriptions owed a confirmation."""
        with self.database.transaction() as connection:
            waiting = waiting_sign_ups(connection)
            return [handle_sign_up(connection, self.services.gate, each, self.clock()) for each in waiting]

    def everything(self) -> dict[str, list[str]]:
        """Return every row of every table, to tell whether anything changed."""
        return every_row(self.database)

    def add_reader(self, address: str) -> int:
        """Put a reader on the newsletter."""
        with self.database.transaction() as connection:
            return add_reader(connection, self.newsletter.id, address, Origin("test"), self.clock())

    def gather(self, titles: list[str], url: str = "https://paper.example/news", error: str = "") -> int:
        """Store one source with these articles, or with an error."""
        now = self.clock()
        with self.database.transaction() as connection:
            source_id = put_source(connection, url, SourceKind.FEED, Genre.NEWS)
            attach_source(connection, self.newsletter.id, source_id)
            source = lease_source(connection, source_id, now + timedelta(minutes=1), now)
            assert source is not None
            articles = [
                Article(guid=f"{place}", url=f"{url}/{place}", title=title, published_at=now, position=place)
                for place, title in enumerate(titles)
            ]
            store_articles(connection, source, articles, now)
            outcome = PollOutcome.FAILED if error else PollOutcome.OK
            record_poll(connection, Poll(source_id, now, now, outcome, error=error), timedelta(hours=1))
        return source_id

    def make_edition(self, *, ready_only: bool = True) -> int:
        """Ask for today's edition and take it as far as ready, or into sending."""
        now = self.clock()
        request = EditionRequest(self.newsletter.id, now.date(), now, "schedule", sends_when_ready=False)
        with self.database.transaction() as connection:
            edition_id = request_edition(connection, request, now).edition_id
            # Nobody listens at the sources' addresses: without a last look at their pages.
            pace = replace(self.services.pace, recheck_limit=timedelta(0))
            advance(connection, edition_id, self.services.workshop, pace, now)
            if not ready_only:
                start_sending(connection, edition_id, now)
        return edition_id


@pytest.fixture
def make_scene(servers: Settings, daily: Newsletter, tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Make an app over the test's database with the settings that a test wants."""
    opened = []

    def make(**settings: object) -> Scene:
        given = {"public_url": ORIGIN, "mailbox_dir": tmp_path / "mail", **settings}
        services = Services(servers.model_copy(update=given))
        vars(services)["ringer"] = SilentRinger()
        opened.append(services)
        clock = Clock()
        return Scene(services, create_app(services, clock), daily, clock)

    yield make
    for services in opened:
        services.close()


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """Give the app as it usually is."""
    return make_scene()


@pytest.fixture
def visitor(scene: Scene) -> TestClient:
    """Give a browser that knows nothing."""
    return scene.browser()


@pytest.fixture
def editor(scene: Scene) -> TestClient:
    """Give a browser that is logged in to the console, and says where its forms come from."""
    with scene.database.transaction() as connection:
        create_admin(connection, ADMIN, PASSWORD)
    browser = scene.browser()
    browser.headers["Origin"] = ORIGIN
    answer = browser.post("/console/login", data={"address": ADMIN, "password": PASSWORD})
    assert answer.headers["location"] == "/console"
    return browser
