"""Readers as a CSV file that ``importing`` reads back, row by row from one snapshot of the database."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime, time
from typing import TextIO

import sqlalchemy as sa

from newsletter.publication.tables import newsletter
from newsletter.readers.exchange.cells import safe
from newsletter.readers.exchange.shapes import EXPORTED
from newsletter.readers.tables import subscriber, subscription

_AT_ONCE = 2_000


def export_readers(connection: sa.Connection, file: TextIO, newsletter_id: int | None = None) -> int:
    """Write every subscription of a newsletter, or of all, whatever its state; return how many there were."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(EXPORTED)
    count = 0
    for row in _rows(connection, newsletter_id):
        writer.writerow([safe(_cell(value)) for value in row])
        count += 1
    return count


def _rows(connection: sa.Connection, newsletter_id: int | None) -> Iterator[sa.Row[tuple[object, ...]]]:
    elsewhere = {"address": subscriber.c.address, "newsletter": newsletter.c.slug.label("newsletter")}
    columns = [elsewhere[name] if name in elsewhere else subscription.c[name] for name in EXPORTED]
    query = (
        sa.select(*columns)
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .join(newsletter, newsletter.c.id == subscription.c.newsletter_id)
        .order_by(subscription.c.id)
    )
    if newsletter_id is not None:
        query = query.where(subscription.c.newsletter_id == newsletter_id)
    yield from connection.execute(query, execution_options={"yield_per": _AT_ONCE})


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case time():
            return value.isoformat("minutes")
        case list():
            return json.dumps(value, ensure_ascii=False) if value else ""
        case _:
            return str(value)
