"""What a reader chose for one newsletter, as one value; and leaving taken back. ``choices`` is how they choose."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from newsletter.errors import ConflictError, NotFoundError
from newsletter.readers import store
from newsletter.readers.store import Origin
from newsletter.readers.tables import ConsentEvent, Frequency, SubscriptionState, subscriber, subscription

UNDO_TIME = timedelta(hours=1)
"""For so long can leaving be taken back by the link that was used to leave."""

IN_USE = frozenset({SubscriptionState.ACTIVE, SubscriptionState.PAUSED})
"""In which editions come, now or after a pause."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one reader chose for one newsletter, and where the subscription stands.

    ``language`` and ``zone`` are empty, and ``hour`` is None, where the newsletter's own hold. No ``sections`` are
    all of them. ``paused_until`` is None for a pause without end, and while there is none.
    """

    id: int
    newsletter_id: int
    address: str
    state: SubscriptionState
    language: str
    zone: str
    hour: time | None
    frequency: Frequency
    breaking: bool
    sections: tuple[str, ...]
    paused_until: datetime | None
    requested_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None

    @property
    def is_in_use(self) -> bool:
        """Whether editions come, now or after a pause."""
        return self.state in IN_USE

    def may_come_back(self, now: datetime) -> bool:
        """Whether leaving can be taken back: it was just now, and what was left had been confirmed.

        Whoever only asked for it anew, which anybody can do for any address, confirms by mail.
        """
        return (
            self.state is SubscriptionState.UNSUBSCRIBED
            and self.ended_at is not None
            and now - self.ended_at <= UNDO_TIME
            and self.confirmed_at is not None
            and self.confirmed_at >= self.requested_at
        )


def get_preferences(
    connection: sa.Connection, subscription_id: int, now: datetime, *, lock: bool = False
) -> Preferences:
    """Return what a reader chose, if asked locked until the transaction ends; a pause that has ended is none.

    Raises NotFoundError once the reader is erased.
    """
    columns = [
        subscriber.c.address if name == "address" else subscription.c[name]
        for name in Preferences.__dataclass_fields__
    ]
    query = (
        sa.select(*columns)
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .where(subscription.c.id == subscription_id)
    )
    row = connection.execute(query.with_for_update(of=subscription) if lock else query).mappings().one_or_none()
    if row is None:
        raise NotFoundError("This subscription is no longer here.", "All that was known of its reader was erased.")
    has_ended = row["paused_until"] is not None and row["paused_until"] <= now
    read = {
        "state": SubscriptionState.ACTIVE if has_ended else SubscriptionState(row["state"]),
        "paused_until": None if has_ended else row["paused_until"],
        "frequency": Frequency(row["frequency"]),
        "sections": tuple(row["sections"]),
    }
    return Preferences(**{**row, **read})


def get_in_use(connection: sa.Connection, subscription_id: int, now: datetime) -> Preferences:
    """Return what a reader chose, locked. Raises ConflictError where no edition comes, now or after a pause."""
    found = get_preferences(connection, subscription_id, now, lock=True)
    if not found.is_in_use:
        raise ConflictError("You are not subscribed now.", "Subscribe again first.")
    return found


def change(connection: sa.Connection, subscription_id: int, **values: object) -> None:
    """Change columns of a subscription that the transaction has locked and looked at."""
    connection.execute(sa.update(subscription).where(subscription.c.id == subscription_id).values(**values))


def keep_pause(connection: sa.Connection, subscription_id: int, now: datetime) -> None:
    """Note the pause that is on, if one is, of a reader who is about to leave."""
    columns = subscription.c
    has_ended = sa.func.coalesce(columns.paused_until <= now, sa.false())
    is_on = sa.and_(columns.state == SubscriptionState.PAUSED, ~has_ended)
    change(connection, subscription_id, left_paused=is_on, left_paused_until=columns.paused_until)


def come_back(connection: sa.Connection, subscription_id: int, origin: Origin, now: datetime) -> Preferences:
    """Take leaving back, for a reader who has just left; for one who is there already nothing happens.

    A pause that was on is on again. Raises ConflictError when it cannot be taken back any more
    (``Preferences.may_come_back``).
    """
    found = get_preferences(connection, subscription_id, now, lock=True)
    if found.is_in_use:
        return found
    if not found.may_come_back(now):
        raise ConflictError("It is too late to undo this.", "Subscribe again; a mail will ask you to confirm.")
    left = subscription.c
    state = sa.case((left.left_paused, SubscriptionState.PAUSED.value), else_=SubscriptionState.ACTIVE.value)
    until = sa.case((left.left_paused, left.left_paused_until))
    change(connection, found.id, state=state, paused_until=until, confirmed_at=now)
    store.record_consent(connection, found.id, ConsentEvent.CONFIRMED, now, origin)
    return get_preferences(connection, found.id, now)
