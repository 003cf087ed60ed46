"""The ledger: who may be mailed now (claim), who is being mailed (gate), what came of it (settle).

Every write is guarded by the lease's token, so that a task which was stopped for longer than its lease can no
longer change what another has taken over. The clock is the database's own: one for all hosts.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.db import Database
from newsletter.delivery.outcome import Receipt, ReceiptKind, pause_after, state_after
from newsletter.delivery.states import OPEN, WAITING, DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition.states import EditionState
from newsletter.edition.tables import edition
from newsletter.readers.store import is_suppressed
from newsletter.readers.tables import (
    SubscriptionState,
    SuppressionReason,
    subscriber,
    subscription,
    suppression,
)

CLAIM_LEASE = timedelta(seconds=120)
FLIGHT_LEASE = timedelta(minutes=20)
"""Longer than connect, commands, text and a final reply of ten minutes can take together."""


BEHIND = timedelta(minutes=1)
"""How long a delivery waits whose connection broke before its message was begun."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this task alone may work on while the lease lasts."""

    delivery_id: int
    subscription_id: int
    lease_token: int


@dataclass(frozen=True, slots=True)
class Gated:
    """A delivery whose gate is open: its message may be begun, to this address."""

    claimed: Claimed
    address: str
    attempts: int


class Ledger:
    """Claim, gate and settle, each in a transaction of its own."""

    def __init__(
        self, database: Database, uncertain_policy: str, dice: Callable[[], float] = random.random
    ) -> None:
        """Keep the ledger in ``database``; ``uncertain_policy`` is ``resend`` or ``hold``."""
        self._database = database
        self._uncertain_policy = uncertain_policy
        self._dice = dice

    def claim(self, edition_id: int, size: int) -> list[Claimed]:
        """Take up to ``size`` deliveries that are due, passing over those that another task holds."""
        columns = delivery.c
        due = (
            sa.select(columns.id)
            .join(edition, edition.c.id == columns.edition_id)
            .where(columns.edition_id == edition_id, edition.c.state == EditionState.SENDING)
            .where(columns.state.in_(WAITING), columns.not_before_at <= sa.func.now())
            .where(columns.lease_until < sa.func.now())
            .order_by(columns.not_before_at, columns.id)
            .limit(size)
            .with_for_update(of=delivery, skip_locked=True)
            .cte("due")
        )
        taken = (
            sa.update(delivery)
            .where(columns.id == due.c.id)
            .values(lease_token=columns.lease_token + 1, lease_until=sa.func.now() + CLAIM_LEASE)
            .returning(columns.id, columns.subscription_id, columns.lease_token)
        )
        with self._database.transaction() as connection:
            return sorted((Claimed(*row) for row in connection.execute(taken)), key=lambda each: each.delivery_id)

    def gate(self, claimed: Claimed) -> Gated | None:
        """Open the gate for one delivery, durably, before a byte of its message leaves.

        None when its message must not be begun: the lease is over, the edition is not being sent, or the reader
        left or is suppressed; the last two are recorded here. Everything is looked at in this one statement, so
        a pause, an unsubscribe or an erasure committed before it is honoured.
        """
        columns = delivery.c
        may_be_mailed = sa.and_(
            subscription.c.state == SubscriptionState.ACTIVE,
            ~is_suppressed(subscriber.c.canonical_address, sa.func.now()),
        )
        mine = sa.and_(*_mine(claimed), columns.state.in_(WAITING), columns.lease_until > sa.func.now())
        opened = (
            sa.update(delivery)
            .where(mine, columns.edition_id == edition.c.id, edition.c.state == EditionState.SENDING)
            .where(columns.subscription_id == subscription.c.id, subscription.c.subscriber_id == subscriber.c.id)
            .where(may_be_mailed)
            .values(
                state=DeliveryState.IN_FLIGHT,
                attempts=columns.attempts + 1,
                open_gates=columns.open_gates + 1,
                lease_until=sa.func.now() + FLIGHT_LEASE,
            )
            .returning(subscriber.c.address, columns.attempts)
        )
        left = (
            sa.update(delivery)
            .where(mine, columns.subscription_id == subscription.c.id)
            .where(subscription.c.subscriber_id == subscriber.c.id, ~may_be_mailed)
            .values(state=DeliveryState.SUPPRESSED, settled_at=sa.func.now())
        )
        with self._database.transaction() as connection:
            row = connection.execute(opened).one_or_none()
            if row is None:
                connection.execute(left)
                return None
        return Gated(claimed, row.address, row.attempts)

    def settle(self, gated: Gated, receipt: Receipt) -> None:
        """Record what the relay said. An acceptance is recorded even after the lease is over: it is a fact."""
        columns = delivery.c
        state = state_after(receipt, self._uncertain_policy)
        values: dict[str, Any] = {
            "state": state,
            "open_gates": 0,
            "reply_code": receipt.code,
            "enhanced_status": receipt.enhanced_status,
            "reply": receipt.text,
            "lease_until": sa.text("'-infinity'"),
        }
        if state in OPEN:
            pause = pause_after(receipt, gated.attempts, self._dice())
            values["not_before_at"] = sa.func.now() + pause
        else:
            values["settled_at"] = sa.func.now()
        if receipt.kind is ReceiptKind.UNCERTAIN:
            values["possible_copy"] = True
        if receipt.kind is ReceiptKind.ACCEPTED:
            where = [columns.id == gated.claimed.delivery_id, columns.state != DeliveryState.ACCEPTED]
        else:
            where = [*_mine(gated.claimed), columns.state == DeliveryState.IN_FLIGHT]
        with self._database.transaction() as connection:
            connection.execute(sa.update(delivery).where(*where).values(values))
            if receipt.condemns_address:
                _suppress(connection, gated.address, receipt.text)

    def release(self, claimed: Claimed) -> None:
        """Give a delivery back as it was: its message was not begun.

        One whose gate was open goes behind the others, so that a reader at whom the relay hangs up each time does
        not hold up everybody after them.
        """
        columns = delivery.c
        was_gated = columns.state == DeliveryState.IN_FLIGHT
        given_back = (
            sa.update(delivery)
            .where(*_mine(claimed), columns.state.in_(OPEN))
            .values(
                state=sa.case((was_gated, DeliveryState.PENDING), else_=columns.state),
                attempts=columns.attempts - sa.case((was_gated, 1), else_=0),
                open_gates=0,
                not_before_at=sa.case((was_gated, sa.func.now() + BEHIND), else_=columns.not_before_at),
                lease_until=sa.text("'-infinity'"),
            )
        )
        with self._database.transaction() as connection:
            connection.execute(given_back)


def _mine(claimed: Claimed) -> tuple[sa.ColumnElement[bool], ...]:
    return (delivery.c.id == claimed.delivery_id, delivery.c.lease_token == claimed.lease_token)


def _suppress(connection: sa.Connection, address: str, detail: str) -> None:
    row = insert(suppression).values(
        canonical_address=sa.func.lower(address), reason=SuppressionReason.BOUNCE, detail=detail
    )
    renewed = {"reason": row.excluded.reason, "detail": row.excluded.detail, "expires_at": None}
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["canonical_address"], set_=renewed, where=suppression.c.expires_at < sa.func.now()
        )
    )
