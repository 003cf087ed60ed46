"""What a newsletter sent: an article once, as an update once more, and how it read when it went out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.edition.choosing.corrections import note_told
from newsletter.edition.choosing.runs import last_run_of
from newsletter.edition.choosing.updates import text_of
from newsletter.edition.store import Edition
from newsletter.edition.tables import edition_article, sent_article
from newsletter.gather.tables import article


def remember_articles(connection: sa.Connection, edition: Edition, now: datetime) -> bool:
    """Note the edition's articles as sent, and its corrections as told.

    Returns False, and notes nothing, when one of them was sent meanwhile.
    """
    rows = _articles(connection, edition.id)
    first = [row for row in rows if not row.is_update]
    again = [row.article_id for row in rows if row.is_update]
    if _note_first(connection, edition, first, now) < len(first) or _note_again(connection, edition, again) < len(
        again
    ):
        forget_articles(connection, edition)
        return False
    run = last_run_of(connection, edition.id)
    if run is not None and run.outcome["corrections"]:
        note_told(connection, edition.newsletter_id, run.outcome["corrections"], now)
    return True


def forget_articles(connection: sa.Connection, edition: Edition) -> None:
    """Take back what was noted of an edition that goes to nobody."""
    connection.execute(sa.delete(sent_article).where(sent_article.c.edition_id == edition.id))
    connection.execute(
        sa.update(sent_article)
        .where(sent_article.c.update_edition_id == edition.id)
        .values(update_edition_id=None)
    )


def _articles(connection: sa.Connection, edition_id: int) -> list[Any]:
    query = (
        sa.select(
            *(edition_article.c.article_id, edition_article.c.title, edition_article.c.is_update),
            *(article.c.summary, article.c.body),
        )
        .join(article, article.c.id == edition_article.c.article_id)
        .where(edition_article.c.edition_id == edition_id)
        # In one order everywhere: two editions that start at once must not wait for each other in a circle.
        .order_by(edition_article.c.article_id)
    )
    return list(connection.execute(query))


def _note_first(connection: sa.Connection, edition: Edition, rows: Sequence[Any], now: datetime) -> int:
    if not rows:
        return 0
    values = []
    for row in rows:
        sent = text_of(row.title, row.summary, row.body)
        values.append(
            {
                "newsletter_id": edition.newsletter_id,
                "for_named_readers": edition.is_for_named_readers,
                "article_id": row.article_id,
                "edition_id": edition.id,
                "sent_at": now,
                "title": sent.title,
                "lead": sent.lead,
                "shingles": list(sent.shingles),
            }
        )
    put = insert(sent_article).values(values).on_conflict_do_nothing().returning(sent_article.c.article_id)
    return len(connection.execute(put).all())


def _note_again(connection: sa.Connection, edition: Edition, article_ids: Sequence[int]) -> int:
    """Note articles as sent once more; the first sending stays what a change is measured against."""
    noted = (
        sa.update(sent_article)
        .where(
            sent_article.c.newsletter_id == edition.newsletter_id,
            ~sent_article.c.for_named_readers,
            sent_article.c.article_id.in_(article_ids),
            sent_article.c.update_edition_id.is_(None),
        )
        .values(update_edition_id=edition.id)
        .returning(sent_article.c.article_id)
    )
    return len(connection.execute(noted).all())
