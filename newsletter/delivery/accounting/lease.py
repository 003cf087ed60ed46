"""The lease: one task's hold on a batch, and which deliveries it is a hold on."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa

from newsletter.delivery.states import WAITING
from newsletter.delivery.tables import batch, delivery

FREE = sa.text("'-infinity'")


def is_of(edition_id: int) -> sa.ColumnElement[bool]:
    """Whether a delivery that is known by a range of ids is this edition's, as the range should say already.

    COALESCE hides it from the planner, which would think the index of editions and subscriptions the better way,
    or, with ``edition_id + 0``, expect so few rows that it joins them in a nested loop.
    """
    return sa.func.coalesce(delivery.c.edition_id == edition_id, sa.false())


class Span(NamedTuple):
    """A batch's deliveries: those of its edition between two ids, both included."""

    edition_id: int
    first_id: int
    last_id: int

    @property
    def holds(self) -> sa.ColumnElement[bool]:
        """Whether a delivery is one of them."""
        return sa.and_(delivery.c.id.between(self.first_id, self.last_id), is_of(self.edition_id))

    @property
    def waits(self) -> sa.ColumnElement[bool]:
        """Whether a delivery is one of them whose message may still be begun."""
        return sa.and_(self.holds, delivery.c.state.in_(WAITING))


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that this task alone may work on while the lease lasts."""

    batch_id: int
    edition_id: int
    first_id: int
    last_id: int
    lease_token: int
    journal: str

    @property
    def span(self) -> Span:
        """Whose messages it may submit."""
        return Span(self.edition_id, self.first_id, self.last_id)


CLAIMED = tuple(batch.c[name] for name in ("id", "edition_id", "first_id", "last_id", "lease_token", "journal"))
"""The columns that make a claim, in its order."""


def renew(connection: sa.Connection, claim: Claim, lease: timedelta) -> bool:
    """Renew a lease, and lock its batch until the transaction's end; False when it is this task's no more."""
    renewed = (
        sa.update(batch)
        .where(batch.c.id == claim.batch_id, batch.c.lease_token == claim.lease_token, batch.c.lease_until != FREE)
        .values(lease_until=sa.func.now() + lease)
    )
    return connection.execute(renewed).rowcount == 1


def release(connection: sa.Connection, claim: Claim) -> None:
    """End a lease; the batch is due again when the first of those that wait is."""
    next_due = sa.select(sa.func.min(delivery.c.not_before_at)).where(claim.span.waits).scalar_subquery()
    connection.execute(
        sa.update(batch)
        .where(batch.c.id == claim.batch_id, batch.c.lease_token == claim.lease_token)
        .values(due_at=next_due, lease_until=FREE, lease_token=batch.c.lease_token + 1)
    )
