"""Queries about articles: one row each, for ever."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.gather.article import Article
from newsletter.gather.canonical import canonical_url
from newsletter.gather.sources import Source
from newsletter.gather.tables import article, sighting, source


def keep_sightings(connection: sa.Connection, source_id: int, now: datetime) -> None:
    """Note that everything the source last listed is listed still."""
    last_listed = sa.select(source.c.succeeded_at).where(source.c.id == source_id).scalar_subquery()
    connection.execute(
        sa.update(sighting)
        .where(sighting.c.source_id == source_id, sighting.c.last_seen_at == last_listed)
        .values(last_seen_at=now)
    )


def store_articles(
    connection: sa.Connection, origin: Source, articles: Iterable[Article], now: datetime
) -> tuple[int, int]:
    """Store what a source lists; return how many articles it lists and how many nobody had seen before.

    One row an article for ever: found again by the source's own guid, else by canonical address. The first date
    ever given stays; headline, summary and counts follow the source.
    """
    listed: dict[str, Article] = {}
    for each in articles:
        listed.setdefault(each.guid, each)  # Newest first is usual: of two with one guid, the first is the news.
    known = _known_by_guid(connection, origin.id, list(listed))
    # In one order everywhere: two sources that list the same articles must not wait for each other in a circle.
    order = sorted(
        (known[guid][1] if guid in known else canonical_url(each.url), guid) for guid, each in listed.items()
    )
    new = set()
    for canonical, guid in order:
        facts = _facts(origin, listed[guid], now)
        if guid in known:
            article_id = known[guid][0]
            _refresh(connection, article_id, facts)
        else:
            article_id, is_new = _put_article(connection, canonical, facts, now)
            if is_new:
                new.add(article_id)
        _see(connection, (origin.id, guid, article_id), listed[guid].position, now)
    return len(listed), len(new)


def _refresh(connection: sa.Connection, article_id: int, facts: dict[str, Any]) -> None:
    kept = {
        "published_at": sa.func.coalesce(article.c.published_at, facts["published_at"]),
        # A source that does not count must not undo the counts of one that does.
        "votes": sa.func.coalesce(facts["votes"], article.c.votes),
        "comments": sa.func.coalesce(facts["comments"], article.c.comments),
    }
    connection.execute(sa.update(article).where(article.c.id == article_id).values({**facts, **kept}))


def _put_article(
    connection: sa.Connection, canonical: str, facts: dict[str, Any], now: datetime
) -> tuple[int, bool]:
    put = insert(article).values(canonical_url=canonical, first_seen_at=now, **facts)
    row = connection.execute(
        put.on_conflict_do_update(index_elements=["canonical_url"], set_={"last_seen_at": now}).returning(
            article.c.id, article.c.first_seen_at
        )
    ).one()
    return row.id, row.first_seen_at == now


def _see(connection: sa.Connection, what: tuple[int, str, int], position: int, now: datetime) -> None:
    source_id, guid, article_id = what
    seen = insert(sighting).values(
        source_id=source_id,
        guid=guid,
        article_id=article_id,
        position=position,
        first_seen_at=now,
        last_seen_at=now,
    )
    connection.execute(
        seen.on_conflict_do_update(
            index_elements=["source_id", "guid"], set_={"position": position, "last_seen_at": now}
        )
    )


def _known_by_guid(connection: sa.Connection, source_id: int, guids: list[str]) -> dict[str, tuple[int, str]]:
    """Return the article's id and canonical address of each guid that the source has listed before."""
    query = (
        sa.select(sighting.c.guid, sighting.c.article_id, article.c.canonical_url)
        .join(article, article.c.id == sighting.c.article_id)
        .where(sighting.c.source_id == source_id, sighting.c.guid.in_(guids))
    )
    return {guid: (article_id, canonical) for guid, article_id, canonical in connection.execute(query)}


def _facts(origin: Source, listed: Article, now: datetime) -> dict[str, Any]:
    return {
        "url": listed.url,
        "title": listed.title,
        "summary": listed.summary,
        "author": listed.author,
        "section": listed.section,
        "genre": origin.genre,
        "image_url": listed.image_url,
        "image_alt": listed.image_alt,
        "language": listed.language,
        "votes": listed.votes,
        "comments": listed.comments,
        "published_at": listed.published_at,
        "updated_at": listed.updated_at,
        "last_seen_at": now,
    }
