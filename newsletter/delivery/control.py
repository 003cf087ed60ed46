"""Pause, resume, cancel: a state of the edition, of whose change every task that submits it hears at once."""

from datetime import datetime

import sqlalchemy as sa

from newsletter import log
from newsletter.delivery.plan import LIFE_BEGINS, release_held_back
from newsletter.delivery.tables import batch
from newsletter.edition import store
from newsletter.edition.states import EditionState

_log = log.get("delivery")


def pause(connection: sa.Connection, edition_id: int, reason: str) -> None:
    """Begin no further message of the edition. Raises ConflictError unless it is sending."""
    store.move(connection, edition_id, (EditionState.SENDING, EditionState.PAUSED), reason=reason)
    _log.info("edition_paused", edition_id=edition_id, reason=reason)


def resume(connection: sa.Connection, edition_id: int) -> None:
    """Go on with a paused edition. Raises ConflictError unless it is paused.

    What waits has its whole lifetime again, because none of it was the readers' or the relay's delay; a wave that
    lies ahead stays there. Where all of
    the canary's readers were tried the others are let go, whatever the relay said: a person has looked.
    """
    store.move(connection, edition_id, (EditionState.PAUSED, EditionState.SENDING), reason="")
    waits = sa.and_(batch.c.edition_id == edition_id, batch.c.due_at.is_not(None))
    connection.execute(sa.update(batch).where(waits).values(created_at=LIFE_BEGINS))
    release_held_back(connection, edition_id, despite_refusals=True)
    _log.info("edition_resumed", edition_id=edition_id)


def cancel(connection: sa.Connection, edition_id: int, reason: str, now: datetime) -> None:
    """End an edition for good: what was not begun never will be. Raises ConflictError once it has ended.

    One row is changed, because tasks hear of it at the commit; ``reconcile.cancel_leftovers`` does the rest.
    """
    state = store.get_edition(connection, edition_id).state
    store.cancel(connection, edition_id, state, reason=reason, finished_at=now)
    _log.info("edition_ended", edition_id=edition_id, state=EditionState.CANCELLED, reason=reason)
