"""Queries about pages to read: whose turn it is, and what became of each."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.gather.memory.bulk import lock_articles
from newsletter.gather.tables import SourceState, article, sighting, source

_ROW = [
    article.c[name]
    for name in (
        *(
            "id",
            "url",
            "title",
            "summary",
            "author",
            "section",
            "image_url",
            "image_alt",
            "image_credit",
            "language",
        ),
        *("votes", "published_at", "updated_at", "first_seen_at", "correction", "origins"),
        *("page_etag", "page_last_modified", "page_failures"),
    )
]


def page_due_source_ids(connection: sa.Connection, now: datetime) -> list[int]:
    """Return the sources that have articles whose pages are due to be read."""
    query = (
        sa.select(source.c.id)
        .join(sighting, sighting.c.source_id == source.c.id)
        .join(article, article.c.id == sighting.c.article_id)
        .where(source.c.reads_pages, source.c.state == SourceState.ACTIVE)
        .where(article.c.page_due_at <= now, article.c.withdrawn_at.is_(None))
        .group_by(source.c.id)
    )
    return list(connection.execute(query.order_by(sa.func.min(article.c.page_due_at))).scalars())


def profile_of(connection: sa.Connection, source_id: int) -> str:
    """Return the name or path of the site profile that the source's pages are read by, "" for the usual choice."""
    return (
        connection.execute(sa.select(source.c.profile).where(source.c.id == source_id)).scalar_one_or_none() or ""
    )


def lease_pages(
    connection: sa.Connection, source_id: int, now: datetime, until: datetime, most: int
) -> Sequence[sa.Row[Any]]:
    """Take the source's due articles, the longest due first; to others they are due again at ``until``.

    Rows that another task is taking at this moment are left to it.
    """
    due = (
        sa.select(article.c.id)
        .where(article.c.page_due_at <= now, article.c.withdrawn_at.is_(None))
        .where(sa.exists().where(sighting.c.article_id == article.c.id, sighting.c.source_id == source_id))
        .order_by(article.c.page_due_at, article.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = sa.update(article).where(article.c.id.in_(due.scalar_subquery())).values(page_due_at=until)
    return connection.execute(taken.returning(*_ROW)).all()


def record_page(connection: sa.Connection, article_id: int, until: datetime, changes: Mapping[str, Any]) -> bool:
    """Write what came of one page; False, and nothing written, where its lease has passed to another task."""
    written = (
        sa.update(article)
        .where(article.c.id == article_id, article.c.page_due_at == until)
        .values(**changes)
        .returning(article.c.id)
    )
    return connection.execute(written).scalar_one_or_none() is not None


def release_pages(connection: sa.Connection, article_ids: Sequence[int], until: datetime, now: datetime) -> None:
    """Make leased articles due again that there was no time for."""
    lock_articles(connection, article.c.id.in_(article_ids))
    connection.execute(
        sa.update(article)
        .where(article.c.id.in_(article_ids), article.c.page_due_at == until)
        .values(page_due_at=now)
    )


def retry_in(failures: int) -> timedelta | None:
    """Return the time until a page is tried again after so many failures in a row; None after the fifth."""
    return None if failures >= MOST_FAILURES else timedelta(minutes=5) * 4 ** max(failures - 1, 0)


MOST_FAILURES = 5
"""In a row: 5, 20 and 80 minutes and five hours apart; the article then stays as its source tells it."""
