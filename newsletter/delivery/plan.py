"""The audience: every active subscription at one instant, frozen as rows; nobody is left out without a reason."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.delivery.tables import Exclusion, delivery, exclusion
from newsletter.edition.store import Edition
from newsletter.readers.store import is_suppressed
from newsletter.readers.tables import SubscriptionState, subscriber, subscription


def freeze_audience(connection: sa.Connection, edition: Edition, subscription_ids: Sequence[int] | None) -> int:
    """Plan a delivery for each active subscription, or for those named; return how many are new.

    Must run in the transaction that starts the sending. An active reader who gets none has an exclusion row.
    """
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
    return int(connection.execute(sa.select(sa.func.count()).select_from(new)).scalar_one())
