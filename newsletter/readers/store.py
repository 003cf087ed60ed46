"""Queries about readers."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.errors import SettingsError
from newsletter.publication.rules import is_zone
from newsletter.publication.tables import newsletter
from newsletter.readers.address import canonical_address
from newsletter.readers.tables import (
    ConsentEvent,
    SubscriptionState,
    consent,
    subscriber,
    subscription,
    suppression,
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """One reader's standing with one newsletter."""

    id: int
    subscriber_id: int
    newsletter_id: int
    address: str
    state: SubscriptionState
    requested_at: datetime
    zone: str = ""
    language: str = ""
    ended_at: datetime | None = None


def put_subscriber(connection: sa.Connection, address: str) -> int:
    """Return the id of the reader with this address, made if new, and lock it until the transaction ends."""
    canonical = canonical_address(address)
    connection.execute(
        insert(subscriber).values(address=address, canonical_address=canonical).on_conflict_do_nothing()
    )
    query = sa.select(subscriber.c.id).where(subscriber.c.canonical_address == canonical).with_for_update()
    return int(connection.execute(query).scalar_one())


def lock_subscriber(connection: sa.Connection, subscription_id: int) -> int | None:
    """Lock the reader of a subscription until the transaction ends: always before the subscription itself.

    Return the reader's id, or None once they are erased.
    """
    of = sa.select(subscription.c.subscriber_id).where(subscription.c.id == subscription_id).scalar_subquery()
    locked = connection.execute(sa.select(subscriber.c.id).where(subscriber.c.id == of).with_for_update())
    return locked.scalar_one_or_none()


def find_subscription(
    connection: sa.Connection, subscription_id: int, *, lock: bool = False
) -> Subscription | None:
    """Return a subscription with its reader's address, or None once it is erased."""
    query = (
        sa.select(
            subscription.c.id,
            subscription.c.subscriber_id,
            subscription.c.newsletter_id,
            subscriber.c.address,
            subscription.c.state,
            subscription.c.requested_at,
            subscription.c.zone,
            subscription.c.language,
            subscription.c.ended_at,
        )
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .where(subscription.c.id == subscription_id)
    )
    row = connection.execute(query.with_for_update(of=subscription) if lock else query).one_or_none()
    if row is None:
        return None
    values = row._mapping  # noqa: SLF001 — SQLAlchemy's documented name for a row as a mapping
    return Subscription(**{**values, "state": SubscriptionState(values["state"])})


def hand_on_confirmation(connection: sa.Connection, subscription_id: int) -> None:
    """Let another newsletter of the same request owe the one mail that covers them all, if this one owed it.

    For a reader who is locked, where this newsletter is confirmed or left some other way before the mail leaves.
    """
    columns, other = subscription.c, subscription.alias()
    owing = sa.and_(columns.id == subscription_id, columns.confirmation_due_at.is_not(None))
    same_request = sa.and_(
        other.c.subscriber_id == columns.subscriber_id,
        other.c.requested_at == columns.requested_at,
        other.c.state == SubscriptionState.UNCONFIRMED,
        other.c.id != columns.id,
    )
    heir = sa.select(sa.func.min(other.c.id)).where(same_request).scalar_subquery()
    query = sa.select(heir, columns.confirmation_due_at, columns.confirmation_attempts).where(owing)
    debt = connection.execute(query).one_or_none()
    if debt is None:
        return
    heir_id, due_at, attempts = debt
    given = sa.update(subscription).where(columns.id == heir_id)
    connection.execute(given.values(confirmation_due_at=due_at, confirmation_attempts=attempts))
    paid = sa.update(subscription).where(columns.id == subscription_id)
    connection.execute(paid.values(confirmation_due_at=None))


def find_subscription_id(connection: sa.Connection, newsletter_id: int, address: str) -> int | None:
    """Return the subscription of an address to a newsletter, or None."""
    query = (
        sa.select(subscription.c.id)
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .where(subscription.c.newsletter_id == newsletter_id)
        .where(subscriber.c.canonical_address == canonical_address(address))
    )
    return connection.execute(query).scalar_one_or_none()


def subscriptions_of(connection: sa.Connection, address: str) -> list[Subscription]:
    """Return the subscriptions of an address in whatever state, the oldest first."""
    query = (
        sa.select(subscription.c.id)
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .where(subscriber.c.canonical_address == canonical_address(address))
        .order_by(subscription.c.id)
    )
    found = (find_subscription(connection, each) for each in connection.execute(query).scalars())
    return [each for each in found if each is not None]


def set_zone(connection: sa.Connection, subscription_id: int, zone: str) -> None:
    """Note a reader's own time zone, an IANA name; empty is the newsletter's.

    Raises SettingsError for a name that is none.
    """
    if zone and not is_zone(zone):
        raise SettingsError(f"There is no time zone {zone!r}.", "Write an IANA name such as America/New_York.")
    connection.execute(sa.update(subscription).where(subscription.c.id == subscription_id).values(zone=zone))


def find_reader(connection: sa.Connection, address: str) -> list[tuple[str, SubscriptionState]]:
    """Return the newsletters that an address ever asked for, each with the state of its subscription."""
    query = (
        sa.select(newsletter.c.slug, subscription.c.state)
        .join_from(subscription, subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .join(newsletter, newsletter.c.id == subscription.c.newsletter_id)
        .where(subscriber.c.canonical_address == canonical_address(address))
        .order_by(newsletter.c.slug)
    )
    return [(slug, SubscriptionState(state)) for slug, state in connection.execute(query)]


def is_suppressed(address: sa.ColumnElement[str], now: sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
    """Return the condition that a canonical address is under a suppression still in force."""
    in_force = sa.or_(suppression.c.expires_at.is_(None), suppression.c.expires_at > now)
    return sa.exists().where(suppression.c.canonical_address == address, in_force)


def is_active(now: sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
    """Return the condition that a subscription is active, or is as good as that because its pause has ended."""
    is_over = sa.func.coalesce(subscription.c.paused_until <= now, sa.false())
    return sa.or_(
        subscription.c.state == SubscriptionState.ACTIVE,
        sa.and_(subscription.c.state == SubscriptionState.PAUSED, is_over),
    )


def record_consent(
    connection: sa.Connection, subscription_id: int, event: ConsentEvent, at: datetime, origin: "Origin"
) -> None:
    """Add one line to the consent log."""
    connection.execute(
        insert(consent).values(
            subscription_id=subscription_id,
            event=event,
            at=at,
            how=origin.how,
            network=origin.network,
            source=origin.source,
            text_version=origin.text_version,
        )
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a wish came from: the door, and the network it came over (never a whole IP address).

    ``source`` is what the door was told: where the form stood, or which list an operator brought. ``text_version``
    names the text that the reader was shown (``consent_text``).
    """

    how: str
    network: str = ""
    source: str = ""
    text_version: str = ""
