"""Changes of address as they stand: what was asked, which side agreed, whose letter is due, what is forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.errors import NotFoundError
from newsletter.readers.tables import Side, address_change, address_side, subscriber
from newsletter.tokens import LIFETIME, Purpose

AGREE_TIME = LIFETIME[Purpose.ADDRESS] or timedelta(0)
"""For so long is a change open to be agreed to."""


@dataclass(frozen=True, slots=True)
class Change:
    """One side of a change of address: which, what of it is agreed, and by what it is known."""

    id: int
    side: Side
    agreed_at: datetime | None
    change_id: int
    subscriber_id: int
    subscription_id: int
    old_address: str
    new_address: str
    asked_at: datetime
    is_done: bool


def find_side(connection: sa.Connection, side_id: int, *, lock: bool = False) -> Change | None:
    """Return one side of a change, if asked locked until the transaction ends; None once it is forgotten."""
    other = address_side.alias()
    is_open = sa.exists().where(other.c.address_change_id == address_change.c.id, other.c.agreed_at.is_(None))
    query = (
        sa.select(
            *(address_side.c[name] for name in ("id", "side", "agreed_at")),
            address_change.c.id.label("change_id"),
            *(address_change.c[name] for name in ("subscriber_id", "subscription_id", "new_address", "asked_at")),
            subscriber.c.address.label("old_address"),
            (~is_open).label("is_done"),
        )
        .join_from(address_side, address_change)
        .join(subscriber, subscriber.c.id == address_change.c.subscriber_id)
        .where(address_side.c.id == side_id)
    )
    row = connection.execute(query.with_for_update(of=address_change) if lock else query).mappings().one_or_none()
    return None if row is None else Change(**{**row, "side": Side(row["side"])})


def get_side(connection: sa.Connection, side_id: int, *, lock: bool = False) -> Change:
    """Return the same. Raises NotFoundError once it is forgotten, or another wish took its place."""
    found = find_side(connection, side_id, lock=lock)
    if found is None:
        raise NotFoundError("This change of address is not open any more.", "Ask for it again.")
    return found


def due_sides(connection: sa.Connection, now: datetime, change_id: int | None = None) -> list[int]:
    """Return the sides whose letter is to be mailed now, of all changes or of one."""
    query = sa.select(address_side.c.id).where(address_side.c.mail_due_at <= now)
    if change_id is not None:
        query = query.where(address_side.c.address_change_id == change_id)
    return list(connection.execute(query.order_by(address_side.c.mail_due_at, address_side.c.id)).scalars())


def forget_changes(connection: sa.Connection, now: datetime) -> None:
    """Forget the changes whose time to agree is over, done or not: they hold an address that may be nobody's."""
    connection.execute(sa.delete(address_change).where(address_change.c.asked_at <= now - AGREE_TIME))
