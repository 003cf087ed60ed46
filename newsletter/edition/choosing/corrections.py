"""What an edition owes its readers of earlier ones: the corrections of articles that they were sent.

A correction is told once. It is frozen with the content of the edition that tells it, and noted as told in the
transaction that starts the sending (``delivery.start``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.edition.rendering.selection import Correction
from newsletter.edition.states import SENT
from newsletter.edition.tables import EditionKind, edition, edition_article, sent_article
from newsletter.gather.tables import article

MOST_TOLD = 5
"""Corrections in one edition; the rest waits for the next."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """What became of an article after it was sent: its correction, or why it was taken back."""

    title: str
    url: str
    correction: str
    corrected_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_why: str


def untold_corrections(connection: sa.Connection, newsletter_id: int) -> tuple[Correction, ...]:
    """Return the corrections made since the articles were sent to all, oldest first, none told before."""
    is_untold = sa.or_(
        sent_article.c.correction_told_at.is_(None), article.c.corrected_at > sent_article.c.correction_told_at
    )
    title = sa.func.coalesce(sa.func.nullif(sent_article.c.title, ""), article.c.title)
    query = (
        sa.select(article.c.id, title, article.c.correction, article.c.url, article.c.language)
        .join(sent_article, sent_article.c.article_id == article.c.id)
        .where(
            sent_article.c.newsletter_id == newsletter_id,
            ~sent_article.c.for_named_readers,
            article.c.correction != "",
            article.c.corrected_at > sent_article.c.sent_at,
            is_untold,
        )
        .order_by(article.c.corrected_at, article.c.id)
        .limit(MOST_TOLD)
    )
    return tuple(Correction(*row) for row in connection.execute(query))


def corrections_since(
    connection: sa.Connection, newsletter_id: int, kind: EditionKind, since: datetime
) -> tuple[Correction, ...]:
    """Return the corrections made since a moment, oldest first, of articles that editions of a kind brought."""
    query = (
        sa.select(article.c.id, article.c.title, article.c.correction, article.c.url, article.c.language)
        .where(
            article.c.id.in_(
                sa.select(edition_article.c.article_id)
                .join(edition, edition.c.id == edition_article.c.edition_id)
                .where(edition.c.newsletter_id == newsletter_id, edition.c.kind == kind, edition.c.state.in_(SENT))
            ),
            article.c.correction != "",
            article.c.corrected_at > since,
        )
        .order_by(article.c.corrected_at, article.c.id)
        .limit(MOST_TOLD)
    )
    return tuple(Correction(*row) for row in connection.execute(query))


def note_told(connection: sa.Connection, newsletter_id: int, article_ids: Sequence[int], now: datetime) -> None:
    """Remember that the corrections of these articles were told."""
    connection.execute(
        sa.update(sent_article)
        .where(
            sent_article.c.newsletter_id == newsletter_id,
            ~sent_article.c.for_named_readers,
            sent_article.c.article_id.in_(article_ids),
        )
        .values(correction_told_at=now)
    )


def amendments_of(connection: sa.Connection, edition_id: int) -> list[Amendment]:
    """Return what became of an edition's articles since it was sent, in their order."""
    sent_at = (
        sa.select(sent_article.c.sent_at)
        .where(
            sent_article.c.article_id == edition_article.c.article_id,
            sa.or_(
                sent_article.c.edition_id == edition_article.c.edition_id,
                sent_article.c.update_edition_id == edition_article.c.edition_id,
            ),
        )
        .limit(1)
        .scalar_subquery()
    )
    is_corrected = sa.and_(article.c.correction != "", article.c.corrected_at > sent_at)
    is_withdrawn = edition_article.c.withdrawn_at.is_not(None)
    query = (
        sa.select(
            edition_article.c.title,
            edition_article.c.url,
            sa.case((is_corrected, article.c.correction), else_=""),
            article.c.corrected_at,
            edition_article.c.withdrawn_at,
            sa.case((is_withdrawn, article.c.withdrawn_why), else_=""),
        )
        .join(article, article.c.id == edition_article.c.article_id)
        .where(edition_article.c.edition_id == edition_id, sa.or_(is_corrected, is_withdrawn))
        .order_by(edition_article.c.place)
    )
    return [Amendment(*row) for row in connection.execute(query)]
