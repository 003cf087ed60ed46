"""Where a reader's traces lie: the tables that hold them, and the mail that came about them.

Showing all that is known of a reader and erasing it look in the same places, so these stand in one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.addressed import purpose_of, read_addressed
from newsletter.delivery.tables import delivery, exclusion
from newsletter.errors import TokenError
from newsletter.inbound.mail.mentions import mentions
from newsletter.inbound.report.signed import addresses_to_report_to
from newsletter.inbound.tables import inbound_mail, report
from newsletter.insight.tables import click, recommendation
from newsletter.readers.address import canonical_address
from newsletter.readers.spellings import address_pattern, names
from newsletter.readers.tables import address_change, address_side, consent, owed_letter, subscriber, subscription
from newsletter.tokens import Purpose, Tokens

OF_SUBSCRIPTION = (delivery, exclusion, click, recommendation, consent, owed_letter)
"""Each has a ``subscription_id``, and nothing in it is of anybody else."""

OF_SUBSCRIBER = (report, address_change, subscription)
"""Each has a ``subscriber_id``; subscriptions come last, as the others may point at them."""

OF_THESE = (address_side,)
"""What points at no reader itself, and goes with what does."""

_MAILS_AT_ONCE = 20
"""Each may be a megabyte."""


@dataclass(frozen=True, slots=True)
class Traces:
    """A reader by all the numbers they have with us; ``subscriber_id`` is None for an address we do not know."""

    address: str
    subscriber_id: int | None
    subscription_ids: tuple[int, ...]
    delivery_ids: frozenset[int]


def find_traces(connection: sa.Connection, address: str) -> Traces:
    """Return a reader's numbers, their rows locked until the transaction ends."""
    reader = sa.select(subscriber.c.id).where(subscriber.c.canonical_address == canonical_address(address))
    subscriber_id = connection.execute(reader.with_for_update()).scalar_one_or_none()
    standing = sa.select(subscription.c.id).where(subscription.c.subscriber_id == subscriber_id)
    standing = standing.order_by(subscription.c.id).with_for_update()
    subscription_ids = tuple(connection.execute(standing).scalars())
    sent = sa.select(delivery.c.id).where(delivery.c.subscription_id.in_(subscription_ids))
    return Traces(address, subscriber_id, subscription_ids, frozenset(connection.execute(sent).scalars()))


def mail_about(
    connection: sa.Connection, tokens: Tokens, traces: Traces, now: datetime
) -> Iterator[sa.RowMapping]:
    """Yield the messages that came from a reader, name their address, or came to an address made for them."""
    pattern = address_pattern(traces.address)
    query = sa.select(inbound_mail).order_by(inbound_mail.c.id)
    for row in connection.execute(query, execution_options={"yield_per": _MAILS_AT_ONCE}).mappings():
        envelope = f"{row['envelope_from']} {row['envelope_to']}"
        if (
            names(envelope, pattern)
            or any(_is_meant(each, tokens, traces, now) for each in _made_for_somebody(row))
            or mentions(row["octets"], pattern)
        ):
            yield row


def _made_for_somebody(row: sa.RowMapping) -> list[str]:
    """Return the addresses of ours that a message came to, or that it returns."""
    return [row["envelope_to"], *addresses_to_report_to(row["envelope_to"], row["octets"])]


def _is_meant(address: str, tokens: Tokens, traces: Traces, now: datetime) -> bool:
    """Whether an address of ours carries a token that was made for the reader."""
    purpose = purpose_of(address)
    if purpose is None:
        return False
    try:
        number, _ = read_addressed(address, tokens, purpose, now)
    except TokenError:
        return False
    return number in (traces.delivery_ids if purpose is Purpose.BOUNCE else traces.subscription_ids)
