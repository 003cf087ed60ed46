"""Figures that add up: every total here is counted from rows when it is asked for."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.accounting.lease import FREE, is_of
from newsletter.delivery.audience import belongs
from newsletter.delivery.states import WAITING, DeliveryState
from newsletter.delivery.tables import batch, delivery, exclusion
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import edition
from newsletter.gather.tables import newsletter_source, source
from newsletter.publication.tables import newsletter
from newsletter.readers.address import canonical_address
from newsletter.readers.store import is_active
from newsletter.readers.tables import SubscriptionState, subscriber, subscription


def count_deliveries(connection: sa.Connection, edition_id: int) -> dict[DeliveryState, int]:
    """Return how many deliveries of an edition are in each state; states with none are left out.

    Their sum is the edition's audience, at every instant: a delivery is in exactly one state. What waits in an
    edition that is cancelled counts as cancelled, before the tick has come to write it.
    """
    is_cancelled = sa.exists().where(edition.c.id == edition_id, edition.c.state == EditionState.CANCELLED)
    is_waiting = delivery.c.state.in_(WAITING)
    stands = sa.case((is_waiting & is_cancelled.correlate(None), DeliveryState.CANCELLED), else_=delivery.c.state)
    of_edition = sa.select(stands.label("stands"), sa.func.count()).group_by("stands")
    every = of_edition.where(delivery.c.edition_id == edition_id).add_columns(sa.false())
    held = (
        of_edition.join_from(delivery, batch, delivery.c.id.between(batch.c.first_id, batch.c.last_id))
        .where(batch.c.edition_id == edition_id, batch.c.lease_until != FREE, is_waiting)
        .where(is_of(edition_id))
        .add_columns(sa.true())
    )
    counts: Counter[DeliveryState] = Counter()
    # One statement, and so one instant, for what waits and for what of it is in a task's hands.
    for state, count, in_hand in connection.execute(sa.union_all(every, held)):
        counts[DeliveryState.IN_FLIGHT if in_hand else DeliveryState(state)] += count
        if in_hand:
            counts[DeliveryState(state)] -= count
    return {state: counts[state] for state in DeliveryState if counts[state]}


def count_exclusions(connection: sa.Connection, edition_id: int) -> dict[str, int]:
    """Return how many active readers were left out of an edition, by reason."""
    query = (
        sa.select(exclusion.c.reason, sa.func.count())
        .where(exclusion.c.edition_id == edition_id)
        .group_by(exclusion.c.reason)
    )
    return {str(reason): count for reason, count in connection.execute(query)}


def count_subscriptions(connection: sa.Connection, newsletter_id: int) -> dict[SubscriptionState, int]:
    """Return how many subscriptions of a newsletter are in each state."""
    query = (
        sa.select(subscription.c.state, sa.func.count())
        .where(subscription.c.newsletter_id == newsletter_id)
        .group_by(subscription.c.state)
    )
    return {SubscriptionState(state): count for state, count in connection.execute(query)}


def count_newcomers(connection: sa.Connection, sent: Edition) -> int:
    """Return how many active subscriptions the edition could still go to; none where it is of one article."""
    if sent.article_id is not None:
        return 0
    planned = sa.exists().where(delivery.c.edition_id == sent.id, delivery.c.subscription_id == subscription.c.id)
    left_out = sa.exists().where(
        exclusion.c.edition_id == sent.id, exclusion.c.subscription_id == subscription.c.id
    )
    query = (
        sa.select(sa.func.count())
        .select_from(subscription)
        .where(belongs(connection, sent, sent.subscription_ids), is_active(sa.func.now()), ~planned, ~left_out)
    )
    return int(connection.execute(query).scalar_one())


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source does: when it was last read, and what its last failure said (empty when it works)."""

    url: str
    title: str
    state: str
    polled_at: datetime | None
    succeeded_at: datetime | None
    failures: int
    last_error: str


def source_health(connection: sa.Connection, source_ids: list[int] | None = None) -> list[SourceHealth]:
    """Return the health of these sources, or of all that a newsletter has."""
    columns = [source.c[name] for name in SourceHealth.__dataclass_fields__]
    query = sa.select(*columns).order_by(source.c.id)
    if source_ids is None:
        query = query.where(sa.exists().where(newsletter_source.c.source_id == source.c.id))
    else:
        query = query.where(source.c.id.in_(source_ids))
    return [SourceHealth(*row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class ReaderEdition:
    """What one reader got of one edition: its delivery's state, or why there is none; and the relay's words."""

    newsletter: str
    key: str
    outcome: str
    reply: str


def reader_history(connection: sa.Connection, address: str, limit: int = 10) -> list[ReaderEdition]:
    """Return what became of the latest editions for a reader, newest first."""
    canonical = canonical_address(address)
    kinds = (
        (delivery, delivery.c.state, delivery.c.reply),
        (exclusion, sa.literal("left out: ").concat(exclusion.c.reason), sa.literal("")),
    )
    rows = sa.union_all(
        *(
            sa.select(edition.c.id, newsletter.c.slug, edition.c.key, outcome.label("told"), reply.label("reply"))
            .join_from(table, edition, edition.c.id == table.c.edition_id)
            .join(newsletter, newsletter.c.id == edition.c.newsletter_id)
            .join(subscription, subscription.c.id == table.c.subscription_id)
            .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
            .where(subscriber.c.canonical_address == canonical)
            for table, outcome, reply in kinds
        )
    ).subquery()
    query = sa.select(rows.c.slug, rows.c.key, rows.c.told, rows.c.reply).order_by(rows.c.id.desc())
    return [ReaderEdition(*row) for row in connection.execute(query.limit(limit))]
