"""Which message of ours a report is about: found by a signed address, by a signed Message-ID, or by who sent it.

A Message-ID names its edition and is a digest that only we can make for one subscription; it cannot be turned
back, but whoever is said to have been mailed can be tried.
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.addressed import purpose_of, read_addressed
from newsletter.delivery.tables import delivery
from newsletter.edition.tables import edition
from newsletter.errors import TokenError
from newsletter.inbound.report.reported import Reported
from newsletter.inbound.report.signed import REPORTING
from newsletter.publication.tables import newsletter
from newsletter.readers.address import canonical_address
from newsletter.readers.tables import ConsentEvent, consent, subscriber, subscription
from newsletter.tokens import Purpose, Tokens

_MESSAGE_ID = re.compile(r"\s*<?(\d{1,18})\.([0-9a-f]{32})@([^\s<>@]{1,253})>?\s*", re.ASCII)
_LETTER = 0
"""The number in the Message-ID of what is no edition's."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """What was mailed: to whom, at which address now, in which edition, and when where that is known.

    ``name`` is the same for every report about it.
    """

    name: str
    subscriber_id: int
    address: str
    edition_id: int | None
    mailed_at: datetime | None = None


def find_by_address(
    connection: sa.Connection, tokens: Tokens, addresses: Iterable[str], now: datetime
) -> Mailed | None:
    """Return what the first address whose token is ours, and not too old, is about."""
    for address in addresses:
        purpose = purpose_of(address)
        if purpose not in REPORTING:
            continue
        try:
            number, mailed_at = read_addressed(address, tokens, purpose, now)
        except TokenError:
            continue
        return _mailed(connection, purpose, number, mailed_at)
    return None


def is_our_kind(message_id: str) -> bool:
    """Whether a Message-ID has the form of ours; relays write their own over it."""
    return _MESSAGE_ID.fullmatch(message_id) is not None


def find_by_message_id(
    connection: sa.Connection, tokens: Tokens, message_id: str, recipient: str
) -> Mailed | None:
    """Return which message of ours to a reader has this Message-ID.

    A letter's says no more than that it came from a newsletter's domain: for reports whose sender is known.
    """
    found = _MESSAGE_ID.fullmatch(message_id)
    if found is None:
        return None
    edition_id, digest = int(found[1]), bytes.fromhex(found[2])
    if edition_id == _LETTER:
        return _of_letter(connection, recipient, found[3])
    query = (
        sa.select(subscriber.c.id, subscriber.c.canonical_address, subscription.c.id.label("subscription_id"))
        .join_from(subscription, subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .join(edition, edition.c.newsletter_id == subscription.c.newsletter_id)
        .where(edition.c.id == edition_id, subscriber.c.canonical_address == canonical_address(recipient))
    )
    row = connection.execute(query).one_or_none()
    if row is None or not hmac.compare_digest(digest, tokens.digest("edition", edition_id, row.subscription_id)):
        return None
    return Mailed(f"edition {edition_id} {row.subscription_id}", row.id, row.canonical_address, edition_id)


def find_by_sender(connection: sa.Connection, sender: str, recipient: str) -> Mailed | None:
    """Return the reader whom one of our newsletters mails: for reports that tell no more than from and to whom."""
    is_ours = sa.func.lower(newsletter.c.sender_address) == canonical_address(sender)
    return _reader_of(connection, recipient, is_ours)


def has_moved(connection: sa.Connection, mailed: Mailed, reported: Reported) -> bool:
    """Whether the reader has another address since: what is told of the old one is no fault of the new one."""
    if mailed.mailed_at is None or names(reported, mailed.address):
        return False
    moved = (
        sa.exists()
        .where(consent.c.event == ConsentEvent.MOVED, consent.c.at >= mailed.mailed_at)
        .where(
            consent.c.subscription_id == subscription.c.id, subscription.c.subscriber_id == mailed.subscriber_id
        )
    )
    return bool(connection.execute(sa.select(moved)).scalar_one())


def names(reported: Reported, address: str) -> bool:
    """Whether a report is about this canonical address, and not about where its mail goes on to."""
    return address in {canonical_address(each) for each in (reported.recipient, reported.original_recipient)}


def _mailed(connection: sa.Connection, purpose: Purpose, number: int, mailed_at: datetime) -> Mailed | None:
    reader = sa.select(subscriber.c.id, subscriber.c.canonical_address).join_from(
        subscription, subscriber, subscriber.c.id == subscription.c.subscriber_id
    )
    if purpose is Purpose.BOUNCE:
        in_edition = reader.add_columns(delivery.c.edition_id)
        asked = in_edition.join(delivery, delivery.c.subscription_id == subscription.c.id)
        query = asked.where(delivery.c.id == number)
    else:
        query = reader.add_columns(sa.null().label("edition_id")).where(subscription.c.id == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    name = f"{purpose} {number} {mailed_at.isoformat()}"
    return Mailed(name, row.id, row.canonical_address, row.edition_id, mailed_at)


def _of_letter(connection: sa.Connection, recipient: str, domain: str) -> Mailed | None:
    of_sender = sa.func.lower(sa.func.split_part(newsletter.c.sender_address, "@", 2))
    return _reader_of(connection, recipient, of_sender == domain.lower())


def _reader_of(connection: sa.Connection, recipient: str, is_ours: sa.ColumnElement[bool]) -> Mailed | None:
    """Return the reader with this address who ever asked for one of those newsletters."""
    asked = sa.exists().where(
        subscription.c.subscriber_id == subscriber.c.id, newsletter.c.id == subscription.c.newsletter_id, is_ours
    )
    query = sa.select(subscriber.c.id, subscriber.c.canonical_address)
    row = connection.execute(
        query.where(subscriber.c.canonical_address == canonical_address(recipient), asked)
    ).one_or_none()
    return None if row is None else Mailed(f"reader {row.id}", row.id, row.canonical_address, None)
