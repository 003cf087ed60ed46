"""The audience: every active subscription at one instant, frozen as rows; nobody is left out without a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.delivery.accounting.lease import Span
from newsletter.delivery.corrections import is_owed_correction
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import Exclusion, batch, delivery, exclusion
from newsletter.edition.store import Edition
from newsletter.edition.tables import EditionKind, edition_content
from newsletter.publication.calendar import due_at as local_due_at
from newsletter.publication.rules import is_zone
from newsletter.publication.tables import newsletter
from newsletter.readers.store import is_active, is_suppressed
from newsletter.readers.tables import subscriber, subscription

_ONE_AFTER_ANOTHER = 0x61756469656E6365
"""An advisory lock of our own."""

HELD_BACK = sa.text("'infinity'")
"""When a batch is due that waits for the canary's."""


LIFE_BEGINS = sa.func.greatest(sa.func.now(), batch.c.created_at)
"""From when on a batch that waits has its lifetime: from now, or from its wave where that lies ahead."""

LONGEST_WAVE = timedelta(hours=24)
"""No reader's hour is later than this after the edition's own."""


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
    Who joins while others wait for the canary waits with them. Where the newsletter keeps its readers' hours, a
    batch holds readers of one hour and is due then; the canary is taken from the first of these waves.
    Audiences are frozen one after another, so that the ids of a batch are one edition's and follow on each other.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AFTER_ANOTHER)))
    waves = _waves(connection, edition) if subscription_ids is None else {}
    wave_at = _wave_at(waves)
    # The ids of a batch follow on each other, and so must those of a wave.
    audience = _audience(edition, subscription_ids).order_by(*([wave_at] if waves else []), subscription.c.id)
    suppressed = is_suppressed(subscriber.c.canonical_address, sa.func.now())
    mailed = audience.where(~suppressed).add_columns(_language(connection, edition))
    planned = insert(delivery).from_select(["edition_id", "subscription_id", "language"], mailed)
    left_out = insert(exclusion).from_select(
        ["edition_id", "subscription_id", "reason"],
        audience.where(suppressed).add_columns(sa.literal(Exclusion.SUPPRESSED)),
    )
    connection.execute(left_out.on_conflict_do_nothing())
    new = planned.on_conflict_do_nothing().returning(delivery.c.id, delivery.c.subscription_id).cte("new")
    numbered = _numbered(new, wave_at, slicing, has_waves=bool(waves))
    batches = insert(batch).from_select(
        ["edition_id", "first_id", "last_id", "due_at", "created_at"],
        _sliced(edition.id, numbered, has_canary=slicing.canary > 0),
    )
    made = connection.execute(batches.returning(batch.c.first_id, batch.c.last_id)).all()
    if not made:
        return 0
    fresh = sa.select(sa.func.count()).where(
        delivery.c.edition_id == edition.id,
        delivery.c.id.between(min(row.first_id for row in made), max(row.last_id for row in made)),
    )
    return int(connection.execute(fresh).scalar_one())


def _audience(edition: Edition, subscription_ids: Sequence[int] | None) -> sa.Select[tuple[int, int]]:
    """Return the query for the active subscriptions that an edition is for, suppressed or not."""
    audience = (
        sa.select(sa.literal(edition.id), subscription.c.id)
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .where(subscription.c.newsletter_id == edition.newsletter_id)
        .where(is_active(sa.func.now()))
    )
    if edition.kind is EditionKind.CORRECTION:
        return audience.where(is_owed_correction(edition))
    return audience if subscription_ids is None else audience.where(subscription.c.id.in_(subscription_ids))


def _sliced(edition_id: int, numbered: sa.Subquery, *, has_canary: bool) -> sa.Select[Any]:
    """Return the batches of new deliveries: the canary's is due, and all others where nobody waits for it."""
    rest = numbered.c.number >= 0 if has_canary else sa.false()
    others_wait = sa.exists().where(batch.c.edition_id == edition_id, batch.c.due_at == HELD_BACK).correlate(None)
    due_at = sa.case((sa.or_(rest, others_wait), HELD_BACK), else_=numbered.c.wave_at)
    return (
        sa.select(
            sa.literal(edition_id),
            sa.func.min(numbered.c.id),
            sa.func.max(numbered.c.id),
            due_at,
            # Where its lifetime begins, and when it is let go at the earliest.
            numbered.c.wave_at,
        )
        .group_by(numbered.c.wave_at, numbered.c.number)
        .order_by(numbered.c.wave_at, numbered.c.number)
    )


