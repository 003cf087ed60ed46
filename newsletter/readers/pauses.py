"""Pauses: a reader is mailed nothing for some days, or until they say so, and stays a reader.

Pausing stops messages not yet begun within a second, as leaving does: a trigger tells (migration 0006). A pause
that has ended counts as none at once (``store.is_active``); the tick then writes so.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter import log
from newsletter.errors import SettingsError
from newsletter.publication import calendar
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.readers import store
from newsletter.readers.preferences import Preferences, change, get_in_use
from newsletter.readers.store import Origin
from newsletter.readers.tables import ConsentEvent, SubscriptionState, consent, subscription

_log = log.get("readers")

LONGEST_PAUSE = 90
"""Days; who wants a longer one pauses until they say otherwise."""

BY_ITSELF = Origin("end of pause")
"""How a pause is resumed that was for some days."""


def pause_end(newsletter: Newsletter, days: int, now: datetime) -> datetime:
    """Return when a pause ends that spares a reader the editions of so many dates, beginning with the next.

    It is the first moment of a date in the newsletter's zone, so that pausing twice between two editions is
    pausing once. Pure. Raises SettingsError for no days, and for more than LONGEST_PAUSE.
    """
    if not 1 <= days <= LONGEST_PAUSE:
        raise SettingsError(
            f"A pause cannot be {days} days long.", f"Choose 1 to {LONGEST_PAUSE} days, or no end at all."
        )
    local = now.astimezone(newsletter.timezone)
    # Today's edition counts while its time has not come.
    has_come = now >= calendar.due_at(local.date(), newsletter.send_time, newsletter.timezone)
    first_again = local.date() + timedelta(days=days + has_come)
    return calendar.due_at(first_again, time(0), newsletter.timezone)


def pause(
    connection: sa.Connection, subscription_id: int, days: int | None, origin: Origin, now: datetime
) -> Preferences:
    """Mail a reader nothing for some days (``pause_end``), or until they resume; a pause under way gets this end.

    Raises SettingsError for days that no pause has, ConflictError where no edition comes anyway.
    """
    found = get_in_use(connection, subscription_id, now)
    until = None
    if days is not None:
        until = pause_end(get_newsletter_by_id(connection, found.newsletter_id), days, now)
    if found.state is not SubscriptionState.PAUSED or found.paused_until != until:
        change(connection, found.id, state=SubscriptionState.PAUSED, paused_until=until)
        store.record_consent(connection, found.id, ConsentEvent.PAUSED, now, origin)
    return replace(found, state=SubscriptionState.PAUSED, paused_until=until)


def resume(connection: sa.Connection, subscription_id: int, origin: Origin, now: datetime) -> Preferences:
    """End a reader's pause. Raises ConflictError where nothing is in use."""
    found = get_in_use(connection, subscription_id, now)
    if found.state is SubscriptionState.PAUSED:
        change(connection, found.id, state=SubscriptionState.ACTIVE, paused_until=None)
        store.record_consent(connection, found.id, ConsentEvent.RESUMED, now, origin)
    return replace(found, state=SubscriptionState.ACTIVE, paused_until=None)


def end_pauses(connection: sa.Connection, now: datetime) -> int:
    """Make every subscription active whose pause has ended; return how many."""
    columns = subscription.c
    over = (
        sa.select(columns.id)
        .where(columns.paused_until <= now, columns.state == SubscriptionState.PAUSED)
        .order_by(columns.id)
        .with_for_update(skip_locked=True)
        .cte("over")
    )
    ended = (
        sa.update(subscription)
        .where(columns.id == over.c.id)
        .values(state=SubscriptionState.ACTIVE, paused_until=None)
        .returning(columns.id)
        .cte("ended")
    )
    told = sa.select(
        ended.c.id, sa.literal(ConsentEvent.RESUMED.value), sa.literal(now), sa.literal(BY_ITSELF.how)
    )
    logged = insert(consent).from_select(["subscription_id", "event", "at", "how"], told)
    count = len(connection.execute(logged.returning(consent.c.id)).all())
    if count:
        _log.info("pauses_ended", count=count)
    return count
