"""Sessions of the console: a random cookie for the browser, only its hash for us."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.admins.tables import admin, console_session

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
_USE_NOTED_EVERY = timedelta(minutes=1)
_COOKIE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A session still good. ``number`` is what form tokens are bound to: 64 bits of the cookie's hash."""

    admin_id: int
    address: str
    number: int


def open_session(connection: sa.Connection, admin_id: int, now: datetime) -> str:
    """Start a session and return its cookie, 256 random bits; sessions past their time are cleared away."""
    cookie = secrets.token_urlsafe(_COOKIE_BYTES)
    connection.execute(sa.delete(console_session).where(~_is_good(now)))
    row = {"cookie_hash": _hash(cookie), "admin_id": admin_id, "created_at": now, "used_at": now}
    connection.execute(sa.insert(console_session).values(row))
    return cookie


def use_session(connection: sa.Connection, cookie: str, now: datetime) -> Session | None:
    """Return the session of a cookie, its use noted; None when it ended, idled out or never was."""
    cookie_hash = _hash(cookie)
    mine = console_session.c.cookie_hash == cookie_hash
    query = (
        sa.select(admin.c.id, admin.c.address)
        .join(console_session, console_session.c.admin_id == admin.c.id)
        .where(mine, _is_good(now))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    stale = console_session.c.used_at < now - _USE_NOTED_EVERY
    connection.execute(sa.update(console_session).where(mine, stale).values(used_at=now))
    return Session(row.id, row.address, int(cookie_hash[:16], 16))


def close_session(connection: sa.Connection, cookie: str) -> None:
    """End the session of a cookie, if there is one."""
    connection.execute(sa.delete(console_session).where(console_session.c.cookie_hash == _hash(cookie)))


def _is_good(now: datetime) -> sa.ColumnElement[bool]:
    columns = console_session.c
    return sa.and_(columns.used_at > now - IDLE, columns.created_at > now - LONGEST)


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
