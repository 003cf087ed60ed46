"""Editions for the harness, in rows: a newsletter, thousands of readers, and a sending that has just begun."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from faults.checker import Row
from newsletter.db import Database
from newsletter.delivery.start import start_sending
from newsletter.edition import store
from newsletter.edition.freeze import freeze_contents
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.rendering.content import Content
from newsletter.edition.states import EditionState
from newsletter.edition.store import Wish
from newsletter.errors import SettingsError
from newsletter.publication.newsletters import Newsletter, NewsletterSettings, add_newsletter, get_newsletter_by_id
from newsletter.schema import TABLES

T = TypeVar("T")
_MARKER = "nl0123456789abcdef"
_WORDS = ("Harbour opens", "افتُتح الميناء أمام السفن")
_FIRST_DAY = date(2026, 3, 2)
_PATIENCE = 90.0


class Press:
    """What the harness does to the database. Every method waits out a server that is being restarted."""

    def __init__(self, url: str) -> None:
        """Work with the database at ``url``, which has its tables."""
        self.database = Database(url, application="faults")
        self._days = 0

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def clear(self) -> None:
        """Empty every table."""
        names = ", ".join(f'"{table.name}"' for table in TABLES.sorted_tables)
        self.run(lambda connection: connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE")))

    def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Do ``work`` in a transaction, again and again while the server is away."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                with self.database.transaction() as connection:
                    return work(connection)
            except (SettingsError, DBAPIError) as error:
                is_away = isinstance(error, SettingsError) or error.connection_invalidated
                if not is_away or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def change(self, statement: str, **values: Any) -> int:
        """Run one statement; return how many rows it touched."""
        return int(self.run(lambda connection: connection.execute(sa.text(statement), values).rowcount))

    def ask(self, query: str, **values: Any) -> list[Any]:
        """Return the rows of a query."""
        return self.run(lambda connection: list(connection.execute(sa.text(query), values)))

    def add_newsletter(self, slug: str) -> Newsletter:
        """Return a new newsletter."""
        settings = NewsletterSettings(
            slug=slug,
            name="The Daily",
            publisher="The Paper",
            sender_address="news@paper.example",
            postal_address="1 Quay Street",
            languages="ar",
        )
        return self.run(lambda connection: add_newsletter(connection, settings))

    def newsletter(self, newsletter_id: int) -> Newsletter:
        """Return a newsletter by id."""
        return self.run(lambda connection: get_newsletter_by_id(connection, newsletter_id))

    def add_readers(self, newsletter: Newsletter, count: int, domains: int) -> None:
        """Put ``count`` active readers, ``reader0@paper0.example`` and so on, on a newsletter."""
        self.change(
            "INSERT INTO subscriber (address, canonical_address) SELECT a, a FROM"
            " (SELECT 'reader' || n || '@paper' || n % :domains || '.example' AS a"
            " FROM generate_series(0, :count - 1) AS n) AS names",
            domains=domains,
            count=count,
        )
        self.join(newsletter)

    def add_addresses(self, newsletter: Newsletter, *addresses: str) -> None:
        """Put addresses on a newsletter as they are, past every check at the door."""
        for each in addresses:
            self.change("INSERT INTO subscriber (address, canonical_address) VALUES (:a, lower(:a))", a=each)
        self.join(newsletter)

    def join(self, newsletter: Newsletter) -> None:
        """Make every subscriber a reader of a newsletter, each third in its other language."""
        self.change(
            "INSERT INTO subscription (subscriber_id, newsletter_id, state, requested_at, confirmed_at, language)"
            " SELECT id, :newsletter, 'active', now(), now(), CASE WHEN id % 3 = 0 THEN 'ar' ELSE '' END"
            " FROM subscriber ORDER BY id ON CONFLICT DO NOTHING",
            newsletter=newsletter.id,
        )

    def make_ready(self, newsletter: Newsletter, padding: int = 0) -> int:
        """Return an edition of a day of its own, in two languages, that is ready.

        Its HTML is ``padding`` octets longer than need be.
        """
        self._days += 1
        now = datetime.now(UTC)
        request = EditionRequest(newsletter.id, _FIRST_DAY + timedelta(days=self._days), now, "faults")
        lines = "<p>The harbour opens again in spring, its keeper says.</p>\n" * (padding // 60)
        contents = {
            Wish(language): Content(
                subject=words,
                preheader="",
                text=f"{words}. Leave: {_MARKER}sunsubscribex\n",
                html=f'<p>{words}, {_MARKER}saddressx</p>\n{lines}<a href="{_MARKER}sunsubscribex">Leave</a>\n',
                marker=_MARKER,
            )
            for language, words in zip(newsletter.all_languages, _WORDS, strict=True)
        }

        def work(connection: sa.Connection) -> int:
            edition_id, _ = plan_edition(connection, request)
            store.move(connection, edition_id, (EditionState.PLANNED, EditionState.GATHERING), gathering_at=now)
            edition = store.get_edition(connection, edition_id)
            freeze_contents(connection, edition, contents, ready_at=now)
            return edition_id

        return self.run(work)

    def begin(self, edition_id: int) -> None:
        """Start the sending of an edition that is ready."""
        state = self.run(lambda connection: start_sending(connection, edition_id, datetime.now(UTC)))
        assert state is EditionState.SENDING, state

    def state(self, edition_id: int) -> tuple[str, str]:
        """Return an edition's state and its reason."""
        found = self.ask("SELECT state, reason FROM edition WHERE id = :id", id=edition_id)
        return str(found[0].state), str(found[0].reason)

    def rows(self, edition_id: int) -> list[Row]:
        """Return an edition's deliveries."""
        found = self.ask(
            "SELECT address, delivery.state, attempts, possible_copy FROM delivery"
            " JOIN subscription ON subscription.id = subscription_id"
            " JOIN subscriber ON subscriber.id = subscriber_id WHERE edition_id = :id",
            id=edition_id,
        )
        return [Row(*row) for row in found]

    def forward(self, edition_id: int) -> None:
        """Let every pause of an edition be over: the harness's one way to make time pass."""
        with_batches = bool(self.ask("SELECT to_regclass('batch') AS name")[0].name)
        self.change(
            "UPDATE delivery SET not_before_at = now() WHERE edition_id = :id AND not_before_at > now()"
            " AND state IN ('pending', 'deferred', 'uncertain')",
            id=edition_id,
        )
        if with_batches:
            self.change("UPDATE batch SET due_at = now() WHERE edition_id = :id AND due_at > now()", id=edition_id)

    @contextmanager
    def open(self) -> Iterator[sa.Connection]:
        """Open a transaction that is not tried again."""
        with self.database.transaction() as connection:
            yield connection
