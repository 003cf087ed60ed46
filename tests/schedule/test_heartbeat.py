"""Whether anybody rings the tick."""

from datetime import timedelta

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.schedule.heartbeat import is_tick_overdue, note_tick
from newsletter.schedule.tables import heartbeat


def is_overdue(database: Database) -> bool:
    """Look with the patience of a minute."""
    with database.transaction() as connection:
        return is_tick_overdue(connection, timedelta(minutes=1))


def test_before_the_first_tick(database: Database) -> None:
    """An installation whose beat was never started is overdue."""
    assert is_overdue(database)


def test_after_a_tick(database: Database) -> None:
    """A tick just done is not overdue, and done again it is still one row."""
    with database.transaction() as connection:
        note_tick(connection)
        note_tick(connection)
        rows = connection.execute(sa.select(sa.func.count()).select_from(heartbeat)).scalar_one()
    assert (1, False) == (rows, is_overdue(database))


def test_long_after_the_last_tick(database: Database) -> None:
    """By the database's clock, a tick of two minutes ago is too long ago."""
    with database.transaction() as connection:
        note_tick(connection)
        connection.execute(sa.update(heartbeat).values(beaten_at=heartbeat.c.beaten_at - timedelta(minutes=2)))
    assert is_overdue(database)
