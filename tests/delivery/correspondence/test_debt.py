"""What a row owes survives whoever tries to pay it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.delivery.correspondence.debt import RETRY_AFTER, Debt
from newsletter.schedule.tables import AlarmKind, alarm
from tests.delivery.press import NOW

MOST = 3
DEBT = Debt(alarm, alarm.c.about == "all", MOST)


@pytest.fixture(autouse=True)
def _owed(database: Database) -> None:
    row = {"kind": AlarmKind.TICK, "about": "all", "reason": "Silence.", "raised_at": NOW, "mail_due_at": NOW}
    with database.transaction() as connection:
        connection.execute(sa.insert(alarm).values(row))


def take(database: Database, tries: int) -> bool:
    """Try to take it after so many pauses."""
    with database.transaction() as connection:
        return DEBT.take(connection, NOW + tries * RETRY_AFTER)


def due(database: Database) -> object:
    """Return when it is due next."""
    with database.transaction() as connection:
        return connection.execute(sa.select(alarm.c.mail_due_at)).scalar_one()


def test_whoever_dies_leaves_it_owed(database: Database) -> None:
    """A process that took it and was killed is followed by another, so often and no more."""
    taken = [take(database, tries) for tries in range(MOST)]
    assert ([True] * MOST, NOW + MOST * RETRY_AFTER) == (taken, due(database))
    assert not take(database, MOST)
    assert due(database) is None


def test_taken_is_taken(database: Database) -> None:
    """A second process finds it not due, before and after it is paid."""
    assert [True, False] == [take(database, 0), take(database, 0)]
    with database.transaction() as connection:
        DEBT.pay(connection)
    assert not take(database, 100)


def test_given_back_it_costs_nothing(database: Database) -> None:
    """A relay that was not there leaves all tries."""
    for tries in range(MOST + 2):
        assert take(database, tries)
        with database.transaction() as connection:
            DEBT.give_back(connection)
    assert NOW + (MOST + 2) * RETRY_AFTER == due(database)


def test_before_its_time_nothing_is_taken(database: Database) -> None:
    """It is due when it is due."""
    with database.transaction() as connection:
        assert not DEBT.take(connection, NOW - timedelta(seconds=1))
