"""The migrations build exactly the tables that the code names."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery.plan import wish_for
from newsletter.edition.states import EditionState
from newsletter.edition.store import Wish, get_contents, get_edition
from newsletter.edition.tables import EditionKind
from newsletter.schema import TABLES, migrate, pending_migrations


@pytest.fixture
def empty(servers: Settings) -> Iterator[Database]:
    """Give a database with nothing in it, dropped after the test."""
    home = Database(servers.database_url.get_secret_value())
    name = f"empty_{uuid4().hex}"
    with home.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    fresh = Database(url_of(home, name))
    yield fresh
    fresh.close()
    with home.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    home.close()


def url_of(database: Database, name: str) -> str:
    return database.engine.url.set(database=name).render_as_string(hide_password=False)


def differences(database: Database) -> list[object]:
    with database.transaction() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, TABLES))


def migrate_from(database: Database, revision: str, rows: str) -> None:
    """Bring an empty database to an older version, put rows into it, and migrate it."""
    with database.transaction() as connection:
        config = Config()
        config.set_main_option("script_location", str(resources.files("newsletter") / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.exec_driver_sql(rows)
    migrate(database)


def constraints(connection: sa.Connection) -> set[tuple[str, str]]:
    found = connection.execute(
        sa.text(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic%'"
        )
    )
    return {(name, definition) for name, definition in found}


def test_the_migrations_build_the_tables(empty: Database) -> None:
    """From nothing to the newest version there is no difference left to the tables in the code."""
    assert pending_migrations(empty)
    migrate(empty)
    assert not pending_migrations(empty)
    assert [] == differences(empty)


def test_the_migrations_build_every_promise(empty: Database) -> None:
    """Each constraint of the code is in the migrated database word for word, the checks included."""
    migrate(empty)
    with empty.transaction() as connection:
        migrated = constraints(connection)
        TABLES.drop_all(connection)
        TABLES.create_all(connection)
        assert constraints(connection) == migrated


def test_migrating_twice_is_harmless(empty: Database) -> None:
    """A start on a database that is up to date changes nothing."""
    migrate(empty)
    migrate(empty)
    assert [] == differences(empty)


def test_threads_that_start_at_once_do_not_fight(empty: Database) -> None:
    """Four starts at the same moment all succeed, and the migrations ran once."""
    with ThreadPoolExecutor(4) as pool:
        for start in [pool.submit(migrate, empty) for _ in range(4)]:
            start.result()
    assert [] == differences(empty)


def test_processes_that_start_at_once_do_not_fight(empty: Database) -> None:
    """Two hosts that are brought up together leave one good schema."""
    program = "import sys; from newsletter import db, schema; schema.migrate(db.Database(sys.argv[1]))"
    url = empty.engine.url.render_as_string(hide_password=False)
    starts = [subprocess.Popen([sys.executable, "-c", program, url]) for _ in range(2)]
    assert [0, 0] == [start.wait() for start in starts]
    assert [] == differences(empty)


def test_an_edition_being_sent_goes_on_in_batches(empty: Database) -> None:
    """Of 4,500 readers and two late ones beyond another edition's: all who wait, and only they, are in batches.

    What was under way may have been accepted: it is uncertain, and rests. Nobody's lifetime begins again.
    """
    migrate_from(empty, "0002", _BEING_SENT)
    with empty.transaction() as connection:
        told = connection.execute(
            sa.text(
                "SELECT edition_id, first_id, last_id, due_at > now(), lease_until = '-infinity',"
                " created_at < now() - interval '2 hours' FROM batch ORDER BY id"
            )
        ).all()
        assert [
            (1, 1, 2000, False, True, True),
            (1, 2001, 4000, True, True, True),
            (1, 4503, 4504, False, True, True),
        ] == [tuple(row) for row in told]
        counts = connection.execute(
            sa.text(
                "SELECT state, possible_copy, not_before_at > now() + interval '19 minutes', count(*)"
                " FROM delivery GROUP BY 1, 2, 3 ORDER BY 1"
            )
        ).all()
        assert [
            ("accepted", False, False, 2502),
            ("pending", False, False, 1002),
            ("uncertain", True, True, 1000),
        ] == [tuple(row) for row in counts]


_BEING_SENT = """
INSERT INTO newsletter (slug, name, publisher, sender_address)
  VALUES ('daily', 'The Daily', 'P', 'n@paper.example');
INSERT INTO edition (newsletter_id, key, edition_on, state, requested_by, sends_when_ready, due_at)
  SELECT 1, key, '2026-03-02', 'sending', 'test', true, now() FROM unnest(ARRAY['one', 'two']) AS key;
