"""Pause, resume, cancel: a state of the edition that every gate looks at before it opens."""

from datetime import datetime

import sqlalchemy as sa

from newsletter import log
from newsletter.delivery.states import WAITING, DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition import store
from newsletter.edition.states import EditionState

_log = log.get("delivery")


def pause(connection: sa.Connection, edition_id: int, reason: str) -> None:
    """Begin no further message of the edition. Raises ConflictError unless it is sending."""
    store.move(connection, edition_id, (EditionState.SENDING, EditionState.PAUSED), reason=reason)
    _log.info("edition_paused", edition_id=edition_id, reason=reason)


def resume(connection: sa.Connection, edition_id: int) -> None:
    """Go on with a paused edition. Raises ConflictError unless it is paused."""
    store.move(connection, edition_id, (EditionState.PAUSED, EditionState.SENDING), reason="")
    _log.info("edition_resumed", edition_id=edition_id)


def cancel(connection: sa.Connection, edition_id: int, reason: str, now: datetime) -> None:
    """End an edition for good: what was not begun never will be. Raises ConflictError once it has ended."""
    state = store.get_edition(connection, edition_id).state
    store.cancel(connection, edition_id, state, reason=reason, finished_at=now)
    connection.execute(
        sa.update(delivery)
        .where(delivery.c.edition_id == edition_id, delivery.c.state.in_(WAITING))
        .values(state=DeliveryState.CANCELLED, settled_at=sa.func.now())
    )
    _log.info("edition_ended", edition_id=edition_id, state=EditionState.CANCELLED, reason=reason)
