"""Real parts for every test that wants them: the embedded PostgreSQL and Valkey, started once a session."""

import logging
import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from playwright.sync_api import Browser

from newsletter.cli.session import migrate_database
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.local.stack import LocalStack, Part
from newsletter.publication.newsletters import Newsletter, NewsletterSettings, add_newsletter
from newsletter.schema import TABLES
from newsletter.tokens import Tokens
from tests.browsing import browsing

SECRET = "a-secret-only-for-tests-0123456789abcdef"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Leave logging as it was found: a command that is tested sets it up for its whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Give settings that lead to PostgreSQL and Valkey of this session alone, the schema in place."""
    settings = Settings.from_environment(
        data_dir=tmp_path_factory.mktemp("servers"), database_url="", redis_url="", smtp_url="", secret_key=SECRET
    )
    with LocalStack(settings, {Part.SERVERS}, migrate_database) as stack:
        yield stack.settings


@pytest.fixture(scope="session")
def _shared_database(servers: Settings) -> Iterator[Database]:
    database = Database(servers.database_url.get_secret_value(), application="tests")
    yield database
    database.close()


@pytest.fixture
def database(_shared_database: Database) -> Database:
    """Give the session's database with every table empty."""
    names = ", ".join(f'"{table.name}"' for table in TABLES.sorted_tables)
    with _shared_database.transaction() as connection:
        connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    return _shared_database


@pytest.fixture
def daily(database: Database) -> Newsletter:
    """Give a newsletter of the most usual kind."""
    with database.transaction() as connection:
        return add_newsletter(
            connection,
            NewsletterSettings(
                slug="daily",
                name="The Daily",
                publisher="The Paper",
                sender_address="news@paper.example",
                postal_address="1 Quay Street",
            ),
        )


@pytest.fixture
def tokens() -> Tokens:
    """Give the signer of the tests' secret."""
    return Tokens(SECRET)


@pytest.fixture
def noon() -> datetime:
    """Give one fixed moment to decide everything at."""
    return datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def templates() -> tuple[Path, ...]:
    """Give the folders that our templates are in."""
    return Settings.from_environment().template_folders


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where skips are forbidden, a skipped test has failed: the machine lacks what the test needs.

    The captured feeds are other people's text and no part of a machine: without them their tests may be skipped.
    """
    report = yield
    is_forbidden = os.environ.get("NEWSLETTER_FORBID_SKIPS") and not item.get_closest_marker("samples")
    if report.skipped and is_forbidden:
        report.outcome = "failed"
        report.longrepr = f"skipped, and skips are forbidden here: {report.longrepr}"
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a browser without a window, for as long as a module's tests last (``tests.browsing``)."""
    with browsing() as opened:
        yield opened
