"""The tick's own record: who looks at it knows whether anybody rings the tick at all, and what it did lately."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.schedule.tables import heartbeat

TICK = "tick"
TASTE = "taste"
MAILBOX = "mailbox"


def note_tick(connection: sa.Connection) -> None:
    """Write down that the tick is being done now, by the database's clock."""
    row = insert(heartbeat).values(name=TICK, beaten_at=sa.func.now())
    connection.execute(
        row.on_conflict_do_update(index_elements=["name"], set_={"beaten_at": row.excluded.beaten_at})
    )


def is_tick_overdue(connection: sa.Connection, limit: timedelta) -> bool:
    """Whether no tick was done for this long, or ever."""
    recent = sa.exists().where(heartbeat.c.name == TICK, heartbeat.c.beaten_at > sa.func.now() - limit)
    return not connection.execute(sa.select(recent)).scalar_one()


def take_turn(connection: sa.Connection, name: str, pause: timedelta, now: datetime) -> bool:
    """Whether what is done once in a ``pause`` is to be done now; of several who ask at once, one is told so."""
    # Looked at before it is written to: most ask in vain, and must not wait for each other's rows.
    known = sa.select(heartbeat.c.beaten_at).where(heartbeat.c.name == name)
    done_at = connection.execute(known).scalar_one_or_none()
    if done_at is not None and done_at > now - pause:
        return False
    row = insert(heartbeat).values(name=name, beaten_at=now)
    taken = row.on_conflict_do_update(
        index_elements=["name"],
        set_={"beaten_at": row.excluded.beaten_at},
        where=heartbeat.c.beaten_at <= now - pause,
    )
    return connection.execute(taken.returning(heartbeat.c.name)).one_or_none() is not None


def last_tick(connection: sa.Connection) -> datetime | None:
    """Return when the tick was last done, by the database's clock, or None."""
    return connection.execute(
        sa.select(heartbeat.c.beaten_at).where(heartbeat.c.name == TICK)
    ).scalar_one_or_none()
