"""Sign-ups: what every door writes down, in the same time for everybody, and a task decides afterwards.

A door that looked an address up would tell by its time who reads us. So it stores what it was asked and answers;
the row goes in the transaction that decides, so that a process which dies in between loses no wish and grants none
twice, and the tick rings again for rows that wait.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.readers.store import Origin
from newsletter.readers.tables import sign_up as sign_up_table

_AT_A_TICK = 1000
"""Rows that one tick rings for; the next tick rings for the rest."""


@dataclass(frozen=True, slots=True)
class SignUp:
    """One wish: an address as ``read_address`` returns it, the newsletters, the door, the page's language."""

    address: str
    newsletter_ids: tuple[int, ...]
    origin: Origin
    language: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits to be decided, and since when; None where nothing waits."""

    count: int
    since: datetime | None


def put_sign_up(connection: sa.Connection, sign_up: SignUp, now: datetime) -> int:
    """Write a wish down and look at nothing; return the number to ring HANDLE_SIGN_UP with after the commit."""
    row = insert(sign_up_table).values(
        address=sign_up.address,
        newsletter_ids=list(sign_up.newsletter_ids),
        language=sign_up.language,
        how=sign_up.origin.how,
        network=sign_up.origin.network,
        source=sign_up.origin.source,
        text_version=sign_up.origin.text_version,
        asked_at=now,
    )
    return int(connection.execute(row.returning(sign_up_table.c.id)).scalar_one())


def take_sign_up(connection: sa.Connection, sign_up_id: int) -> SignUp | None:
    """Take a wish away to decide on it in the same transaction; None where somebody did before."""
    taken = sa.delete(sign_up_table).where(sign_up_table.c.id == sign_up_id).returning(sign_up_table)
    row = connection.execute(taken).one_or_none()
    if row is None:
        return None
    origin = Origin(row.how, row.network, row.source, row.text_version)
    return SignUp(row.address, tuple(row.newsletter_ids), origin, row.language)


def waiting_sign_ups(connection: sa.Connection) -> list[int]:
    """Return the wishes that wait to be decided, the oldest first."""
    query = sa.select(sign_up_table.c.id).order_by(sign_up_table.c.asked_at, sign_up_table.c.id)
    return list(connection.execute(query.limit(_AT_A_TICK)).scalars())


def sign_up_queue(connection: sa.Connection) -> Queue:
    """Return how many wishes wait, and since when."""
    query = sa.select(sa.func.count(), sa.func.min(sign_up_table.c.asked_at)).select_from(sign_up_table)
    count, since = connection.execute(query).one()
    return Queue(count, since)
