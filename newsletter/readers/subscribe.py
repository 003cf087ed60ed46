"""Subscribe, confirm, unsubscribe: each one transaction, each safe to repeat.

A request may be anybody's: it changes nothing that a reader has, and the one thing that it can cause is a mail,
which the gate rations (``gate``). Doors write requests down (``sign_ups``) and a task decides on them here, so
that no door tells who reads us. Who comes or leaves is owed a letter in the same transaction (``letters``);
``letters.due_letters`` says which, for the bell after the commit.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter import log
from newsletter.errors import NotFoundError, TokenError
from newsletter.publication.newsletters import Newsletter, list_newsletters
from newsletter.readers import store
from newsletter.readers.gate import WEEK, Gate, may_be_asked
from newsletter.readers.letters import owe_letter
from newsletter.readers.preferences import keep_pause
from newsletter.readers.sign_ups import SignUp
from newsletter.readers.store import Origin, Subscription
from newsletter.readers.suppressions import find_suppression
from newsletter.readers.tables import (
    ConsentEvent,
    LetterKind,
    SubscriptionState,
    SuppressionReason,
    subscriber,
    subscription,
)

ANSWERED_DOORS = frozenset({"page", "mail"})
"""Ways out (``Origin.how``) behind which a person waits for an answer."""

_log = log.get("readers")

_IN_USE = frozenset({SubscriptionState.ACTIVE, SubscriptionState.PAUSED})
_MINUTE = timedelta(minutes=1)


def request_subscription(connection: sa.Connection, gate: Gate, sign_up: SignUp, now: datetime) -> int | None:
    """Note that an address asked for newsletters; return the subscription that is owed the one confirmation.

    None when nothing is owed, and then nothing is changed: the reader has them all, the address is suppressed, was
    asked lately (``gate.may_be_asked``), or all together asked for more than can be mailed within a day. A mail
    that finds no room now is owed when there is some.
    """
    suppressed = find_suppression(connection, gate.tokens, sign_up.address, now)
    # Who had everything erased may come back; it keeps only others from putting them back.
    if suppressed is not None and suppressed.reason is not SuppressionReason.ERASED:
        return None
    subscriber_id = store.put_subscriber(connection, sign_up.address)
    in_use, left = _standing(connection, subscriber_id)
    wanted = [each for each in _named(connection, sign_up.newsletter_ids) if each.id not in in_use]
    due_at = None
    if wanted:
        comes_back = any(each.id in left for each in wanted)
        asks = connection.execute(
            sa.select(subscriber.c.confirmation_asks).where(subscriber.c.id == subscriber_id)
        ).scalar_one()
        is_free = may_be_asked(asks, now, comes_back=comes_back)
        if is_free and gate.admits_mailbox(connection, sign_up.address, now):
            due_at = gate.next_place(connection, now)
            if due_at is None:
                _log.warning("confirmations_full", per_hour=gate.per_hour)
    if due_at is None:
        _forget_stranger(connection, subscriber_id)
        return None
    asked = [_ask(connection, subscriber_id, each, sign_up, now) for each in wanted]
    owed = next((each for each in asked if each is not None), None)
    if owed is not None:
        _owe_confirmation(connection, owed, due_at, now)
    return owed


def confirm(connection: sa.Connection, claim: tuple[int, datetime], origin: Origin, now: datetime) -> Subscription:
    """Make the subscriptions of a confirmation token active, and owe each a welcome; return the token's own.

    ``claim`` is the token's number and time of issue. Any link that was mailed since the reader last left is good;
    one that was mailed before the latest request confirms its own newsletter alone.

    Raises TokenError when the subscription was unsubscribed after the token was issued, NotFoundError once its
    reader is erased.
    """
    store.lock_subscriber(connection, claim[0])
    found = get_subscription(connection, claim[0], lock=True)
    has_left_since = found.ended_at is not None and claim[1] + _MINUTE <= found.ended_at
    if found.state is SubscriptionState.UNSUBSCRIBED or (found.state not in _IN_USE and has_left_since):
        raise TokenError("This link has been used up.", "Subscribe again to get a new one.")
    for each in _waiting_together(connection, found, claim[1]):
        # An older link confirms its own newsletter alone: the others' mail is still to come.
        store.hand_on_confirmation(connection, each)
        _move(connection, each, SubscriptionState.ACTIVE, confirmed_at=now, confirmation_due_at=None)
        store.record_consent(connection, each, ConsentEvent.CONFIRMED, now, origin)
        owe_letter(connection, each, LetterKind.WELCOME, now)
    return found


def asked_together(connection: sa.Connection, found: Subscription, issued_at: datetime) -> list[Newsletter]:
    """Return the newsletters that a link for this subscription confirms, its own first.

    ``issued_at`` is when the link was made. Those that are confirmed already are not named, save its own.
    """
    together = sa.select(subscription.c.newsletter_id).where(
        subscription.c.id.in_(_waiting_together(connection, found, issued_at))
    )
    named = {found.newsletter_id, *connection.execute(together).scalars()}
    own_first = sorted(named, key=lambda each: (each != found.newsletter_id, each))
    return _named(connection, own_first)


def unsubscribe(connection: sa.Connection, subscription_id: int, origin: Origin, now: datetime) -> Subscription:
    """End a subscription. A second time changes nothing (RFC 8058 §3.2 asks for no more than one POST).

    Who pressed our own button or wrote a mail is owed a goodbye; a mail program's one click wants no answer. Who
    never came is owed none: anybody can ask for them, and take it back in their name.
    """
    store.lock_subscriber(connection, subscription_id)
    found = get_subscription(connection, subscription_id, lock=True)
    if found.state is not SubscriptionState.UNSUBSCRIBED:
        keep_pause(connection, found.id, now)
        store.hand_on_confirmation(connection, found.id)
        _move(connection, found.id, SubscriptionState.UNSUBSCRIBED, ended_at=now, confirmation_due_at=None)
        store.record_consent(connection, found.id, ConsentEvent.UNSUBSCRIBED, now, origin)
        if found.state in _IN_USE and origin.how in ANSWERED_DOORS:
            owe_letter(connection, found.id, LetterKind.GOODBYE, now)
    return found


def add_reader(connection: sa.Connection, newsletter_id: int, address: str, origin: Origin, now: datetime) -> int:
    """Put an address on a newsletter on the operator's word that its reader agreed; return the subscription.

    A reader who unsubscribed stays off until they confirm: only they can come back, and a request alone may be
    anybody's.
    """
    subscriber_id = store.put_subscriber(connection, address)
    active = {"state": SubscriptionState.ACTIVE, "confirmed_at": now}
    added = insert(subscription).values(
        subscriber_id=subscriber_id, newsletter_id=newsletter_id, requested_at=now, **active
    )
    row = connection.execute(
        added.on_conflict_do_update(
            index_elements=["subscriber_id", "newsletter_id"],
            set_=active,
            where=sa.and_(
                subscription.c.state == SubscriptionState.UNCONFIRMED, subscription.c.ended_at.is_(None)
            ),
        ).returning(subscription.c.id)
    ).one_or_none()
    if row is not None:
        store.hand_on_confirmation(connection, row.id)
        store.record_consent(connection, row.id, ConsentEvent.ADDED, now, origin)
        return int(row.id)
    known = sa.select(subscription.c.id).where(
        subscription.c.subscriber_id == subscriber_id, subscription.c.newsletter_id == newsletter_id
    )
    return int(connection.execute(known).scalar_one())


def get_subscription(connection: sa.Connection, subscription_id: int, *, lock: bool = False) -> Subscription:
    """Return a subscription. Raises NotFoundError once its reader is erased."""
    found = store.find_subscription(connection, subscription_id, lock=lock)
    if found is None:
        raise NotFoundError("This subscription is no longer here.", "There is nothing left to leave.")
    return found


def _waiting_together(connection: sa.Connection, found: Subscription, issued_at: datetime) -> list[int]:
    """Return the unconfirmed subscriptions that a link of that time confirms.

    Tokens carry minutes; a request may lie seconds after the minute that its own token names.
    """
    columns = subscription.c
    is_latest = issued_at + _MINUTE > found.requested_at
    same = columns.requested_at == found.requested_at if is_latest else columns.id == found.id
    query = sa.select(columns.id).where(
        columns.subscriber_id == found.subscriber_id, columns.state == SubscriptionState.UNCONFIRMED, same
    )
    return list(connection.execute(query.order_by(columns.id)).scalars())


def _standing(connection: sa.Connection, subscriber_id: int) -> tuple[set[int], set[int]]:
    """Return the newsletters that a reader has, and those that they had confirmed and left.

    One that was left before it was confirmed is none of these: a mail that says STOP may be anybody's.
    """
    columns = subscription.c
    had = sa.func.coalesce(columns.confirmed_at >= columns.requested_at, sa.false())
    query = sa.select(columns.newsletter_id, columns.state, had).where(columns.subscriber_id == subscriber_id)
    rows = list(connection.execute(query))
    in_use = {newsletter_id for newsletter_id, state, _ in rows if state in _IN_USE}
    left = {each for each, state, was_had in rows if was_had and state == SubscriptionState.UNSUBSCRIBED}
    return in_use, left


def _named(connection: sa.Connection, newsletter_ids: Sequence[int]) -> list[Newsletter]:
    """Return these newsletters, in this order; one that is gone meanwhile is left out."""
    known = {each.id: each for each in list_newsletters(connection)}
    return [known[each] for each in dict.fromkeys(newsletter_ids) if each in known]


def _ask(
    connection: sa.Connection, subscriber_id: int, wanted: Newsletter, sign_up: SignUp, now: datetime
) -> int | None:
    """Let a newsletter wait for its confirmation; None where it came into use meanwhile."""
    asked = {"state": SubscriptionState.UNCONFIRMED, "requested_at": now, "confirmation_due_at": None}
    if sign_up.language:
        asked["language"] = wanted.other_language(sign_up.language)
    row = insert(subscription).values(subscriber_id=subscriber_id, newsletter_id=wanted.id, **asked)
    put = row.on_conflict_do_update(
        index_elements=["subscriber_id", "newsletter_id"],
        set_=asked,
        where=subscription.c.state.in_([SubscriptionState.UNCONFIRMED, SubscriptionState.UNSUBSCRIBED]),
    )
    found = connection.execute(put.returning(subscription.c.id)).scalar_one_or_none()
    if found is not None:
        store.record_consent(connection, found, ConsentEvent.REQUESTED, now, sign_up.origin)
    return found


def _owe_confirmation(connection: sa.Connection, subscription_id: int, due_at: datetime, now: datetime) -> None:
    """Owe the one mail, and keep for a week that its address was asked, from the moment that the mail leaves."""
    asks = subscriber.c.confirmation_asks
    owed = sa.update(subscription).where(subscription.c.id == subscription_id)
    row = connection.execute(
        owed.values(confirmation_due_at=due_at, confirmation_attempts=0).returning(subscription.c.subscriber_id)
    ).scalar_one()
    kept = sa.select(asks).where(subscriber.c.id == row)
    of_week = [each for each in connection.execute(kept).scalar_one() if each > now - WEEK]
    asked = sa.update(subscriber).where(subscriber.c.id == row)
    connection.execute(asked.values(confirmation_asks=[*of_week, due_at]))


def _forget_stranger(connection: sa.Connection, subscriber_id: int) -> None:
    """Keep no address of whom nothing came."""
    has_asked = sa.exists().where(subscription.c.subscriber_id == subscriber.c.id)
    connection.execute(sa.delete(subscriber).where(subscriber.c.id == subscriber_id, ~has_asked))


def _move(
    connection: sa.Connection, subscription_id: int, to: SubscriptionState, **values: datetime | None
) -> None:
    # A pause ends with the state that it was of.
    values = {"paused_until": None, **values}
    connection.execute(
        sa.update(subscription).where(subscription.c.id == subscription_id).values(state=to, **values)
    )
