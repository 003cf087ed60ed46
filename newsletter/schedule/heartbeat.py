"""The tick's own record: who looks at it knows whether anybody rings the tick at all."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.schedule.tables import heartbeat

TICK = "tick"


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


def last_tick(connection: sa.Connection) -> datetime | None:
    """Return when the tick was last done, by the database's clock, or None."""
    return connection.execute(
        sa.select(heartbeat.c.beaten_at).where(heartbeat.c.name == TICK)
    ).scalar_one_or_none()
