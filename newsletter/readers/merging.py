"""A reader's subscriptions put under another address: the reader moves, or becomes one with who is there already.

Nothing is deleted. Where the new address is a reader of its own, the old one leaves each newsletter and the new
one has it: what was mailed stays accounted for, and the links in old mails still open what they are about.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from newsletter.readers import store
from newsletter.readers.address import canonical_address
from newsletter.readers.preferences import IN_USE
from newsletter.readers.store import Origin
from newsletter.readers.tables import ConsentEvent, SubscriptionState, subscriber, subscription

_CHOSEN = ("zone", "language", "hour", "frequency", "breaking", "sections")
"""What a reader takes along to the new address."""


def lock_readers(connection: sa.Connection, subscriber_id: int, address: str) -> int | None:
    """Lock a reader, and who has an address already, until the transaction ends; return the latter's id, or None.

    In one order, whoever moves where: two who change places do not wait for each other for ever.
    """
    both = sa.or_(subscriber.c.id == subscriber_id, subscriber.c.canonical_address == canonical_address(address))
    rows = connection.execute(sa.select(subscriber.c.id).where(both).order_by(subscriber.c.id).with_for_update())
    return next((each for each in rows.scalars() if each != subscriber_id), None)


def move_reader(
    connection: sa.Connection, subscriber_id: int, address: str, origin: Origin, now: datetime
) -> None:
    """Let everything that comes to a reader come to ``address``, which agreed to it."""
    other = lock_readers(connection, subscriber_id, address)
    moved = _in_use(connection, subscriber_id)
    if other is None and not _rename(connection, subscriber_id, address):
        # Whoever has it came a moment ago.
        other = lock_readers(connection, subscriber_id, address)
    if other is None:
        for each in moved:
            store.record_consent(connection, each.id, ConsentEvent.MOVED, now, origin)
        return
    for each in moved:
        taken_over = _take_over(connection, each, other, now)
        _leave(connection, each.id, now)
        for number in (each.id, taken_over):
            store.record_consent(connection, number, ConsentEvent.MOVED, now, origin)


def _rename(connection: sa.Connection, subscriber_id: int, address: str) -> bool:
    """Give a reader an address that nobody has; False where somebody has it."""
    # What bounced was the old mailbox.
    named = {
        "address": address,
        "canonical_address": canonical_address(address),
        "bounce_score": 0,
        "bounced_on": None,
    }
    try:
        with connection.begin_nested():
            connection.execute(sa.update(subscriber).where(subscriber.c.id == subscriber_id).values(named))
    except IntegrityError:
        return False
    return True


def _in_use(connection: sa.Connection, subscriber_id: int) -> list[Any]:
    query = sa.select(subscription).where(
        subscription.c.subscriber_id == subscriber_id, subscription.c.state.in_(IN_USE)
    )
    return list(connection.execute(query.order_by(subscription.c.id).with_for_update()))


def _take_over(connection: sa.Connection, old: Any, subscriber_id: int, now: datetime) -> int:
    """Give another reader a subscription as it is; return its id.

    Of two the stronger state holds, active before paused before any other; who has the newsletter already keeps
    what they chose.
    """
    held = subscription.c
    own = sa.and_(held.subscriber_id == subscriber_id, held.newsletter_id == old.newsletter_id)
    for each in connection.execute(sa.select(held.id).where(own)).scalars():
        store.hand_on_confirmation(connection, each)
    had = held.state.in_(IN_USE)
    ends_pause = sa.and_(held.state == SubscriptionState.PAUSED, old.state == SubscriptionState.ACTIVE)
    is_stronger = sa.or_(~had, ends_pause)
    given = insert(subscription).values(
        subscriber_id=subscriber_id,
        newsletter_id=old.newsletter_id,
        state=old.state,
        paused_until=old.paused_until,
        requested_at=now,
        confirmed_at=now,
        **{name: getattr(old, name) for name in _CHOSEN},
    )
    new = given.excluded
    row = given.on_conflict_do_update(
        index_elements=["subscriber_id", "newsletter_id"],
        set_={
            "state": sa.case((is_stronger, new.state), else_=held.state),
            "paused_until": sa.case((is_stronger, new.paused_until), else_=held.paused_until),
            "requested_at": sa.case((had, held.requested_at), else_=new.requested_at),
            "confirmed_at": sa.case((had, held.confirmed_at), else_=new.confirmed_at),
            "confirmation_due_at": None,
            **{name: sa.case((had, held[name]), else_=new[name]) for name in _CHOSEN},
        },
    )
    return int(connection.execute(row.returning(held.id)).scalar_one())


def _leave(connection: sa.Connection, subscription_id: int, now: datetime) -> None:
    left = sa.update(subscription).where(subscription.c.id == subscription_id)
    connection.execute(
        left.values(
            state=SubscriptionState.UNSUBSCRIBED,
            ended_at=now,
            paused_until=None,
            # As if asked for anew and never confirmed: no link of the old mailbox undoes this.
            requested_at=now,
            confirmation_due_at=None,
        )
    )
