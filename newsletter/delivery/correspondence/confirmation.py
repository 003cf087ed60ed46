"""The confirmation mail: owed by a column of the subscription, so that no crash forgets it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.addressed import address_maker
from newsletter.delivery.correspondence.debt import Debt
from newsletter.delivery.correspondence.owed import OwedMail, submit_owed
from newsletter.delivery.post import Post
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.facts import Fact
from newsletter.readers.gate import has_queue
from newsletter.readers.store import find_subscription, is_suppressed
from newsletter.readers.subscribe import asked_together
from newsletter.readers.tables import SubscriptionState, subscriber, subscription
from newsletter.tokens import Purpose

MOST_ATTEMPTS = 5


def due_confirmations(connection: sa.Connection, now: datetime) -> list[int]:
    """Return the subscriptions whose confirmation is owed now."""
    query = sa.select(subscription.c.id).where(subscription.c.confirmation_due_at <= now)
    return list(connection.execute(query.order_by(subscription.c.confirmation_due_at)).scalars())


@dataclass(frozen=True, slots=True)
class ConfirmationQueue:
    """Confirmations that wait for room among all others, and when the last of them leaves; None without any."""

    count: int
    until: datetime | None


def confirmation_queue(connection: sa.Connection, now: datetime) -> ConfirmationQueue:
    """Return what the gate put off. One that the relay refused for now is none of it."""
    columns = subscription.c
    waits = sa.and_(columns.confirmation_due_at > now, columns.confirmation_attempts == 0)
    query = sa.select(sa.func.count(), sa.func.max(columns.confirmation_due_at)).where(waits)
    if not has_queue(connection, now):
        return ConfirmationQueue(0, None)
    count, until = connection.execute(query).one()
    return ConfirmationQueue(count, until)


def submit_confirmation(post: Post, stationery: Stationery, subscription_id: int, now: datetime) -> bool:
    """Mail one confirmation if it is owed; return whether the relay took it. It names all that was asked for.

    Raises RelayError when the relay refuses us, and ContentError when the mail cannot be written.
    """
    with post.database.transaction() as connection:
        reader = find_subscription(connection, subscription_id)
        if reader is None:
            return False
        newsletters = asked_together(connection, reader, now)
        if not connection.execute(sa.select(_is_open(subscription_id, now))).scalar_one():
            # Confirmed, left or suppressed before the bell was heard.
            _debt(subscription.c.id == subscription_id).pay(connection)
            return False
    reply_to = _reply_to(post, subscription_id, now)
    facts: dict[str, Fact] = {
        "confirm_url": post.link(Purpose.CONFIRM, subscription_id, now),
        "names": [each.name for each in newsletters],
        "answers": "yes" if reply_to else "",
    }
    debt = _debt(sa.and_(subscription.c.id == subscription_id, _is_open(subscription_id, now)))
    owed = OwedMail("confirm", reader, newsletters[0], facts, reader.requested_at, debt, reply_to=reply_to)
    return submit_owed(post, stationery, owed, now)


def _reply_to(post: Post, subscription_id: int, now: datetime) -> str:
    """Return the address at which an answer confirms; empty where no mail comes back to us."""
    if not post.inbound_domain:
        return ""
    return address_maker(post.tokens, Purpose.CONFIRM, post.inbound_domain, now)(subscription_id)


def _is_open(subscription_id: int, now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a confirmation is wanted: it was not given, and its address may be mailed."""
    asked = subscription.alias("asked")
    return (
        sa.exists()
        .where(asked.c.id == subscription_id, asked.c.state == SubscriptionState.UNCONFIRMED)
        .where(subscriber.c.id == asked.c.subscriber_id)
        .where(~is_suppressed(subscriber.c.canonical_address, sa.literal(now)))
    )


def _debt(holds: sa.ColumnElement[bool]) -> Debt:
    return Debt(subscription, holds, MOST_ATTEMPTS, "confirmation_due_at", "confirmation_attempts")
