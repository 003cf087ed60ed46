"""Subscribe, confirm, unsubscribe: each one transaction, each safe to repeat.

``request_subscription`` behaves alike for known, unknown and suppressed addresses; only the mail that follows
differs, so the form tells nobody who reads us. Who comes or leaves is owed a letter in the same transaction
(``letters``); ``letters.due_letters`` says which, for the bell after the commit.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.errors import NotFoundError, TokenError
from newsletter.readers import store
from newsletter.readers.letters import owe_letter
from newsletter.readers.store import Origin, Subscription
from newsletter.readers.tables import ConsentEvent, LetterKind, SubscriptionState, subscriber, subscription

CONFIRMATION_PAUSE = timedelta(hours=24)
"""At most one confirmation an address in this time, over all newsletters: the form cannot bomb anybody."""

ANSWERED_DOORS = frozenset({"page", "mail"})
"""Ways out (``Origin.how``) behind which a person waits for an answer."""


def request_subscription(
    connection: sa.Connection, newsletter_id: int, address: str, origin: Origin, now: datetime
) -> int | None:
    """Note that ``address`` asked for a newsletter; return the subscription that is owed a confirmation.

    None when nothing is owed: the reader is active already, the address is suppressed, or it had a
    confirmation within CONFIRMATION_PAUSE. Who unsubscribed meanwhile is owed one at once: only they can do that.
    """
    subscriber_id = store.put_subscriber(connection, address)
    known = sa.select(subscription.c.state).where(
        subscription.c.subscriber_id == subscriber_id, subscription.c.newsletter_id == newsletter_id
    )
    has_left = connection.execute(known).scalar_one_or_none() == SubscriptionState.UNSUBSCRIBED
    reader = connection.execute(
        sa.select(
            subscriber.c.confirmation_asks,
            store.is_suppressed(subscriber.c.canonical_address, sa.literal(now)).label("is_suppressed"),
        ).where(subscriber.c.id == subscriber_id)
    ).one()
    asked = insert(subscription).values(
        subscriber_id=subscriber_id,
        newsletter_id=newsletter_id,
        state=SubscriptionState.UNCONFIRMED,
        requested_at=now,
    )
    row = connection.execute(
        asked.on_conflict_do_update(
            index_elements=["subscriber_id", "newsletter_id"],
            set_={
                "state": SubscriptionState.UNCONFIRMED,
                # Who left and asks anew starts anew: the link that they used before must not bring them back.
                "requested_at": sa.literal(now) if has_left else subscription.c.requested_at,
            },
            where=subscription.c.state.in_([SubscriptionState.UNCONFIRMED, SubscriptionState.UNSUBSCRIBED]),
        ).returning(subscription.c.id)
    ).one_or_none()
    asked_at = reader.confirmation_asks[-1] if reader.confirmation_asks else None
    is_early = asked_at is not None and now - asked_at < CONFIRMATION_PAUSE and not has_left
    if row is None or reader.is_suppressed or is_early:
        return None
    connection.execute(
        sa.update(subscriber).where(subscriber.c.id == subscriber_id).values(confirmation_asks=[now])
    )
    # Only a request that is answered by mail moves this time: the link of an earlier mail stays good meanwhile.
    connection.execute(
        sa.update(subscription)
        .where(subscription.c.id == row.id)
        .values(requested_at=now, confirmation_due_at=now, confirmation_attempts=0)
    )
    store.record_consent(connection, row.id, ConsentEvent.REQUESTED, now, origin)
    return int(row.id)


def confirm(connection: sa.Connection, claim: tuple[int, datetime], origin: Origin, now: datetime) -> Subscription:
    """Make the subscription of a confirmation token active, and owe it a welcome.

    ``claim`` is the token's number and time of issue.

    Raises TokenError when the subscription was unsubscribed or asked for anew after the token was issued.
    """
    found = get_subscription(connection, claim[0], lock=True)
    if found.state in {SubscriptionState.ACTIVE, SubscriptionState.PAUSED}:
        return found
    # Tokens carry minutes; the request may lie seconds after the minute that its own token names.
    if found.state is not SubscriptionState.UNCONFIRMED or claim[1] < found.requested_at - timedelta(minutes=1):
        raise TokenError("This link has been used up.", "Subscribe again to get a new one.")
    _move(connection, found.id, SubscriptionState.ACTIVE, confirmed_at=now, confirmation_due_at=None)
    store.record_consent(connection, found.id, ConsentEvent.CONFIRMED, now, origin)
    owe_letter(connection, found.id, LetterKind.WELCOME, now)
    return found


def unsubscribe(connection: sa.Connection, subscription_id: int, origin: Origin, now: datetime) -> Subscription:
    """End a subscription. A second time changes nothing (RFC 8058 §3.2 asks for no more than one POST).

    Who pressed our own button or wrote a mail is owed a goodbye; a mail program's one click wants no answer.
    """
    found = get_subscription(connection, subscription_id, lock=True)
    if found.state is not SubscriptionState.UNSUBSCRIBED:
        _move(connection, found.id, SubscriptionState.UNSUBSCRIBED, ended_at=now, confirmation_due_at=None)
        store.record_consent(connection, found.id, ConsentEvent.UNSUBSCRIBED, now, origin)
        if origin.how in ANSWERED_DOORS:
            owe_letter(connection, found.id, LetterKind.GOODBYE, now)
    return found


def add_reader(connection: sa.Connection, newsletter_id: int, address: str, origin: Origin, now: datetime) -> int:
    """Put an address on a newsletter on the operator's word that its reader agreed; return the subscription.

    A reader who unsubscribed stays off until they confirm: only they can come back, and a request alone may be
    anybody's.
    """
    subscriber_id = store.put_subscriber(connection, address)
    active = {"state": SubscriptionState.ACTIVE, "confirmed_at": now}
    added = insert(subscription).values(
        subscriber_id=subscriber_id, newsletter_id=newsletter_id, requested_at=now, **active
    )
    row = connection.execute(
        added.on_conflict_do_update(
            index_elements=["subscriber_id", "newsletter_id"],
            set_=active,
            where=sa.and_(
                subscription.c.state == SubscriptionState.UNCONFIRMED, subscription.c.ended_at.is_(None)
            ),
        ).returning(subscription.c.id)
    ).one_or_none()
    if row is not None:
        store.record_consent(connection, row.id, ConsentEvent.ADDED, now, origin)
        return int(row.id)
    known = sa.select(subscription.c.id).where(
        subscription.c.subscriber_id == subscriber_id, subscription.c.newsletter_id == newsletter_id
    )
    return int(connection.execute(known).scalar_one())


def get_subscription(connection: sa.Connection, subscription_id: int, *, lock: bool = False) -> Subscription:
    """Return a subscription. Raises NotFoundError once its reader is erased."""
    found = store.find_subscription(connection, subscription_id, lock=lock)
    if found is None:
        raise NotFoundError("This subscription is no longer here.", "There is nothing left to leave.")
    return found


def _move(
    connection: sa.Connection, subscription_id: int, to: SubscriptionState, **values: datetime | None
) -> None:
    # A pause ends with the state that it was of.
    values = {"paused_until": None, **values}
    connection.execute(
        sa.update(subscription).where(subscription.c.id == subscription_id).values(state=to, **values)
    )