def language_for(connection: sa.Connection, edition: Edition, subscription_id: int) -> str:
    """Return in which language a reader was sent an edition, or would be; empty is the newsletter's own."""
    frozen = sa.select(delivery.c.language).where(
        delivery.c.edition_id == edition.id, delivery.c.subscription_id == subscription_id
    )
    wished = sa.select(_language(connection, edition)).where(subscription.c.id == subscription_id)
    query = sa.select(sa.func.coalesce(frozen.scalar_subquery(), wished.scalar_subquery(), ""))
    return str(connection.execute(query).scalar_one())


def _language(connection: sa.Connection, edition: Edition) -> sa.ColumnElement[str]:
    """Return which of the edition's contents a reader gets: theirs where there is one in it, else the own one."""
    columns = edition_content.c
    others = sa.select(columns.language).where(columns.edition_id == edition.id, columns.place > 0)
    languages = connection.execute(others).scalars().all()
    if not languages:
        return sa.literal("")
    return sa.case((subscription.c.language.in_(languages), subscription.c.language), else_="")


def _waves(connection: sa.Connection, edition: Edition) -> Mapping[str, datetime]:
    """Return when readers have their hour, by zone, of the zones where that is after the edition's own time."""
    settings = connection.execute(
        sa.select(newsletter.c.reader_hours, newsletter.c.send_time).where(
            newsletter.c.id == edition.newsletter_id
        )
    ).one()
    if not settings.reader_hours or edition.is_for_named_readers:
        return {}
    zones = (
        sa.select(subscription.c.zone)
        .distinct()
        .where(subscription.c.newsletter_id == edition.newsletter_id, subscription.c.zone != "")
    )
    hours = {
        zone: local_due_at(edition.edition_on, settings.send_time, ZoneInfo(zone))
        for zone in connection.execute(zones).scalars()
        if is_zone(zone)
    }
    last = edition.due_at + LONGEST_WAVE
    return {zone: min(hour, last) for zone, hour in hours.items() if hour > edition.due_at}


def _wave_at(waves: Mapping[str, datetime]) -> sa.ColumnElement[datetime]:
    """Return when a subscription's copy is due: at its reader's hour, at once where that has come."""
    if not waves:
        return sa.func.now()
    hours = sa.case({zone: sa.literal(hour) for zone, hour in waves.items()}, value=subscription.c.zone)
    return sa.func.greatest(sa.func.now(), hours)


def _numbered(
    new: sa.CTE, wave_at: sa.ColumnElement[datetime], slicing: Slicing, *, has_waves: bool
) -> sa.Subquery:
    """Return new deliveries with their wave, and with the number of their batch in it; the canary's is -1."""
    source: sa.FromClause = new
    if has_waves:
        source = new.join(subscription, subscription.c.id == new.c.subscription_id)
    waved = sa.select(new.c.id, wave_at.label("wave_at")).select_from(source).subquery()
    in_first_wave = waved.c.wave_at == sa.func.min(waved.c.wave_at).over()
    # Counted from 0 in each wave; whole batches follow the canary's.
    place = sa.func.row_number().over(partition_by=waved.c.wave_at, order_by=waved.c.id) - 1
    place -= sa.case((in_first_wave, slicing.canary), else_=0)
    number = sa.case((place < 0, -1), else_=place // slicing.batch_size)
    return sa.select(waved.c.id, waved.c.wave_at, number.label("number")).subquery()


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
    # Their lifetime begins now, because the wait was ours; or at their reader's hour, where that lies ahead.
    released = sa.update(batch).where(held_back).values(due_at=LIFE_BEGINS, created_at=LIFE_BEGINS)
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
