"""The consent log as tests of what readers do see it."""

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.readers.tables import consent

Logged = tuple[str, str, str]
"""What happened, by which way, and from which network."""


def log_after_adding(database: Database) -> list[Logged]:
    """Return what the consent log says besides that the reader was added."""
    columns = (consent.c.event, consent.c.how, consent.c.network)
    with database.transaction() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(consent.c.id))][1:]
