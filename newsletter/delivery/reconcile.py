"""The reconciler: brings every delivery of an edition to an end in time, and then the edition itself.

Idempotent and safe in parallel; the tick and every submitting task call it. What became of a task that died is
the ledger's to find out (``Ledger.recover``).
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter import log
from newsletter.delivery.accounting.lease import FREE, Span
from newsletter.delivery.plan import HELD_BACK, release_held_back
from newsletter.delivery.states import OPEN, DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.edition import store
from newsletter.edition.states import EditionState
from newsletter.edition.tables import edition
from newsletter.errors import ConflictError

_log = log.get("delivery")

MOST_AT_ONCE = 25
"""Batches of cancelled editions that one transaction brings to their end."""


def reconcile(connection: sa.Connection, edition_id: int, lifetime: timedelta) -> str | None:
    """Let go on what waited for the canary's batch, and expire what is too old.

    Return why the edition has to pause instead, if it has. The edition must be locked, as it is before its batches
    everywhere, and they before their deliveries.
    """
    reason = release_held_back(connection, edition_id)
    columns = batch.c
    old = (
        sa.select(columns.id, columns.edition_id, columns.first_id, columns.last_id)
        .where(columns.edition_id == edition_id, columns.lease_until == FREE)
        # What is held back has not had its time yet.
        .where(columns.due_at < HELD_BACK, columns.created_at < sa.func.now() - lifetime)
        .order_by(columns.id)
        .with_for_update(skip_locked=True)
    )
    _end(connection, old, DeliveryState.EXPIRED)
    return reason


def cancel_leftovers(connection: sa.Connection) -> None:
    """Cancel what waits in free batches of cancelled editions, so many batches at a time: the tick comes again.

    A batch that a task holds is cancelled after the task gave it back, or was found dead.
    """
    columns = batch.c
    left = (
        sa.select(columns.id, columns.edition_id, columns.first_id, columns.last_id)
        .join(edition, edition.c.id == columns.edition_id)
        .where(edition.c.state == EditionState.CANCELLED)
        .where(columns.due_at.is_not(None), columns.lease_until == FREE)
        .order_by(columns.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(of=batch, skip_locked=True)
    )
    _end(connection, left, DeliveryState.CANCELLED)


def _end(connection: sa.Connection, batches: sa.Select[int, int, int, int], state: DeliveryState) -> None:
    """Lock batches, and end what waits in them."""
    ended = []
    # One by one: of a join with a range the server may read every delivery for each batch.
    for batch_id, *ends in connection.execute(batches).all():
        waiting = sa.update(delivery).where(Span(*ends).waits)
        connection.execute(waiting.values(state=state, settled_at=sa.func.now()))
        ended.append(batch_id)
    if ended:
        connection.execute(sa.update(batch).where(batch.c.id.in_(ended)).values(due_at=None))


def close_edition(connection: sa.Connection, edition_id: int, now: datetime) -> bool:
    """Move a sending edition to done when no delivery is open any more; return whether this call did."""
    try:
        # Locked before the count, so that readers who join at this moment are either counted or wait for it.
        store.lock_edition(connection, edition_id, EditionState.SENDING)
    except ConflictError:
        return False
    of_edition = sa.exists().where(batch.c.edition_id == edition_id)
    is_open = sa.or_(
        of_edition.where(batch.c.due_at.is_not(None)),
        of_edition.where(batch.c.lease_until != FREE),
        # Batches say where to look; whether everybody has an outcome is for the rows to say.
        sa.exists().where(delivery.c.edition_id == edition_id, delivery.c.state.in_(OPEN)),
    )
    if connection.execute(sa.select(is_open)).scalar_one():
        return False
    store.move(connection, edition_id, (EditionState.SENDING, EditionState.DONE), finished_at=now)
    _log.info("edition_ended", edition_id=edition_id, state=EditionState.DONE)
    return True


def is_due(connection: sa.Connection, edition_id: int) -> bool:
    """Whether a batch of the edition waits for a task, or for one that may be dead."""
    found = sa.exists().where(batch.c.edition_id == edition_id, batch.c.due_at <= sa.func.now())
    return bool(connection.execute(sa.select(found)).scalar_one())
