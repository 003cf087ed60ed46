"""Which links readers follow: recorded only while their newsletter tracks clicks.

Of a click we keep whose it was, which link, and when it was first followed: no address, no network, no program. A
link that is followed again adds nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.edition.tables import edition_link
from newsletter.insight.tables import click
from newsletter.publication.tables import newsletter
from newsletter.readers.tables import subscription

_MACHINE = re.compile(
    r"bot[/;]|bot$|crawl|spider|scan|preview|headless|monitor|curl|wget|python|java/|go-http|^$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Click:
    """A link that was followed. ``automatic`` says that a machine seems to have done it."""

    edition_id: int
    number: int
    subscription_id: int
    automatic: bool


def seems_automatic(headers: Mapping[str, str], *, is_head: bool) -> bool:
    """Whether a request looks like a scanner's or a preview's rather than a reader's. Pure, and only a guess.

    ``headers`` have names in lower case. A browser names itself and its reader's languages, and says when it only
    fetches ahead.
    """
    purposes = (headers.get(name, "") for name in ("purpose", "sec-purpose", "x-moz", "x-purpose"))
    return (
        is_head
        or any(purpose.startswith(("prefetch", "preview")) for purpose in purposes)
        or "accept-language" not in headers
        or bool(_MACHINE.search(headers.get("user-agent", "")))
    )


def record_click(connection: sa.Connection, followed: Click, now: datetime) -> None:
    """Record a click, unless its newsletter tracks none, its reader was erased, or it is recorded already."""
    values = {
        "edition_id": followed.edition_id,
        "number": followed.number,
        "subscription_id": followed.subscription_id,
        "automatic": followed.automatic,
        "clicked_at": now,
    }
    wanted = (
        sa.select(*(sa.literal(value, click.c[name].type) for name, value in values.items()))
        .select_from(subscription)
        .join(newsletter, newsletter.c.id == subscription.c.newsletter_id)
        .where(subscription.c.id == followed.subscription_id, newsletter.c.track_clicks)
    )
    connection.execute(insert(click).from_select(list(values), wanted).on_conflict_do_nothing())


def count_clicks(connection: sa.Connection, edition_id: int) -> dict[str, int]:
    """Return how many readers followed each of an edition's links, by its address; machines are left out."""
    readers = sa.func.count(click.c.subscription_id.distinct()).label("readers")
    is_its = (click.c.edition_id == edition_link.c.edition_id) & (click.c.number == edition_link.c.number)
    query = (
        sa.select(edition_link.c.url, readers)
        .join(click, is_its)
        .where(edition_link.c.edition_id == edition_id, ~click.c.automatic)
        .group_by(edition_link.c.url)
        .order_by(readers.desc(), edition_link.c.url)
    )
    return {row.url: row.readers for row in connection.execute(query)}
