"""The audience: all whom an edition is for at one instant, frozen as rows; nobody is left out without a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from newsletter.delivery.accounting.lease import Span
from newsletter.delivery.audience import belongs, section_contents
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import Exclusion, batch, delivery, exclusion
from newsletter.delivery.waves import WaveTable, find_waves
from newsletter.edition.store import Edition, Wish
from newsletter.edition.tables import edition_content
from newsletter.readers.store import is_active, is_suppressed
from newsletter.readers.tables import subscriber, subscription

_ONE_AFTER_ANOTHER = 0x61756469656E6365
"""An advisory lock of our own."""

HELD_BACK = sa.text("'infinity'")
"""When a batch is due that waits for the canary's."""


LIFE_BEGINS = sa.func.greatest(sa.func.now(), batch.c.created_at)
"""From when on a batch that waits has its lifetime: from now, or from its wave where that lies ahead."""


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
    """Plan a delivery for each active subscription it is for, or is named, in batches; return how many are new.

    Must run in the transaction that starts the sending. An active reader who gets none has an exclusion row.
    Who joins while others wait for the canary waits with them. Where the newsletter keeps its readers' hours, a
    batch holds readers of one hour and is due then; the canary is taken from the first of these waves.
    Audiences are frozen one after another, so that the ids of a batch are one edition's and follow on each other.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AFTER_ANOTHER)))
    waves = WaveTable({} if subscription_ids is not None else find_waves(connection, edition))
    leads = _Leads(section_contents(connection, edition), is_named=subscription_ids is not None)
    people = waves.join(leads.join(subscription.join(subscriber, subscriber.c.id == subscription.c.subscriber_id)))
    audience = (
        sa.select(sa.literal(edition.id), subscription.c.id)
        .select_from(people)
        .where(belongs(connection, edition, subscription_ids), is_active(sa.func.now()))
        # The ids of a batch follow on each other, and so must those of a wave.
        .order_by(*([waves.at] if waves else []), subscription.c.id)
    )
    suppressed = is_suppressed(subscriber.c.canonical_address, sa.func.now())
    is_left_out = sa.or_(suppressed, leads.to_nothing)
    reason = sa.case((suppressed, Exclusion.SUPPRESSED), else_=Exclusion.NO_SECTION)
    # Who has a copy already was in the audience, whatever they chose or became since.
    has_copy = sa.exists().where(
        delivery.c.edition_id == edition.id, delivery.c.subscription_id == subscription.c.id
    )
    left_out = insert(exclusion).from_select(
        ["edition_id", "subscription_id", "reason"], audience.where(is_left_out, ~has_copy).add_columns(reason)
    )
    connection.execute(left_out.on_conflict_do_nothing())
    mailed = audience.where(~is_left_out).add_columns(_language(connection, edition), leads.content)
    planned = insert(delivery).from_select(["edition_id", "subscription_id", "language", "sections"], mailed)
    new = planned.on_conflict_do_nothing().returning(delivery.c.id, delivery.c.subscription_id).cte("new")
    planned_now = _put_into_batches(connection, edition.id, _numbered(new, waves, slicing), slicing)
    _include(connection, edition.id)
    return planned_now


def _include(connection: sa.Connection, edition_id: int) -> None:
    """Forget that a reader was left out who has a delivery after all: nobody is counted twice."""
    has_one = sa.exists().where(
        delivery.c.edition_id == edition_id, delivery.c.subscription_id == exclusion.c.subscription_id
    )
    connection.execute(sa.delete(exclusion).where(exclusion.c.edition_id == edition_id, has_one))


def _put_into_batches(connection: sa.Connection, edition_id: int, numbered: sa.Subquery, slicing: Slicing) -> int:
    """Write new deliveries, with the batches that they lie in, in one statement; return how many there are."""
    batches = insert(batch).from_select(
        ["edition_id", "first_id", "last_id", "due_at", "created_at"],
        _sliced(edition_id, numbered, has_canary=slicing.canary > 0),
    )
    made = connection.execute(batches.returning(batch.c.first_id, batch.c.last_id)).all()
    if not made:
        return 0
    fresh = sa.select(sa.func.count()).where(
        delivery.c.edition_id == edition_id,
        delivery.c.id.between(min(row.first_id for row in made), max(row.last_id for row in made)),
    )
    return int(connection.execute(fresh).scalar_one())


class _Leads:
    """Which of an edition's contents a choice of sections leads to, as something that a query can join."""

    def __init__(self, leads: Mapping[tuple[str, ...], str | None], *, is_named: bool) -> None:
        """Take where each choice leads; for whoever is named nothing left is the whole edition."""
        known = {choice: left for choice, left in leads.items() if left is not None or not is_named}
        self._is_empty = not known
        choices = sa.literal(["\n".join(each) for each in known], ARRAY(sa.Text))
        contents = sa.literal(list(known.values()), ARRAY(sa.Text))
        columns = sa.column("choice", sa.Text), sa.column("content", sa.Text)
        self._table = sa.func.unnest(choices, contents).table_valued(*columns, name="lead").render_derived()

    @property
    def content(self) -> sa.ColumnElement[str]:
        """The sections that a delivery is of; empty is the whole edition."""
        return sa.literal("") if self._is_empty else sa.func.coalesce(self._table.c.content, "")

    @property
    def to_nothing(self) -> sa.ColumnElement[bool]:
        """Whether nothing is left."""
        columns = self._table.c
        return sa.false() if self._is_empty else sa.and_(columns.choice.is_not(None), columns.content.is_(None))

    def join(self, source: sa.FromClause) -> sa.FromClause:
        """Return a source of subscriptions with what each choice leads to."""
        if self._is_empty:
            return source
        choice = sa.func.array_to_string(subscription.c.sections, "\n")
        return source.outerjoin(self._table, self._table.c.choice == choice)


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


def wish_for(connection: sa.Connection, edition: Edition, subscription_id: int) -> Wish:
    """Return which of an edition's contents a reader was sent, or would be; an empty language is the own one."""
    frozen = sa.select(delivery.c.language, delivery.c.sections).where(
        delivery.c.edition_id == edition.id, delivery.c.subscription_id == subscription_id
    )
    wished = sa.select(_language(connection, edition), subscription.c.sections)
    row = connection.execute(frozen).one_or_none()
    if row is not None:
        return Wish(*row)
    row = connection.execute(wished.where(subscription.c.id == subscription_id)).one_or_none()
    if row is None:
        return Wish()
    leads = section_contents(connection, edition)
    return Wish(row[0], leads.get(tuple(row.sections)) or "")


def _language(connection: sa.Connection, edition: Edition) -> sa.ColumnElement[str]:
    """Return which of the edition's contents a reader gets: theirs where there is one in it, else the own one."""
    columns = edition_content.c
    others = sa.select(columns.language).where(
        columns.edition_id == edition.id, columns.place > 0, columns.sections == ""
    )
    languages = connection.execute(others).scalars().all()
    if not languages:
        return sa.literal("")
    return sa.case((subscription.c.language.in_(languages), subscription.c.language), else_="")


def _numbered(new: sa.CTE, waves: WaveTable, slicing: Slicing) -> sa.Subquery:
    """Return new deliveries with their wave, and with the number of their batch in it; the canary's is -1."""
    source: sa.FromClause = new
    if waves:
        source = waves.join(new.join(subscription, subscription.c.id == new.c.subscription_id))
    waved = sa.select(new.c.id, waves.at.label("wave_at")).select_from(source).subquery()
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
