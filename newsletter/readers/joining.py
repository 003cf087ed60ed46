"""The other newsletters of the house, for a reader who gets one of them: joined from their own page, at once.

Who holds the link of a mail reads that mailbox, and it was confirmed: confirming again would prove nothing more.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.publication.newsletters import Newsletter, list_newsletters
from newsletter.readers import store
from newsletter.readers.letters import owe_letter
from newsletter.readers.preferences import IN_USE, get_in_use
from newsletter.readers.store import Origin
from newsletter.readers.tables import ConsentEvent, LetterKind, SubscriptionState, subscription


@dataclass(frozen=True, slots=True)
class Other:
    """Another newsletter, and the reader's subscription to it while editions come; else None."""

    newsletter: Newsletter
    subscription_id: int | None


def list_others(connection: sa.Connection, subscription_id: int) -> list[Other]:
    """Return the newsletters besides the one that a subscription is to, by name."""
    own = sa.select(subscription.c.subscriber_id).where(subscription.c.id == subscription_id).scalar_subquery()
    query = sa.select(subscription.c.id, subscription.c.newsletter_id, subscription.c.state)
    rows = list(connection.execute(query.where(subscription.c.subscriber_id == own)))
    this = {row.newsletter_id for row in rows if row.id == subscription_id}
    in_use = {row.newsletter_id: int(row.id) for row in rows if row.state in IN_USE}
    others = [each for each in list_newsletters(connection) if each.id not in this]
    return [Other(each, in_use.get(each.id)) for each in sorted(others, key=lambda each: each.name.casefold())]


def join(
    connection: sa.Connection, subscription_id: int, slugs: Collection[str], origin: Origin, now: datetime
) -> list[int]:
    """Subscribe a reader to other newsletters, by their slugs; return the subscriptions that are new.

    Their language and zone go with them. A newsletter that there is not, or that the reader gets already, is left
    out. Raises ConflictError where the subscription itself brings no edition, now or after a pause.
    """
    subscriber_id = store.lock_subscriber(connection, subscription_id)
    found = get_in_use(connection, subscription_id, now)
    joined = []
    for other in list_others(connection, subscription_id):
        if other.newsletter.slug not in slugs or other.subscription_id is not None:
            continue
        waiting = store.find_subscription_id(connection, other.newsletter.id, found.address)
        if waiting is not None:
            store.hand_on_confirmation(connection, waiting)
        begun = {
            "state": SubscriptionState.ACTIVE,
            "requested_at": now,
            "confirmed_at": now,
            "confirmation_due_at": None,
            "language": other.newsletter.other_language(found.language),
            "zone": found.zone,
        }
        row = insert(subscription).values(subscriber_id=subscriber_id, newsletter_id=other.newsletter.id, **begun)
        again = row.on_conflict_do_update(
            index_elements=["subscriber_id", "newsletter_id"],
            set_=begun,
            where=subscription.c.state.not_in(IN_USE),
        )
        new = connection.execute(again.returning(subscription.c.id)).scalar_one_or_none()
        if new is None:
            continue
        for event in (ConsentEvent.REQUESTED, ConsentEvent.CONFIRMED):
            store.record_consent(connection, new, event, now, origin)
        owe_letter(connection, new, LetterKind.WELCOME, now)
        joined.append(int(new))
    return joined
