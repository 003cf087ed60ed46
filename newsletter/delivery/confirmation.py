"""The confirmation mail: owed by a column of the subscription, so that no crash forgets it."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter import log
from newsletter.delivery.messages.dkim import sign_message
from newsletter.delivery.messages.dkim_keys import keys_for
from newsletter.delivery.messages.message import Letter, compose_confirmation, message_id, sender_domain
from newsletter.delivery.outcome import ReceiptKind
from newsletter.delivery.post import Post
from newsletter.delivery.transport import Message
from newsletter.edition.assemble import masthead
from newsletter.edition.rendering.content import Stationery
from newsletter.errors import RelayError
from newsletter.publication.newsletters import get_newsletter_by_id
from newsletter.readers.store import find_subscription
from newsletter.readers.tables import SubscriptionState, subscription
from newsletter.tokens import Purpose

_log = log.get("delivery")

RETRY_AFTER = timedelta(minutes=5)
MOST_ATTEMPTS = 5


def due_confirmations(connection: sa.Connection, now: datetime) -> list[int]:
    """Return the subscriptions whose confirmation is owed now."""
    query = sa.select(subscription.c.id).where(subscription.c.confirmation_due_at <= now)
    return list(connection.execute(query.order_by(subscription.c.confirmation_due_at)).scalars())


def submit_confirmation(post: Post, stationery: Stationery, subscription_id: int, now: datetime) -> bool:
    """Mail one confirmation if it is owed; return whether the relay took it.

    The next try is written down before the message leaves, so two tasks at once mail it once. A refusal for
    good, or the last of MOST_ATTEMPTS, ends the debt. Raises RelayError when the relay refuses us, and
    ContentError when the mail cannot be written; neither counts as an attempt.
    """
    columns = subscription.c
    with post.database.transaction() as connection:
        reader = find_subscription(connection, subscription_id)
        newsletter = get_newsletter_by_id(connection, reader.newsletter_id) if reader else None
    if reader is None or newsletter is None:
        return False
    content = stationery.confirm(masthead(newsletter), post.link(Purpose.CONFIRM, subscription_id, now))
    with post.database.transaction() as connection:
        taken = connection.execute(
            sa.update(subscription)
            .where(columns.id == subscription_id, columns.state == SubscriptionState.UNCONFIRMED)
            .where(columns.confirmation_due_at <= now, columns.confirmation_attempts < MOST_ATTEMPTS)
            .values(confirmation_due_at=now + RETRY_AFTER, confirmation_attempts=columns.confirmation_attempts + 1)
            .returning(columns.id)
        ).one_or_none()
        if taken is None:
            _forgive(connection, subscription_id)
            return False
    digest = post.tokens.digest("confirmation", subscription_id, reader.requested_at.isoformat())
    letter = Letter(
        reader.address, content.subject, content.text, content.html, message_id(digest, 0, newsletter), now
    )
    text = compose_confirmation(letter, newsletter).as_bytes()
    keys = keys_for(post.signing_keys, sender_domain(newsletter))
    signature = sign_message(keys, text, now) if keys else b""
    message = Message(subscription_id, newsletter.sender_address, reader.address, signature + text)
    try:
        receipt = next(post.transport.submit([message]))
    except RelayError:
        with post.database.transaction() as connection:
            _give_back(connection, subscription_id)
        raise
    if receipt.kind in {ReceiptKind.ACCEPTED, ReceiptKind.FAILED}:
        with post.database.transaction() as connection:
            _settle(connection, subscription_id)
    _log.info("confirmation_submitted", subscription_id=subscription_id, outcome=receipt.kind)
    return receipt.kind is ReceiptKind.ACCEPTED


def _settle(connection: sa.Connection, subscription_id: int) -> None:
    connection.execute(
        sa.update(subscription).where(subscription.c.id == subscription_id).values(confirmation_due_at=None)
    )


def _give_back(connection: sa.Connection, subscription_id: int) -> None:
    attempts = subscription.c.confirmation_attempts
    connection.execute(
        sa.update(subscription)
        .where(subscription.c.id == subscription_id, attempts > 0)
        .values(confirmation_attempts=attempts - 1)
    )


def _forgive(connection: sa.Connection, subscription_id: int) -> None:
    """End a debt that will not be paid: confirmed or left meanwhile, or tried often enough."""
    columns = subscription.c
    is_over = sa.or_(
        columns.state != SubscriptionState.UNCONFIRMED, columns.confirmation_attempts >= MOST_ATTEMPTS
    )
    connection.execute(
        sa.update(subscription).where(columns.id == subscription_id, is_over).values(confirmation_due_at=None)
    )
