"""All that a database holds, to tell whether anything changed."""

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.schema import TABLES


def every_row(database: Database) -> dict[str, list[str]]:
    """Return every row of every table as text, by the table's name."""
    with database.transaction() as connection:
        return {
            table.name: sorted(connection.execute(sa.text(f'SELECT t::text FROM "{table.name}" t')).scalars())
            for table in TABLES.sorted_tables
        }
