"""The schema of the whole database: every room's tables, and the migrations that build them."""

from importlib import resources

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from newsletter.admins import tables as _admins
from newsletter.db import Database, metadata
from newsletter.delivery import tables as _delivery
from newsletter.edition import tables as _edition
from newsletter.gather import tables as _gather
from newsletter.inbound import tables as _inbound
from newsletter.insight import tables as _insight
from newsletter.preflight import tables as _preflight
from newsletter.publication import tables as _publication
from newsletter.readers import tables as _readers
from newsletter.schedule import tables as _schedule

__all__ = ["TABLES", "migrate", "pending_migrations"]

ROOMS = (_publication, _gather, _edition, _readers, _delivery, _preflight, _inbound, _schedule, _insight, _admins)
"""Importing a room's tables is what puts them into the metadata."""

TABLES = metadata

_LOCK = 0x6E6577736C657474
"""An advisory lock of our own, so that two processes starting at once do not migrate against each other."""


def migrate(database: Database) -> None:
    """Bring the schema to the newest version; does nothing where it is."""
    with database.transaction() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def pending_migrations(database: Database) -> bool:
    """Whether the schema is older than this program."""
    with database.transaction() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current != ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("newsletter") / "migrations"))
    return config
