"""The rows that candidates are made of: every article that the sources listed, each once, at its best place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.gather.tables import article, newsletter_source, sighting, source

MOST = 8_000
"""Newest articles considered."""

_HEAVY = frozenset({"body", "subheadings", "origins"})
"""Columns that nothing here reads."""


def list_articles(
    connection: sa.Connection,
    newsletter_id: int,
    source_ids: Sequence[int],
    *,
    is_sent: sa.ColumnElement[bool],
    times: tuple[datetime, datetime],
) -> Sequence[sa.Row[Any]]:
    """Return the unsent articles of these sources, and of the sent those published since ``times[0]``.

    None is dated after ``times[1]``. Newest first, at most 8,000.
    """
    since, until = times
    when = sa.func.coalesce(article.c.published_at, article.c.first_seen_at)
    host = sa.func.substring(source.c.url, r"://(?:www\.)?([^/:?#]+)")
    name = sa.func.coalesce(sa.func.nullif(source.c.title, ""), host, source.c.url)
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
            best_first.label("number"),
        )
        .join(sighting, sighting.c.article_id == article.c.id)
        .join(source, source.c.id == sighting.c.source_id)
        .outerjoin(newsletter_source, own)
        .where(source.c.id.in_(source_ids), when <= until, sa.or_(~is_sent, when >= since))
        .subquery()
    )
    query = sa.select(listed).where(listed.c.number == 1).order_by(listed.c.moment.desc(), listed.c.id).limit(MOST)
    return connection.execute(query).all()


def _position() -> sa.ColumnElement[int]:
    """Return the best of the last places in a source's own order, while the source lists the article."""
    places = sa.func.unnest(sighting.c.positions).table_valued("place").render_derived()
    best = sa.select(sa.func.min(places.c.place)).where(places.c.place > 0).correlate(sighting).scalar_subquery()
    listed_now = sighting.c.last_seen_at >= source.c.succeeded_at
    return sa.case((sa.and_(~source.c.is_dated_order, listed_now), sa.func.coalesce(best, sighting.c.position)))
