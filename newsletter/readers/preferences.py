"""What readers choose without an account, for one newsletter: its language, their hour; and leaving taken back.

Each change is one transaction, happens only from the states it starts from, is safe to repeat, and leaves a line
in the consent log where it changed something. Pauses are in ``pauses``.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.errors import ConflictError, NotFoundError, SettingsError
from newsletter.publication.newsletters import get_newsletter_by_id
from newsletter.readers import store
from newsletter.readers.store import Origin
from newsletter.readers.tables import (
    ConsentEvent,
    SubscriptionState,
    subscriber,
    subscription,
)

UNDO_TIME = timedelta(hours=1)
"""For so long can leaving be taken back by the link that was used to leave."""

_IN_USE = frozenset({SubscriptionState.ACTIVE, SubscriptionState.PAUSED})


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one reader chose for one newsletter, and where the subscription stands.

    ``language`` and ``zone`` are empty where the newsletter's own hold. ``paused_until`` is None for a pause
    without end, and while there is none.
    """

    id: int
    newsletter_id: int
    address: str
    state: SubscriptionState
    language: str
    zone: str
    paused_until: datetime | None
    requested_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None

    @property
    def is_in_use(self) -> bool:
        """Whether editions come, now or after a pause."""
        return self.state in _IN_USE

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
    state = SubscriptionState.ACTIVE if has_ended else SubscriptionState(row["state"])
    return Preferences(**{**row, "state": state, "paused_until": None if has_ended else row["paused_until"]})


def get_in_use(connection: sa.Connection, subscription_id: int, now: datetime) -> Preferences:
    """Return what a reader chose, locked. Raises ConflictError where no edition comes, now or after a pause."""
    found = get_preferences(connection, subscription_id, now, lock=True)
    if not found.is_in_use:
        raise ConflictError("You are not subscribed now.", "Subscribe again first.")
    return found


def change(connection: sa.Connection, subscription_id: int, **values: object) -> None:
    """Change columns of a subscription that the transaction has locked and looked at."""
    connection.execute(sa.update(subscription).where(subscription.c.id == subscription_id).values(**values))


def choose_language(
    connection: sa.Connection, subscription_id: int, language: str, origin: Origin, now: datetime
) -> Preferences:
    """Let editions come in one of the newsletter's languages, a tag; its own, named or empty, is kept as empty.

    Raises SettingsError for a language that it is not written in, ConflictError where nothing is in use.
    """
    found = get_in_use(connection, subscription_id, now)
    languages = get_newsletter_by_id(connection, found.newsletter_id).all_languages
    if language and language not in languages:
        raise SettingsError(f"No edition is written in {language!r}.", f"Choose one of: {', '.join(languages)}.")
    chosen = "" if language == languages[0] else language
    if chosen != found.language:
        change(connection, found.id, language=chosen)
        store.record_consent(connection, found.id, ConsentEvent.CHANGED, now, origin)
    return replace(found, language=chosen)


def choose_zone(
    connection: sa.Connection, subscription_id: int, zone: str, origin: Origin, now: datetime
) -> Preferences:
    """Let editions come at the newsletter's hour in a reader's own time zone, an IANA name; empty is its own.

    Raises SettingsError for a name that is none, ConflictError where nothing is in use.
    """
    found = get_in_use(connection, subscription_id, now)
    if zone != found.zone:
        store.set_zone(connection, found.id, zone)
        store.record_consent(connection, found.id, ConsentEvent.CHANGED, now, origin)
    return replace(found, zone=zone)


def come_back(connection: sa.Connection, subscription_id: int, origin: Origin, now: datetime) -> Preferences:
    """Take leaving back, for a reader who has just left; for one who is there already nothing happens.

    Raises ConflictError when it cannot be taken back any more (``Preferences.may_come_back``).
    """
    found = get_preferences(connection, subscription_id, now, lock=True)
    if found.is_in_use:
        return found
    if not found.may_come_back(now):
        raise ConflictError("It is too late to undo this.", "Subscribe again; a mail will ask you to confirm.")
    change(connection, found.id, state=SubscriptionState.ACTIVE, confirmed_at=now)
    store.record_consent(connection, found.id, ConsentEvent.CONFIRMED, now, origin)
    return replace(found, state=SubscriptionState.ACTIVE, confirmed_at=now)
