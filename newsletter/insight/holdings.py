"""All that we hold of a reader, for them to see and to take away (GDPR articles 15 and 20).

What stands in other rows by chance, such as a mail that names them, is not theirs to see; erasing finds it.
"""

from datetime import date, datetime, time

import sqlalchemy as sa

from newsletter.delivery.tables import delivery, exclusion
from newsletter.edition.tables import edition, edition_link
from newsletter.errors import NotFoundError
from newsletter.gather.tables import article
from newsletter.inbound.tables import inbound_mail, owed_reply, report
from newsletter.insight.tables import click, recommendation
from newsletter.publication.tables import newsletter
from newsletter.readers.tables import (
    address_change,
    address_side,
    consent,
    consent_text,
    owed_letter,
    sign_up,
    subscriber,
    subscription,
    suppression,
)

_NUMBERS = frozenset({"id", "subscriber_id", "newsletter_id", "canonical_address", "subscription_id"})
"""Columns that say nothing to a reader."""

_Query = sa.Select[tuple[object, ...]]


def holdings_of(connection: sa.Connection, subscriber_id: int) -> dict[str, object]:
    """Return all that we hold of a reader, ready for ``json.dumps``: moments in ISO 8601, octets as text.

    Raises NotFoundError once the reader is erased.
    """
    reader = connection.execute(sa.select(subscriber).where(subscriber.c.id == subscriber_id)).mappings()
    row = reader.one_or_none()
    if row is None:
        raise NotFoundError("This reader is no longer here.", "All that was known of them was erased.")
    canonical = row["canonical_address"]
    found: dict[str, object] = {name: _plain(value) for name, value in row.items() if name not in _NUMBERS}
    found["subscriptions"] = _subscriptions(connection, subscriber_id)
    for name, query in _of_subscriber(subscriber_id).items():
        found[name] = _told(connection, query)
    for name, query in _of_address(canonical).items():
        found[name] = _told(connection, query)
    return found


def _subscriptions(connection: sa.Connection, subscriber_id: int) -> list[dict[str, object]]:
    columns = [column for column in subscription.c if column.name not in _NUMBERS]
    query = (
        sa.select(subscription.c.id, newsletter.c.slug.label("newsletter"), *columns)
        .join(newsletter, newsletter.c.id == subscription.c.newsletter_id)
        .where(subscription.c.subscriber_id == subscriber_id)
        .order_by(newsletter.c.slug)
    )
    found = []
    for row in connection.execute(query).mappings().all():
        parts = {name: _told(connection, each) for name, each in _of_subscription(row["id"]).items()}
        found.append({**{name: _plain(value) for name, value in row.items() if name not in _NUMBERS}, **parts})
    return found


def _of_subscription(subscription_id: int) -> dict[str, _Query]:
    """Return what tells of one subscription, each oldest first."""
    edition_name = sa.func.concat(newsletter.c.slug, "/", edition.c.key).label("edition")
    of_newsletter = sa.and_(newsletter.c.id == edition.c.newsletter_id)
    is_link = sa.and_(edition_link.c.edition_id == click.c.edition_id, edition_link.c.number == click.c.number)
    logged = (consent.c.event, consent.c.at, consent.c.how, consent.c.network, consent.c.source)
    sent = ("state", "language", "sections", "attempts", "possible_copy", "reply", "created_at", "settled_at")
    queries: dict[str, _Query] = {
        "consent": sa.select(*logged, consent_text.c.text)
        .outerjoin(consent_text, consent_text.c.version == consent.c.text_version)
        .where(consent.c.subscription_id == subscription_id)
        .order_by(consent.c.id),
        "deliveries": sa.select(edition_name, *(delivery.c[name] for name in sent))
        .join(edition, edition.c.id == delivery.c.edition_id)
        .join(newsletter, of_newsletter)
        .where(delivery.c.subscription_id == subscription_id)
        .order_by(delivery.c.id),
        "left_out": sa.select(edition_name, exclusion.c.reason)
        .join(edition, edition.c.id == exclusion.c.edition_id)
        .join(newsletter, of_newsletter)
        .where(exclusion.c.subscription_id == subscription_id)
        .order_by(edition.c.id),
        "links_followed": sa.select(edition_link.c.url, click.c.automatic, click.c.clicked_at)
        .join(edition_link, is_link)
        .where(click.c.subscription_id == subscription_id)
        .order_by(click.c.clicked_at),
        "recommendations": sa.select(article.c.title, article.c.url, recommendation.c.recommended_at)
        .join(article, article.c.id == recommendation.c.article_id)
        .where(recommendation.c.subscription_id == subscription_id)
        .order_by(recommendation.c.recommended_at),
        "letters": sa.select(owed_letter.c.kind, owed_letter.c.owed_at)
        .where(owed_letter.c.subscription_id == subscription_id)
        .order_by(owed_letter.c.owed_at),
    }
    return queries


def _of_subscriber(subscriber_id: int) -> dict[str, _Query]:
    """Return what tells of a reader over all newsletters."""
    told = ("reported_at", "source", "kind", "reason", "status", "diagnostic")
    queries: dict[str, _Query] = {
        "reports": sa.select(*(report.c[name] for name in told))
        .where(report.c.subscriber_id == subscriber_id)
        .order_by(report.c.id),
        "change_of_address": sa.select(
            address_change.c.new_address, address_change.c.asked_at, address_side.c.side, address_side.c.agreed_at
        )
        .outerjoin(address_side, address_side.c.address_change_id == address_change.c.id)
        .where(address_change.c.subscriber_id == subscriber_id)
        .order_by(address_side.c.side),
    }
    return queries


def _of_address(canonical: str) -> dict[str, _Query]:
    """Return what has nothing but an address to tell whose it is."""
    asked = ("how", "network", "source", "language", "asked_at")
    told = ("reason", "detail", "created_at", "expires_at")
    mailed = ("received_at", "source", "envelope_to", "outcome", "octets")
    queries: dict[str, _Query] = {
        "sign_ups": sa.select(*(sign_up.c[name] for name in asked)).where(_is(sign_up.c.address, canonical)),
        "suppressions": sa.select(*(suppression.c[name] for name in told)).where(
            suppression.c.canonical_address == canonical
        ),
        "mail": sa.select(*(inbound_mail.c[name] for name in mailed))
        .where(_is(inbound_mail.c.envelope_from, canonical))
        .order_by(inbound_mail.c.id),
        "answers": sa.select(owed_reply.c.language, owed_reply.c.facts, owed_reply.c.owed_at).where(
            _is(owed_reply.c.address, canonical)
        ),
    }
    return queries


def _is(column: sa.Column[str], canonical: str) -> sa.ColumnElement[bool]:
    return sa.func.lower(column) == canonical


def _told(connection: sa.Connection, query: _Query) -> list[dict[str, object]]:
    rows = connection.execute(query).mappings()
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: object) -> object:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", "replace")
        case list():
            return [_plain(each) for each in value]
        case _:
            return value
