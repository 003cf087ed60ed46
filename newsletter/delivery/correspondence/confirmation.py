"""The confirmation mail: owed by a column of the subscription, so that no crash forgets it."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.correspondence.debt import Debt
from newsletter.delivery.correspondence.owed import OwedMail, submit_owed
from newsletter.delivery.post import Post
from newsletter.edition.rendering.content import Stationery
from newsletter.publication.newsletters import get_newsletter_by_id
from newsletter.readers.store import find_subscription
from newsletter.readers.tables import SubscriptionState, subscription
from newsletter.tokens import Purpose

MOST_ATTEMPTS = 5


def due_confirmations(connection: sa.Connection, now: datetime) -> list[int]:
    """Return the subscriptions whose confirmation is owed now."""
    query = sa.select(subscription.c.id).where(subscription.c.confirmation_due_at <= now)
    return list(connection.execute(query.order_by(subscription.c.confirmation_due_at)).scalars())


def submit_confirmation(post: Post, stationery: Stationery, subscription_id: int, now: datetime) -> bool:
    """Mail one confirmation if it is owed; return whether the relay took it.

    Raises RelayError when the relay refuses us, and ContentError when the mail cannot be written.
    """
    with post.database.transaction() as connection:
        reader = find_subscription(connection, subscription_id)
        if reader is None:
            return False
        if reader.state is not SubscriptionState.UNCONFIRMED:
            # Confirmed, or left, before the bell was heard.
            _debt(subscription.c.id == subscription_id).pay(connection)
            return False
        newsletter = get_newsletter_by_id(connection, reader.newsletter_id)
    facts = {"confirm_url": post.link(Purpose.CONFIRM, subscription_id, now)}
    is_open = sa.and_(subscription.c.id == subscription_id, subscription.c.state == SubscriptionState.UNCONFIRMED)
    owed = OwedMail("confirm", reader, newsletter, facts, reader.requested_at, _debt(is_open))
    return submit_owed(post, stationery, owed, now)


def _debt(holds: sa.ColumnElement[bool]) -> Debt:
    return Debt(subscription, holds, MOST_ATTEMPTS, "confirmation_due_at", "confirmation_attempts")
