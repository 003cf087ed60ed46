"""What nobody confirmed is forgotten after a week: a stranger may have typed any address.

Who was a reader before, and left, stays one who left: that they asked anew and did not confirm, or that somebody
else asked, takes nothing back.
"""

from datetime import datetime

import sqlalchemy as sa

from newsletter import log
from newsletter.readers.gate import WEEK
from newsletter.readers.tables import SubscriptionState, subscriber, subscription

_log = log.get("readers")

_AT_ONCE = 1000
"""Requests that one transaction forgets; the next tick forgets more."""


def forget_unconfirmed(connection: sa.Connection, now: datetime) -> int:
    """Forget the requests that were not confirmed within a week, and readers of whom nothing is left.

    Return how many requests there were. Their lines in the consent log go with them.
    """
    columns = subscription.c
    # In the order in which everybody locks: the reader, then the subscription.
    readers = (
        sa.select(columns.subscriber_id)
        .where(columns.state == SubscriptionState.UNCONFIRMED, columns.requested_at <= now - WEEK)
        .order_by(columns.requested_at)
        .limit(_AT_ONCE)
    )
    locked = sa.select(subscriber.c.id).where(subscriber.c.id.in_(readers)).order_by(subscriber.c.id)
    found = connection.execute(locked.with_for_update(skip_locked=True)).scalars().all()
    if not found:
        return 0
    stale = sa.and_(
        columns.subscriber_id.in_(found),
        columns.state == SubscriptionState.UNCONFIRMED,
        columns.requested_at <= now - WEEK,
    )
    left = sa.update(subscription).where(stale, columns.ended_at.is_not(None))
    as_before = {"state": SubscriptionState.UNSUBSCRIBED, "confirmation_due_at": None}
    count = connection.execute(left.values(as_before)).rowcount
    count += connection.execute(sa.delete(subscription).where(stale)).rowcount
    has_any = sa.exists().where(columns.subscriber_id == subscriber.c.id)
    connection.execute(sa.delete(subscriber).where(subscriber.c.id.in_(found), ~has_any))
    _log.info("unconfirmed_forgotten", count=count)
    return count
