"""A newsletter with sources, readers and templates, ready to be advanced."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell
from newsletter.db import Database
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.edition import store
from newsletter.edition.assemble import Workshop
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.store import Edition
from newsletter.gather.polling.sources import Source
from newsletter.insight.figures import count_deliveries
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader
from newsletter.schedule.advance import Pace, advance
from newsletter.schedule.request import Answer, request_edition
from tests.publication.newsroom import a_source, an_article, publish


@dataclass
class Desk:
    """Does one thing at a time, each in its own transaction, and remembers nothing."""

    database: Database
    newsletter: Newsletter
    workshop: Workshop
    pace: Pace
    now: datetime

    def request(self, **wishes: object) -> EditionRequest:
        plain = EditionRequest(self.newsletter.id, self.now.date(), self.now, "test")
        return replace(plain, **wishes)  # type: ignore[arg-type]  # each test's own wishes

    def plan(self, **wishes: object) -> int:
        with self.database.transaction() as connection:
            return plan_edition(connection, self.request(**wishes))[0]

    def ask(self, **wishes: object) -> Answer:
        with self.database.transaction() as connection:
            return request_edition(connection, self.request(**wishes), self.now)

    def advance(self, edition_id: int) -> list[Bell]:
        with self.database.transaction() as connection:
            return advance(connection, edition_id, self.workshop, self.pace, self.now)

    def source(self, name: str = "paper") -> Source:
        with self.database.transaction() as connection:
            return a_source(connection, self.newsletter.id, name)

    def publish(self, source: Source, *numbers: int) -> None:
        with self.database.transaction() as connection:
            publish(
                connection, source, [an_article(number, published_at=self.now) for number in numbers], self.now
            )

    def reader(self, name: str = "ann") -> int:
        with self.database.transaction() as connection:
            address = f"{name}@reader.example"
            return add_reader(connection, self.newsletter.id, address, Origin("command line"), self.now)

    def edition(self, edition_id: int) -> Edition:
        with self.database.transaction() as connection:
            return store.get_edition(connection, edition_id)

    def editions(self) -> list[Edition]:
        with self.database.transaction() as connection:
            return store.list_editions(connection)

    def accept_all(self) -> None:
        """Let the relay have accepted everything, and the tasks have recorded it."""
        with self.database.transaction() as connection:
            connection.execute(sa.update(delivery).values(state=DeliveryState.ACCEPTED))
            connection.execute(sa.update(batch).values(due_at=None))

    def deliveries(self, edition_id: int) -> dict[DeliveryState, int]:
        with self.database.transaction() as connection:
            return count_deliveries(connection, edition_id)


@pytest.fixture
def desk(database: Database, daily: Newsletter, templates: tuple[Path, ...], noon: datetime) -> Desk:
    """Give the desk of the usual newsletter, with neither source nor reader yet."""
    pace = Pace(timedelta(minutes=1), timedelta(days=1))
    return Desk(database, daily, Workshop(Stationery(templates), "http://localhost:8000"), pace, noon)


@pytest.fixture
def ready_to_send(desk: Desk) -> Desk:
    """Give the desk with one reader and a source polled just now that has enough for an edition."""
    desk.reader()
    desk.publish(desk.source(), 1, 2, 3, 4)
    return desk