INSERT INTO subscriber (address, canonical_address)
  SELECT address, address
  FROM (SELECT 'reader' || n || '@paper.example' FROM generate_series(1, 4502) AS n) AS numbered (address);
INSERT INTO subscription (newsletter_id, subscriber_id, state, requested_at)
  SELECT 1, id, 'active', now() FROM subscriber ORDER BY id;
INSERT INTO delivery (edition_id, subscription_id, created_at, state)
  SELECT 1, id, now() - interval '3 hours',
    CASE WHEN id <= 1000 THEN 'pending' WHEN id BETWEEN 3001 AND 4000 THEN 'in_flight' ELSE 'accepted' END
  FROM subscription WHERE id <= 4500 ORDER BY id;
INSERT INTO delivery (edition_id, subscription_id, state) SELECT 2, id, 'accepted' FROM subscription WHERE id <= 2;
INSERT INTO delivery (edition_id, subscription_id, created_at)
  SELECT 1, id, now() - interval '3 hours' FROM subscription WHERE id > 4500 ORDER BY id;
"""


def test_what_was_frozen_of_an_edition_goes_on_as_its_only_language(empty: Database) -> None:
    """An edition that was assembled has its content in the newsletter's own language; no other has any.

    Its deliveries are in that, its readers are where they were, and nobody is owed a letter for the past.
    """
    migrate_from(empty, "0005", _FROZEN)
    with empty.transaction() as connection:
        own = get_contents(connection, 1)
        assert [("fr", "Bonjour", "Avant", "Texte", "<p>HTML</p>", "nlmark")] == [
            (each.language, each.subject, each.preheader, each.text, each.html, each.marker) for each in own
        ]
        assert "Prête" == get_edition(connection, 2).subject
        assert (EditionState.PLANNED, "") == ((planned := get_edition(connection, 3)).state, planned.subject)
        assert {EditionKind.DIGEST} == {get_edition(connection, each).kind for each in (1, 2, 3)}
        told = "SELECT state, language, paused_until FROM subscription ORDER BY id"
        assert [("active", "", None), ("unsubscribed", "", None)] == [
            tuple(row) for row in connection.exec_driver_sql(told)
        ]
        assert [(1, "", "accepted"), (2, "", "pending")] == [
            tuple(row)
            for row in connection.exec_driver_sql(
                "SELECT subscription_id, language, state FROM delivery ORDER BY 1"
            )
        ]
        assert [("sent", [])] == [
            tuple(row) for row in connection.exec_driver_sql("SELECT kind, mail_settled FROM verdict")
        ]
        assert [0, 0, 0] == [
            connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()
            for name in ("owed_letter", "proof", "preflight")
        ]


_FROZEN = """
INSERT INTO newsletter (slug, name, publisher, sender_address, language)
  VALUES ('daily', 'Le Quotidien', 'P', 'n@paper.example', 'fr');
INSERT INTO edition (newsletter_id, key, edition_on, state, requested_by, sends_when_ready, due_at, ready_at,
    subject, preheader, text, html, marker, content_hash)
  VALUES
    (1, 'one', '2026-03-02', 'sending', 'test', true, now(), now(),
      'Bonjour', 'Avant', 'Texte', '<p>HTML</p>', 'nlmark', 'aa'),
    (1, 'two', '2026-03-03', 'ready', 'test', true, now(), now(), 'Prête', '', 'T', 'H', 'nlmark', 'bb');
INSERT INTO edition (newsletter_id, key, edition_on, state, requested_by, sends_when_ready, due_at)
  VALUES (1, 'three', '2026-03-04', 'planned', 'test', true, now());
INSERT INTO subscriber (address, canonical_address)
  VALUES ('a@r.example', 'a@r.example'), ('b@r.example', 'b@r.example');
INSERT INTO subscription (newsletter_id, subscriber_id, state, requested_at)
  VALUES (1, 1, 'active', now()), (1, 2, 'unsubscribed', now());
