"""Which articles may stand in an edition: those never sent in its newsletter, and new enough."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.edition.ranking import Candidate
from newsletter.edition.tables import sent_article
from newsletter.gather.article import Genre
from newsletter.gather.stories import group_stories
from newsletter.gather.tables import article, newsletter_source, sighting, source

MOST = 2_000
"""Newest articles considered; grouping them costs the square of their number."""

CARRY_OVER = timedelta(hours=48)
"""An article found late is still news for this long after it was published."""


@dataclass(frozen=True, slots=True)
class Found:
    """An article that may be chosen: what ranking knows of it, and the rest of its row."""

    candidate: Candidate
    genre: Genre
    row: sa.Row[Any]


def find_candidates(
    connection: sa.Connection,
    newsletter_id: int,
    source_ids: Sequence[int],
    now: datetime,
    *,
    for_named_readers: bool = False,
) -> list[Found]:
    """Return the unsent articles of these sources, each once, however old; none dated in the future.

    What went to named readers only is unsent for an edition to all, but not for another to named readers.
    """
    when = sa.func.coalesce(article.c.published_at, article.c.first_seen_at)
    host = sa.func.substring(source.c.url, r"://(?:www\.)?([^/:?#]+)")
    name = sa.func.coalesce(sa.func.nullif(source.c.title, ""), host, source.c.url)
    listed_now = sighting.c.last_seen_at >= source.c.succeeded_at
    position = sa.case((sa.and_(~source.c.is_dated_order, listed_now), sighting.c.position))
    # An article in several of the sources is one candidate, at the best place that any list gives it.
    best_first = sa.func.row_number().over(
        partition_by=article.c.id, order_by=(position.asc().nulls_last(), source.c.id)
    )
    # The newsletter's word on its own sources; a feed named by hand has the genre that it was first given.
    genre = sa.func.coalesce(newsletter_source.c.genre, article.c.genre).label("genre_here")
    columns = (source.c.id.label("source_id"), name.label("source"), position.label("position"), genre)
    own = sa.and_(newsletter_source.c.source_id == source.c.id, newsletter_source.c.newsletter_id == newsletter_id)
    listed = (
        sa.select(article, *columns, when.label("moment"), best_first.label("number"))
        .join(sighting, sighting.c.article_id == article.c.id)
        .join(source, source.c.id == sighting.c.source_id)
        .outerjoin(newsletter_source, own)
        .where(source.c.id.in_(source_ids), when <= now)
        .where(~was_sent(newsletter_id, for_named_readers=for_named_readers, article_id=article.c.id))
        .subquery()
    )
    query = sa.select(listed).where(listed.c.number == 1).order_by(listed.c.moment.desc(), listed.c.id).limit(MOST)
    rows = connection.execute(query).all()
    story_of = group_stories({row.id: row.title for row in rows})
    found = [_found(row, story_of[row.id]) for row in rows]
    sources_in: dict[int, set[int]] = {}
    for each in found:
        sources_in.setdefault(each.candidate.story, set()).add(each.row.source_id)
    return [
        replace(each, candidate=replace(each.candidate, coverage=len(sources_in[each.candidate.story])))
        for each in found
    ]


def was_sent(
    newsletter_id: int, *, for_named_readers: bool, article_id: sa.ColumnElement[int] | None = None
) -> sa.ColumnElement[bool]:
    """Return the condition that the newsletter sent an article, or any, to all; or to named readers too."""
    sent = sa.exists().where(sent_article.c.newsletter_id == newsletter_id)
    if not for_named_readers:
        sent = sent.where(~sent_article.c.for_named_readers)
    return sent if article_id is None else sent.where(sent_article.c.article_id == article_id)


def in_window(found: Sequence[Found], window: timedelta, now: datetime) -> list[Found]:
    """Keep what was published in the window, or was found in it and published not too long before."""

    def is_new(each: Found) -> bool:
        published_at = each.row.published_at
        if published_at is None or published_at >= now - window:
            return published_at is not None or bool(each.row.first_seen_at >= now - window)
        return bool(each.row.first_seen_at >= now - window and published_at >= now - CARRY_OVER)

    return [each for each in found if is_new(each)]


def _found(row: sa.Row[Any], story: int) -> Found:
    candidate = Candidate(
        id=row.id,
        title=row.title,
        source=row.source,
        section=row.section,
        published_at=row.published_at,
        first_seen_at=row.first_seen_at,
        votes=row.votes,
        comments=row.comments,
        position=row.position,
        story=story,
    )
    return Found(candidate, Genre(row.genre_here), row)
