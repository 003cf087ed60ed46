"""The reconciler: brings every delivery of an edition to an end in time, and then the edition itself.

Idempotent and safe in parallel; the tick and every submitting task call it.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter import log
from newsletter.delivery.states import OPEN, WAITING, DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition import store
from newsletter.edition.states import EditionState
from newsletter.edition.tables import edition
from newsletter.errors import ConflictError

_log = log.get("delivery")

MOST_OPEN_GATES = 3
"""A delivery whose gate was opened this often without any outcome kills its worker; it must not stop the rest."""


def reconcile(connection: sa.Connection, edition_id: int, lifetime: timedelta, uncertain_policy: str) -> None:
    """Reclaim leases that ran out, quarantine, expire."""
    columns = delivery.c
    of_edition = sa.and_(columns.edition_id == edition_id, columns.lease_until < sa.func.now())
    lost = of_edition, columns.state == DeliveryState.IN_FLIGHT
    after: dict[str, Any] = {"state": DeliveryState.UNCERTAIN}
    if uncertain_policy == "hold":
        after = {"state": DeliveryState.HELD, "settled_at": sa.func.now()}
    connection.execute(sa.update(delivery).where(*lost).values(after | {"possible_copy": True}))
    waiting = sa.and_(of_edition, columns.state.in_(WAITING))
    ends = {
        DeliveryState.QUARANTINED: columns.open_gates >= MOST_OPEN_GATES,
        DeliveryState.EXPIRED: columns.created_at < sa.func.now() - lifetime,
    }
    for state, has_ended in ends.items():
        ended = sa.update(delivery).where(waiting, has_ended).values(state=state, settled_at=sa.func.now())
        connection.execute(ended)


def close_edition(connection: sa.Connection, edition_id: int, now: datetime) -> bool:
    """Move a sending edition to done when no delivery is open any more; return whether this call did."""
    try:
        # Locked before the count, so that readers who join at this moment are either counted or wait for it.
        store.lock_edition(connection, edition_id, EditionState.SENDING)
    except ConflictError:
        return False
    is_open = sa.exists().where(delivery.c.edition_id == edition_id, delivery.c.state.in_(OPEN))
    if connection.execute(sa.select(is_open)).scalar_one():
        return False
    store.move(connection, edition_id, (EditionState.SENDING, EditionState.DONE), finished_at=now)
    _log.info("edition_ended", edition_id=edition_id, state=EditionState.DONE)
    return True


def is_due(connection: sa.Connection, edition_id: int) -> bool:
    """Whether a delivery of the edition could be claimed now."""
    columns = delivery.c
    found = sa.exists().where(
        columns.edition_id == edition_id,
        columns.state.in_(WAITING),
        columns.not_before_at <= sa.func.now(),
        columns.lease_until < sa.func.now(),
    )
    return bool(connection.execute(sa.select(found)).scalar_one())


def cancel_leftovers(connection: sa.Connection) -> None:
    """Cancel what was in flight when its edition was cancelled and has come to no end since."""
    columns = delivery.c
    connection.execute(
        sa.update(delivery)
        .where(columns.edition_id == edition.c.id, edition.c.state == EditionState.CANCELLED)
        .where(columns.state.in_(OPEN), columns.lease_until < sa.func.now())
        .values(
            state=DeliveryState.CANCELLED,
            settled_at=sa.func.now(),
            possible_copy=sa.or_(columns.possible_copy, columns.state == DeliveryState.IN_FLIGHT),
        )
    )
