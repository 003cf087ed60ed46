"""The rows that candidates are made of: every article that the sources listed, each once, at its best place."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.gather.tables import article, newsletter_source, sighting, source

MOST = 8_000
"""Newest articles considered."""

_HEAVY = frozenset({"body", "subheadings", "origins"})
"""Columns that nothing here reads."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when on articles are listed: the sent, and the unsent (None for however old); none after ``until``.

    Those in ``named`` are listed however old they are, sent or not: somebody said a word of them.
    """

    sent_since: datetime
    unsent_since: datetime | None
    until: datetime
    named: Collection[int] = ()


def list_articles(
    connection: sa.Connection,
    newsletter_id: int,
    source_ids: Sequence[int],
    *,
    is_sent: sa.ColumnElement[bool],
    span: Span,
) -> Sequence[sa.Row[Any]]:
    """Return the articles of these sources that are in the span: the named, then the newest, at most 8,000."""
    when = sa.func.coalesce(article.c.published_at, article.c.first_seen_at)
    host = sa.func.substring(source.c.url, r"://(?:www\.)?([^/:?#]+)")
    # What pushes has no address of its own: its articles have.
    own_host = sa.func.substring(article.c.url, r"://(?:www\.)?([^/:?#]+)")
    name = sa.func.coalesce(sa.func.nullif(source.c.title, ""), host, own_host, source.c.url)
    is_named = article.c.id.in_(span.named)
    is_unsent = ~is_sent if span.unsent_since is None else sa.and_(~is_sent, when >= span.unsent_since)
    is_wanted = sa.or_(is_named, is_unsent, when >= span.sent_since)
    # An article in several of the sources is one candidate, at the best place that any list gives it.
    best_first = sa.func.row_number().over(
        partition_by=article.c.id, order_by=(_position().asc().nulls_last(), source.c.id)
    )
    # The newsletter's word on its own sources; a feed named by hand has the genre that it was first given.
    genre = sa.func.coalesce(newsletter_source.c.genre, article.c.genre).label("genre_here")
    columns = (source.c.id.label("source_id"), name.label("source"), _position().label("position"), genre)
    own = sa.and_(newsletter_source.c.source_id == source.c.id, newsletter_source.c.newsletter_id == newsletter_id)
    listed = (
        sa.select(
            *(column for column in article.c if column.name not in _HEAVY),
            *columns,
            when.label("moment"),
            is_sent.label("is_sent"),
            is_named.label("is_named"),
            best_first.label("number"),
        )
        .join(sighting, sighting.c.article_id == article.c.id)
        .join(source, source.c.id == sighting.c.source_id)
        .outerjoin(newsletter_source, own)
        .where(source.c.id.in_(source_ids), when <= span.until, is_wanted)
        .subquery()
    )
    order = (listed.c.is_named.desc(), listed.c.moment.desc(), listed.c.id)
    query = sa.select(listed).where(listed.c.number == 1).order_by(*order).limit(MOST)
    return connection.execute(query).all()


def _position() -> sa.ColumnElement[int]:
    """Return the best of the last places in a source's own order, while the source lists the article."""
    places = sa.func.unnest(sighting.c.positions).table_valued("place").render_derived()
    best = sa.select(sa.func.min(places.c.place)).where(places.c.place > 0).correlate(sighting).scalar_subquery()
    listed_now = sighting.c.last_seen_at >= source.c.succeeded_at
    return sa.case((sa.and_(~source.c.is_dated_order, listed_now), sa.func.coalesce(best, sighting.c.position)))
