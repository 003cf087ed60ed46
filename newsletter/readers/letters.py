"""The letters that a reader is owed about their subscription: when they come, leave, or ask what we hold of them.

Each is a row, written in the transaction that it tells of, so that no crash forgets it. There is one row for a
subscription and kind, which is how leaving and coming back and leaving again in a day is answered once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.publication.tables import newsletter
from newsletter.readers.store import is_suppressed
from newsletter.readers.tables import LetterKind, SubscriptionState, owed_letter, subscriber, subscription
from newsletter.tokens import LIFETIME, Purpose

LETTER_PAUSE = timedelta(days=1)
"""At most one letter of a kind to a subscription in this time."""

DATA_PAUSE = LIFETIME[Purpose.DATA] or LETTER_PAUSE
"""The same for the letter with a reader's data, as long as its link is good."""

_PAUSES = {LetterKind.DATA: DATA_PAUSE}
_SETTINGS: dict[LetterKind, sa.ColumnElement[bool]] = {
    LetterKind.WELCOME: newsletter.c.welcome,
    LetterKind.GOODBYE: newsletter.c.goodbye,
}

_STATES = {
    LetterKind.WELCOME: (SubscriptionState.ACTIVE, SubscriptionState.PAUSED),
    LetterKind.GOODBYE: (SubscriptionState.UNSUBSCRIBED,),
    LetterKind.DATA: tuple(SubscriptionState),
}
"""In which a letter is still true."""


@dataclass(frozen=True, slots=True)
class OwedLetter:
    """A letter as it is owed; ``owed_at`` stays the same for each try."""

    id: int
    subscription_id: int
    kind: LetterKind
    owed_at: datetime


def owe_letter(connection: sa.Connection, subscription_id: int, kind: LetterKind, now: datetime) -> None:
    """Owe a letter, where the newsletter writes such and the subscription had none within its pause."""
    wanted = (
        sa.select(subscription.c.id, sa.literal(kind.value), sa.literal(now), sa.literal(now))
        .join(newsletter, newsletter.c.id == subscription.c.newsletter_id)
        .where(subscription.c.id == subscription_id, _SETTINGS.get(kind, sa.true()))
    )
    row = insert(owed_letter).from_select(["subscription_id", "kind", "owed_at", "mail_due_at"], wanted)
    again = row.on_conflict_do_update(
        index_elements=["subscription_id", "kind"],
        set_={"owed_at": now, "mail_due_at": now, "mail_attempts": 0},
        where=owed_letter.c.owed_at <= now - _PAUSES.get(kind, LETTER_PAUSE),
    )
    connection.execute(again)


def due_letters(
    connection: sa.Connection,
    now: datetime,
    subscription_id: int | None = None,
    *,
    subscriber_id: int | None = None,
) -> list[int]:
    """Return the letters that are to be mailed now: to all readers, about one subscription, or to one reader."""
    query = sa.select(owed_letter.c.id).where(owed_letter.c.mail_due_at <= now)
    if subscription_id is not None:
        query = query.where(owed_letter.c.subscription_id == subscription_id)
    if subscriber_id is not None:
        of_reader = sa.select(subscription.c.id).where(subscription.c.subscriber_id == subscriber_id)
        query = query.where(owed_letter.c.subscription_id.in_(of_reader))
    return list(connection.execute(query.order_by(owed_letter.c.mail_due_at, owed_letter.c.id)).scalars())


def find_letter(connection: sa.Connection, letter_id: int) -> OwedLetter | None:
    """Return a letter, or None once it is forgotten with its reader."""
    query = sa.select(*(owed_letter.c[name] for name in OwedLetter.__dataclass_fields__))
    row = connection.execute(query.where(owed_letter.c.id == letter_id)).one_or_none()
    return None if row is None else OwedLetter(row.id, row.subscription_id, LetterKind(row.kind), row.owed_at)


def is_true(kind: LetterKind, now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that what a letter says is so: its reader did not turn round, and may be mailed."""
    return (
        sa.exists()
        .where(subscription.c.id == owed_letter.c.subscription_id, subscriber.c.id == subscription.c.subscriber_id)
        .where(subscription.c.state.in_(_STATES[kind]))
        .where(~is_suppressed(subscriber.c.canonical_address, sa.literal(now)))
        .correlate(owed_letter)
    )


def forget_untrue(connection: sa.Connection, letter: OwedLetter, now: datetime) -> bool:
    """Owe a letter no more that is true no more; return whether that was so.

    Never tried, it is as if nothing had been owed: the next letter need not wait. One that was tried may have been
    taken, and counts.
    """
    is_untrue = sa.and_(owed_letter.c.id == letter.id, ~is_true(letter.kind, now))
    never_tried = sa.delete(owed_letter).where(is_untrue, owed_letter.c.mail_attempts == 0)
    tried = sa.update(owed_letter).where(is_untrue).values(mail_due_at=None)
    ends = (each.returning(owed_letter.c.id) for each in (never_tried, tried))
    return any(connection.execute(each).one_or_none() is not None for each in ends)