INSERT INTO delivery (edition_id, subscription_id, state) VALUES (1, 1, 'accepted'), (1, 2, 'pending');
INSERT INTO verdict (edition_id, kind, reason, given_at) VALUES (1, 'sent', 'All of it.', now());
"""


def test_readers_and_what_was_sent_stay_as_they_were(empty: Database) -> None:
    """Nobody's choices, asks, suppressions or mail change because there is more to choose now.

    An edition that is being sent goes on with the one content that it has in each language; who asked to be
    confirmed has used up that ask; and who was suppressed still is, under the same address.
    """
    migrate_from(empty, "0006", _CHOSEN)
    with empty.transaction() as connection:

        def told(query: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

        assert [("a@r.example", 1), ("b@r.example", 0)] == told(
            "SELECT address, cardinality(confirmation_asks) FROM subscriber ORDER BY id"
        )
        assert [(True,)] == told(
            "SELECT confirmation_asks[1] = '2026-03-01 07:00+00' FROM subscriber WHERE id = 1"
        )
        assert [
            ("active", "Asia/Tokyo", "ar", "daily", None, [], False, True),
            ("paused", "", "", "daily", None, [], False, False),
        ] == told(
            "SELECT state, zone, language, frequency, hour, sections, breaking, paused_until IS NULL"
            " FROM subscription ORDER BY id"
        )
        assert [("requested", "form", "203.0.113.0/24", "", ""), ("paused", "page", "", "", "")] == told(
            "SELECT event, how, network, source, text_version FROM consent ORDER BY id"
        )
        assert [("b@r.example", None, "complaint", "spam"), ("c@r.example", None, "bounce", "gone")] == told(
            "SELECT canonical_address, address_hash, reason, detail FROM suppression ORDER BY canonical_address"
        )
        assert [("en", ""), ("ar", "")] == [(each.language, each.sections) for each in get_contents(connection, 1)]
        assert [(1, "ar", "", "pending")] == told(
            "SELECT subscription_id, language, sections, state FROM delivery"
        )
        assert [(2, "suppressed")] == told("SELECT subscription_id, reason FROM exclusion")
        assert [("goodbye", True)] == told("SELECT kind, mail_due_at IS NOT NULL FROM owed_letter")
        assert [("preflight", "daily/one")] == told("SELECT kind, about FROM alarm")
        assert Wish("ar") == wish_for(connection, get_edition(connection, 1), 1)
        for table in ("sign_up", "address_change", "inbound_mail", "report", "owed_reply"):
            assert [(0,)] == told(f"SELECT count(*) FROM {table}")


_CHOSEN = """
INSERT INTO newsletter (slug, name, publisher, sender_address, languages)
  VALUES ('daily', 'The Daily', 'P', 'n@paper.example', 'ar');
INSERT INTO edition (newsletter_id, key, edition_on, state, requested_by, sends_when_ready, due_at, ready_at,
    content_hash)
  VALUES (1, 'one', '2026-03-02', 'sending', 'test', true, now(), now(), 'aa');
INSERT INTO edition_content (edition_id, language, place, subject, preheader, text, html, marker)
  VALUES (1, 'en', 0, 'Hello', '', 'T', 'H', 'nlmark'), (1, 'ar', 1, 'Marhaban', '', 'T', 'H', 'nlmark');
INSERT INTO subscriber (address, canonical_address, confirmation_asked_at)
  VALUES ('a@r.example', 'a@r.example', '2026-03-01 07:00+00'), ('b@r.example', 'b@r.example', NULL);
INSERT INTO subscription (newsletter_id, subscriber_id, state, requested_at, zone, language, paused_until)
  VALUES (1, 1, 'active', now(), 'Asia/Tokyo', 'ar', NULL),
    (1, 2, 'paused', now(), '', '', now() + interval '3 days');
INSERT INTO consent (subscription_id, event, at, how, network)
  VALUES (1, 'requested', now(), 'form', '203.0.113.0/24'), (2, 'paused', now(), 'page', '');
INSERT INTO suppression (canonical_address, reason, detail)
  VALUES ('c@r.example', 'bounce', 'gone'), ('b@r.example', 'complaint', 'spam');
INSERT INTO delivery (edition_id, subscription_id, language) VALUES (1, 1, 'ar');
INSERT INTO exclusion (edition_id, subscription_id, reason) VALUES (1, 2, 'suppressed');
INSERT INTO owed_letter (subscription_id, kind, owed_at, mail_due_at) VALUES (2, 'goodbye', now(), now());
INSERT INTO alarm (newsletter_id, kind, about, reason, raised_at)
  VALUES (1, 'preflight', 'daily/one', 'Something.', now());
"""


def test_a_migration_that_fails_leaves_nothing_behind(empty: Database) -> None:
    """All of it or nothing: a table in the way leaves the database as it was, to be tried again."""
    with empty.transaction() as connection:
        connection.execute(sa.text("CREATE TABLE sent_article (note text)"))
    with pytest.raises(sa.exc.ProgrammingError, match="already exists"):
        migrate(empty)
    with empty.transaction() as connection:
        assert ["sent_article"] == sa.inspect(connection).get_table_names()
        connection.execute(sa.text("DROP TABLE sent_article"))
    migrate(empty)
    assert [] == differences(empty)
