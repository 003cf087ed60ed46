"""Whether anybody rings the tick."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.schedule.heartbeat import is_tick_overdue, note_tick, take_turn
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


def test_a_turn_comes_once_in_a_while(database: Database, noon: datetime) -> None:
    """The first who asks has it, then nobody until the pause is over; each name has turns of its own."""
    hour, second = timedelta(hours=1), timedelta(seconds=1)
    with database.transaction() as connection:
        asked = (noon, noon + second, noon + hour - second, noon + hour, noon + hour + second)
        assert [True, False, False, True, False] == [take_turn(connection, "a", hour, at) for at in asked]
        assert take_turn(connection, "b", hour, noon + second)
        assert is_tick_overdue(connection, hour)


def test_of_several_that_ask_at_once_one_has_the_turn(database: Database, noon: datetime) -> None:
    """However many ticks are done at the same moment, first or later."""
    hour = timedelta(hours=1)
    for at in (noon, noon + hour):
        together = Barrier(4)

        def ask(at: datetime = at, together: Barrier = together) -> bool:
            with database.transaction() as connection:
                together.wait()
                return take_turn(connection, "a", hour, at)

        with ThreadPoolExecutor(4) as pool:
            turns = [each.result() for each in [pool.submit(ask) for _ in range(4)]]
        assert [False, False, False, True] == sorted(turns)
