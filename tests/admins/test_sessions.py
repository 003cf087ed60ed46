"""A session is a cookie we cannot read back."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.admins.sessions import IDLE, LONGEST, close_session, open_session, use_session
from newsletter.admins.store import create_admin
from newsletter.admins.tables import console_session
from newsletter.db import Database


def _admin(connection: sa.Connection) -> int:
    return create_admin(connection, "editor@paper.example", "four words nobody joins")


def test_a_cookie_leads_to_its_admin(database: Database, noon: datetime) -> None:
    """Two sessions differ in cookie and number; a wrong cookie leads nowhere."""
    with database.transaction() as connection:
        admin_id = _admin(connection)
        cookies = [open_session(connection, admin_id, noon) for _ in range(2)]
        found = [use_session(connection, cookie, noon) for cookie in cookies]
        assert all(each is not None and each.admin_id == admin_id for each in found)
        assert len({each.number for each in found if each}) == 2
        assert use_session(connection, cookies[0] + "x", noon) is None
        close_session(connection, cookies[0])
        assert use_session(connection, cookies[0], noon) is None
        assert use_session(connection, cookies[1], noon) is not None


def test_use_keeps_a_session_and_age_ends_it(database: Database, noon: datetime) -> None:
    """Idle and absolute limits both hold, and the dead are cleared away at the next login."""
    with database.transaction() as connection:
        admin_id = _admin(connection)
        idle, busy = (open_session(connection, admin_id, noon) for _ in range(2))
        at = noon
        while at < noon + LONGEST - IDLE:
            at += IDLE - timedelta(minutes=1)
            assert use_session(connection, busy, at) is not None
        assert use_session(connection, idle, at) is None
        assert use_session(connection, busy, noon + LONGEST) is None
        open_session(connection, admin_id, noon + LONGEST)
        assert connection.execute(sa.select(sa.func.count()).select_from(console_session)).scalar_one() == 1
