"""How often something may happen, kept as one moment a bucket: the generic cell rate algorithm, in one statement.

The moment says until when a bucket's rate is used up. It moves on by one interval each time, and never lags more
behind the present than a burst is worth. Two who ask at once are one after the other, because they write the same
row; nothing is counted, so nothing has to be forgotten but rows whose moment is long past.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.readers.tables import allowance

HOUR = timedelta(hours=1)

_FORGOTTEN_AFTER = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, then one an interval."""

    burst: int
    interval: timedelta

    @property
    def lag(self) -> timedelta:
        """How far the moment of a rested bucket lies behind the present: all of a burst but its last."""
        return (self.burst - 1) * self.interval


def hourly(most: int, burst: int) -> Rate:
    """Return the rate at which no hour sees more than ``most``, ``burst`` of them at once. Pure.

    An hour can begin with a burst; the others are spread over what is left of it.
    """
    at_once = max(1, min(burst, most))
    # Rounded up, lest a lost microsecond let one more into the hour.
    return Rate(at_once, -(-HOUR // (most - at_once + 1)))


def take(
    connection: sa.Connection, bucket: str, rate: Rate, now: datetime, patience: timedelta = timedelta(0)
) -> datetime | None:
    """Take a place in a bucket; return from when on it may be used, or None where that is beyond ``patience``.

    What is refused takes no place.
    """
    used = allowance.c.used_until_at
    rested = sa.literal(now - rate.lag)
    row = insert(allowance).values(bucket=bucket, used_until_at=now - rate.lag + rate.interval)
    taken = row.on_conflict_do_update(
        index_elements=["bucket"],
        set_={"used_until_at": sa.func.greatest(used, rested) + rate.interval},
        where=used <= now + patience,
    )
    until = connection.execute(taken.returning(used)).scalar_one_or_none()
    return None if until is None else max(now, until - rate.interval)


def is_used_up(connection: sa.Connection, bucket: str, now: datetime) -> bool:
    """Whether who asks now has to wait."""
    full = sa.exists().where(allowance.c.bucket == bucket, allowance.c.used_until_at > now)
    return bool(connection.execute(sa.select(full)).scalar_one())


def forget_rested(connection: sa.Connection, now: datetime) -> None:
    """Forget the buckets that nobody used for longer than any rate looks back: they are as good as new."""
    connection.execute(sa.delete(allowance).where(allowance.c.used_until_at < now - _FORGOTTEN_AFTER))
