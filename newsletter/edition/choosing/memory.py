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
    """Note the edition's articles as sent, those linked beside them too, and its corrections as told.

    Returns False, and notes nothing, when one of them was sent meanwhile.
    """
    rows = _articles(connection, edition_article.c.edition_id == edition.id)
    first = [row for row in rows if not row.is_update]
    again = [row.article_id for row in rows if row.is_update]
    if _note_first(connection, edition, first, now) < len(first) or _note_again(connection, edition, again) < len(
        again
    ):
        forget_articles(connection, edition)
        return False
    _note_first(connection, edition, _articles(connection, _beside(edition.id)), now)
    run = last_run_of(connection, edition.id)
    if run is not None and run.outcome["corrections"]:
        note_told(connection, edition.newsletter_id, run.outcome["corrections"], run.made_at)
    return True


def forget_articles(connection: sa.Connection, edition: Edition) -> None:
    """Take back what was noted of an edition that goes to nobody."""
    connection.execute(sa.delete(sent_article).where(sent_article.c.edition_id == edition.id))
    connection.execute(
        sa.update(sent_article)
        .where(sent_article.c.update_edition_id == edition.id)
        .values(update_edition_id=None)
    )


def _beside(edition_id: int) -> sa.ColumnElement[bool]:
    """Return the condition that an article is linked beside one of an edition."""
    linked = sa.select(sa.func.unnest(edition_article.c.also_in)).where(edition_article.c.edition_id == edition_id)
    return article.c.id.in_(linked)


def _articles(connection: sa.Connection, are_meant: sa.ColumnElement[bool]) -> list[Any]:
    is_update = sa.func.coalesce(edition_article.c.is_update, sa.false()).label("is_update")
    title = sa.func.coalesce(edition_article.c.title, article.c.title).label("title")
    query = (
        sa.select(article.c.id.label("article_id"), title, is_update, article.c.summary, article.c.body)
        .outerjoin_from(article, edition_article, edition_article.c.article_id == article.c.id)
        .where(are_meant)
        # In one order everywhere: two editions that start at once must not wait for each other in a circle.
        .order_by(article.c.id)
    )
    return list(connection.execute(query))


def _note_first(connection: sa.Connection, edition: Edition, rows: Sequence[Any], now: datetime) -> int:
    if not rows or (edition.is_for_named_readers and _went_to_all(connection, edition, rows)):
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


def _went_to_all(connection: sa.Connection, edition: Edition, rows: Sequence[Any]) -> bool:
    """Whether one of the articles was sent to all since they were chosen: the named readers have it then."""
    was_sent = sa.exists().where(
        sent_article.c.newsletter_id == edition.newsletter_id,
        ~sent_article.c.for_named_readers,
        sent_article.c.article_id.in_([row.article_id for row in rows]),
    )
    return bool(connection.execute(sa.select(was_sent)).scalar_one())


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
