"""The audience: every active subscription at one instant, frozen as rows; nobody is left out without a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.delivery.lease import Span
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import Exclusion, batch, delivery, exclusion
from newsletter.edition.store import Edition
from newsletter.readers.store import is_suppressed
from newsletter.readers.tables import SubscriptionState, subscriber, subscription

_ONE_AFTER_ANOTHER = 0x61756469656E6365
"""An advisory lock of our own."""

HELD_BACK = sa.text("'infinity'")
"""When a batch is due that waits for the canary's."""


@dataclass(frozen=True, slots=True)
class Slicing:
    """How an audience is cut: deliveries a batch, and how many go ahead of all others (0 for none)."""

    batch_size: int = 2000
    canary: int = 0


USUAL = Slicing()

MOST_REFUSED = 3
"""Fewer refusals among the canary's readers say nothing; from here on, they must not be most of the answers."""

_LONGEST_REPLY = 200
"""Characters of a relay's reply that a reason repeats."""


def freeze_audience(
    connection: sa.Connection, edition: Edition, subscription_ids: Sequence[int] | None, slicing: Slicing
) -> int:
    """Plan a delivery for each active subscription, or for those named, in batches; return how many are new.

    Must run in the transaction that starts the sending. An active reader who gets none has an exclusion row.
    Who joins while others wait for the canary waits with them.
    Audiences are frozen one after another, so that the ids of a batch are one edition's and follow on each other.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AFTER_ANOTHER)))
    suppressed = is_suppressed(subscriber.c.canonical_address, sa.func.now())
    audience = (
        sa.select(sa.literal(edition.id), subscription.c.id)
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .where(subscription.c.newsletter_id == edition.newsletter_id)
        .where(subscription.c.state == SubscriptionState.ACTIVE)
        .order_by(subscription.c.id)
    )
    if subscription_ids is not None:
        audience = audience.where(subscription.c.id.in_(subscription_ids))
    planned = insert(delivery).from_select(["edition_id", "subscription_id"], audience.where(~suppressed))
    left_out = insert(exclusion).from_select(
        ["edition_id", "subscription_id", "reason"],
        audience.where(suppressed).add_columns(sa.literal(Exclusion.SUPPRESSED)),
    )
    connection.execute(left_out.on_conflict_do_nothing())
    new = planned.on_conflict_do_nothing().returning(delivery.c.id).cte("new")
    # Counted from 0; the canary's batch is number -1, so that whole batches follow it.
    place = sa.func.row_number().over(order_by=new.c.id) - 1 - slicing.canary
    number = sa.case((place < 0, -1), else_=place // slicing.batch_size)
    numbered = sa.select(new.c.id, number.label("number")).subquery()
    rest = numbered.c.number >= 0 if slicing.canary else sa.false()
    others_wait = sa.exists().where(batch.c.edition_id == edition.id, batch.c.due_at == HELD_BACK).correlate(None)
    due_at = sa.case((sa.or_(rest, others_wait), HELD_BACK), else_=sa.func.now())
    sliced = (
        sa.select(
            sa.literal(edition.id),
            sa.func.min(numbered.c.id),
            sa.func.max(numbered.c.id),
            due_at,
        )
        .group_by(numbered.c.number)
        .order_by(numbered.c.number)
    )
    batches = insert(batch).from_select(["edition_id", "first_id", "last_id", "due_at"], sliced)
    made = connection.execute(batches.returning(batch.c.first_id, batch.c.last_id)).all()
    if not made:
        return 0
    fresh = sa.select(sa.func.count()).where(
        delivery.c.edition_id == edition.id,
        delivery.c.id.between(min(row.first_id for row in made), max(row.last_id for row in made)),
    )
    return int(connection.execute(fresh).scalar_one())


def release_held_back(connection: sa.Connection, edition_id: int, *, despite_refusals: bool = False) -> str | None:
    """Let the batches that waited for the canary's be due, once each of the canary's readers was tried.

    Where the relay refused most of those, nobody is let go, and the reason to pause is returned. Whoever resumes
    the edition has read it: their word, ``despite_refusals``, lets the others go. The edition must be locked.
    """
    columns = batch.c
    held_back = sa.and_(columns.edition_id == edition_id, columns.due_at == HELD_BACK)
    if not connection.execute(sa.select(sa.exists().where(held_back))).scalar_one():
        return None
    answered = _canary_counts(connection, edition_id)
    if answered.untried:
        return None
    refused, total = answered.refused, answered.refused + answered.accepted
    if refused >= MOST_REFUSED and 2 * refused > total and not despite_refusals:
        words = " ".join("".join(each if each.isprintable() else " " for each in answered.reply).split())
        return f"{refused} of the {total} readers who went ahead were refused: “{words[:_LONGEST_REPLY]}”."
    # Their lifetime begins now: the wait was ours.
    released = sa.update(batch).where(held_back).values(due_at=sa.func.now(), created_at=sa.func.now())
    connection.execute(released)
    return None


def _canary_counts(connection: sa.Connection, edition_id: int) -> sa.Row[Any]:
    """Return how the canary's readers fared: how many are untried, accepted and refused, and the usual refusal."""
    # While others are held back, every other batch is the canary's.
    ends = sa.select(sa.func.min(batch.c.first_id), sa.func.max(batch.c.last_id)).where(
        batch.c.edition_id == edition_id, batch.c.due_at.is_distinct_from(HELD_BACK)
    )
    first, last = connection.execute(ends).one()
    columns = delivery.c
    is_refused = columns.state == DeliveryState.FAILED
    is_untried = sa.and_(columns.state == DeliveryState.PENDING, columns.attempts == 0)
    query = sa.select(
        sa.func.count().filter(is_untried).label("untried"),
        sa.func.count().filter(columns.state == DeliveryState.ACCEPTED).label("accepted"),
        sa.func.count().filter(is_refused).label("refused"),
        sa.func.coalesce(sa.func.mode().within_group(columns.reply).filter(is_refused), "").label("reply"),
    ).where(Span(edition_id, first, last).holds)
    return connection.execute(query).one()
