"""A day in rows, without gathering or rendering: readers, articles, an edition that is ready."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.delivery.accounting.lease import FREE
from newsletter.delivery.accounting.ledger import Ledger, LedgerRules
from newsletter.delivery.drain import Drained, Way, drain
from newsletter.delivery.messages.composer import Copy, load_copies, load_copy
from newsletter.delivery.messages.encoding import Encoding
from newsletter.delivery.plan import HELD_BACK, Slicing
from newsletter.delivery.post import Post
from newsletter.delivery.start import start_sending
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.delivery.throttling.operator import KnownOperators
from newsletter.delivery.throttling.throttle import Throttle
from newsletter.delivery.transport import MemoryTransport, Transport
from newsletter.edition import store
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import Part, edition_article, edition_content
from newsletter.gather.article import Genre
from newsletter.gather.tables import article
from newsletter.insight.figures import count_deliveries
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader, unsubscribe
from newsletter.tokens import Tokens

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
MARKER = "nl0123456789abcdef"
ORIGIN = Origin("test")
WORDS = {
    "en": ("Harbour opens", "Leave"),
    "ar": ("افتُتح الميناء أمام السفن", "لإلغاء الاشتراك"),
    "fr": ("Le port rouvre", "Quitter"),
}
"""What an edition says, and how to leave."""

_ROWS = sa.select(delivery)


def _content(edition_id: int, place: int, language: str) -> dict[str, Any]:
    subject, leave = WORDS[language]
    return {
        "edition_id": edition_id,
        "place": place,
        "language": language,
        "subject": subject,
        "preheader": "",
        "text": f"{subject}. {leave}: {MARKER}sunsubscribex\n",
        "html": f'<p>For {MARKER}saddressx</p><a href="{MARKER}sunsubscribex">{leave}</a>\n',
        "marker": MARKER,
    }


@dataclass
class Press:
    """What the tests of this room do to a newsletter, in transactions of their own."""

    database: Database
    newsletter: Newsletter
    tokens: Tokens
    journals: FileJournals
    transport: Transport = field(default_factory=MemoryTransport)
    slicing: Slicing = field(default_factory=Slicing)
    encoding: Encoding = Encoding.QUOTED_PRINTABLE
    inbound_domain: str = ""

    @property
    def post(self) -> Post:
        """What mail goes out with."""
        home = "https://news.paper.example"
        domain = self.inbound_domain
        return Post(
            self.database, self.tokens, home, self.transport, encoding=self.encoding, inbound_domain=domain
        )

    def ledger(self, policy: str = "resend") -> Ledger:
        """Return a ledger whose dice always fall in the middle."""
        return Ledger(self.database, self.journals, LedgerRules(uncertain_policy=policy), dice=lambda: 0.5)

    def submit(self, edition_id: int, most: int = 1_000_000, policy: str = "resend") -> Drained:
        """Drain an edition until nothing of it is due, or about ``most`` messages were begun."""
        looks = iter(range(most))
        way = Way(self.ledger(policy), Throttle(self.transport.relays, {}), KnownOperators(), 1)
        return drain(self.post, way, self.copies(edition_id), lambda: next(looks, None) is not None)

    def add_readers(self, *names: str) -> list[int]:
        """Return the subscriptions of active readers, each at example.org."""
        with self.database.transaction() as connection:
            return [
                add_reader(connection, self.newsletter.id, f"{name}@example.org", ORIGIN, NOW) for name in names
            ]

    def unsubscribe(self, subscription_id: int) -> None:
        """Let a reader leave."""
        with self.database.transaction() as connection:
            unsubscribe(connection, subscription_id, ORIGIN, NOW)

    def put_articles(self, *names: str) -> list[int]:
        """Return the ids of articles, each known by a name of its own."""
        rows = [
            {
                "canonical_url": f"https://paper.example/{name}",
                "url": f"https://paper.example/{name}",
                "title": name,
                "genre": Genre.NEWS,
                "first_seen_at": NOW,
                "last_seen_at": NOW,
            }
            for name in names
        ]
        with self.database.transaction() as connection:
            return list(connection.execute(sa.insert(article).returning(article.c.id), rows).scalars())

    def make_ready(
        self,
        article_ids: Sequence[int],
        on: date = TODAY,
        subscription_ids: tuple[int, ...] | None = None,
        languages: Sequence[str] = ("en",),
    ) -> int:
        """Return an edition of a date that is ready with these articles, in these languages."""
        request = EditionRequest(self.newsletter.id, on, NOW, "test", subscription_ids=subscription_ids)
        with self.database.transaction() as connection:
            edition_id, _ = plan_edition(connection, request)
            store.move(connection, edition_id, (EditionState.PLANNED, EditionState.GATHERING), gathering_at=NOW)
            ready = (EditionState.GATHERING, EditionState.READY)
            store.move(connection, edition_id, ready, content_hash="0", ready_at=NOW)
            contents = [_content(edition_id, place, language) for place, language in enumerate(languages)]
            connection.execute(sa.insert(edition_content), contents)
            for place, article_id in enumerate(article_ids, start=1):
                connection.execute(
                    sa.insert(edition_article).values(
                        edition_id=edition_id,
                        place=place,
                        article_id=article_id,
                        part=Part.TOP_STORIES,
                        title="Title",
                        url="https://paper.example",
                        source="Paper",
                        points=1.0,
                        parts={},
                        why="It is new.",
                    )
                )
        return edition_id

    def start(self, edition_id: int) -> EditionState:
        """Start a sending."""
        with self.database.transaction() as connection:
            return start_sending(connection, edition_id, NOW, self.slicing)

    def send(self, *names: str) -> int:
        """Return an edition that is being sent to new readers of these names."""
        self.add_readers(*names)
        edition_id = self.make_ready([])
        assert self.start(edition_id) is EditionState.SENDING
        return edition_id

    def edition(self, edition_id: int) -> Edition:
        """Return an edition as it stands."""
        with self.database.transaction() as connection:
            return store.get_edition(connection, edition_id)

    def copy(self, edition_id: int) -> Copy:
        """Return what the messages of an edition share."""
        return load_copy(self.post, edition_id)

    def copies(self, edition_id: int) -> Sequence[Copy]:
        """Return the same for all of its contents."""
        return load_copies(self.post, edition_id, with_sections=True)

    def counts(self, edition_id: int) -> dict[DeliveryState, int]:
        """Return how many deliveries are in each state."""
        with self.database.transaction() as connection:
            return count_deliveries(connection, edition_id)

    def row(self, delivery_id: int) -> sa.Row[Any]:
        """Return a delivery's row."""
        with self.database.transaction() as connection:
            return connection.execute(_ROWS.where(delivery.c.id == delivery_id)).one()

    def rows(self, edition_id: int) -> list[sa.Row[Any]]:
        """Return the rows of an edition's deliveries."""
        query = _ROWS.where(delivery.c.edition_id == edition_id).order_by(delivery.c.id)
        with self.database.transaction() as connection:
            return list(connection.execute(query))

    def change(self, *where: sa.ColumnElement[bool], **values: Any) -> None:
        """Change rows of deliveries, as time or a crash would have."""
        with self.database.transaction() as connection:
            connection.execute(sa.update(delivery).where(*where).values(**values))

    def end_leases(self, edition_id: int) -> None:
        """Let every lease of an edition run out, as if its holders had been stopped a while ago."""
        ended = sa.func.now() - timedelta(seconds=1)
        where = (batch.c.edition_id == edition_id, batch.c.lease_until != FREE)
        with self.database.transaction() as connection:
            connection.execute(sa.update(batch).where(*where).values(lease_until=ended))

    def make_due(self, edition_id: int) -> None:
        """Let every pause of an edition be over."""
        past = sa.func.now() - timedelta(seconds=1)
        self.change(delivery.c.edition_id == edition_id, not_before_at=past)
        where = (batch.c.edition_id == edition_id, batch.c.due_at > past, batch.c.due_at < HELD_BACK)
        with self.database.transaction() as connection:
            connection.execute(sa.update(batch).where(*where).values(due_at=past))
