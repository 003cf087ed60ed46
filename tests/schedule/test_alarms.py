"""Alarms: each is told once for what it is about, unless it may return."""

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.schedule.alarms import Cause, alarms_in_force, due_alarms, end_alarms, raise_alarm
from newsletter.schedule.tables import AlarmKind, alarm

CAUSE = Cause(AlarmKind.PREFLIGHT, "daily/2026-03-02 abc", "A link is dead.", may_return=True)
LATER = timedelta(hours=1)


def raised(database: Database, cause: Cause, at: datetime) -> bool:
    with database.transaction() as connection:
        return raise_alarm(connection, cause, at)


def test_one_in_force_is_raised_once(database: Database, noon: datetime) -> None:
    """The same again, while it holds, is nothing new."""
    assert [True, False] == [raised(database, CAUSE, noon), raised(database, CAUSE, noon + LATER)]


def test_what_returns_is_told_again(database: Database, noon: datetime) -> None:
    """An alarm that may return is mailed anew once it had ended, with what it says now."""
    raised(database, CAUSE, noon)
    with database.transaction() as connection:
        connection.execute(sa.update(alarm).values(mail_due_at=None, mail_settled=["desk@example.org"]))
        end_alarms(connection, sa.true(), noon)
    assert raised(database, replace(CAUSE, reason="Another link is dead."), noon + LATER)
    with database.transaction() as connection:
        (found,) = alarms_in_force(connection)
        assert [found.id] == due_alarms(connection, noon + LATER)
        assert ([],) == connection.execute(sa.select(alarm.c.mail_settled)).one()
    assert ("Another link is dead.", noon + LATER, None) == (found.reason, found.raised_at, found.ended_at)


def test_others_are_told_once_for_ever(database: Database, noon: datetime) -> None:
    """A date that was missed is missed once, whatever was sent since."""
    missed = Cause(AlarmKind.MISSED, "daily/2026-03-02", "It is late.")
    raised(database, missed, noon)
    with database.transaction() as connection:
        end_alarms(connection, sa.true(), noon)
    assert not raised(database, missed, noon + LATER)
