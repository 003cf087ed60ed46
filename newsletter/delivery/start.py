"""The transaction that starts a sending: the audience, the sent memory and the state, all or nothing."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter import log
from newsletter.delivery.audience import why_nobody
from newsletter.delivery.plan import USUAL, Slicing, freeze_audience
from newsletter.edition import store
from newsletter.edition.choosing.memory import forget_articles, remember_articles
from newsletter.edition.states import EditionState
from newsletter.edition.tables import EditionKind
from newsletter.edition.tables import edition as table

_log = log.get("delivery")


def start_sending(
    connection: sa.Connection, edition_id: int, now: datetime, slicing: Slicing = USUAL
) -> EditionState:
    """Move a ready edition on and return where to: sending, skipped (nobody to mail), or back to gathering.

    It goes back when another digest of the newsletter sent one of its articles since it was assembled. What a
    weekly edition brings was sent before, and breaking news is new once more to the next digest.
    Raises ConflictError when somebody else started it.
    """
    edition = store.lock_edition(connection, edition_id, EditionState.READY)
    if edition.kind is EditionKind.DIGEST and not remember_articles(connection, edition, now):
        store.move(
            connection,
            edition.id,
            (EditionState.READY, EditionState.GATHERING),
            gathering_at=now,
            rechecked_at=None,
        )
        return EditionState.GATHERING
    audience = freeze_audience(connection, edition, edition.subscription_ids, slicing)
    if not audience:
        forget_articles(connection, edition)
        reason = why_nobody(connection, edition)
        states = (EditionState.READY, EditionState.SKIPPED)
        store.move(connection, edition.id, states, reason=reason, finished_at=now)
        _log.info("edition_ended", edition_id=edition.id, state=states[1], reason=reason)
        return EditionState.SKIPPED
    store.move(connection, edition.id, (EditionState.READY, EditionState.SENDING), sending_at=now)
    _log.info("edition_sending", edition_id=edition.id, audience=audience)
    return EditionState.SENDING


def extend_audience(
    connection: sa.Connection, edition_id: int, subscription_ids: Sequence[int] | None, now: datetime
) -> int:
    """Plan deliveries of an edition already sent, or being sent, for readers who joined since; return how many.

    ``subscription_ids`` of None means every active subscription. With nobody new, nothing changes.
    """
    # Locked, or the last delivery's end could make the edition done between the look and the plan.
    connection.execute(sa.select(table.c.id).where(table.c.id == edition_id).with_for_update())
    edition = store.get_edition(connection, edition_id)
    if edition.state not in {EditionState.SENDING, EditionState.DONE}:
        return 0
    late = freeze_audience(connection, edition, subscription_ids, USUAL)
    if late and edition.state is EditionState.DONE:
        store.move(
            connection,
            edition.id,
            (EditionState.DONE, EditionState.SENDING),
            sending_at=now,
            finished_at=None,
        )
    return late
