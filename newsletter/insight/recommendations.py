"""Recommendations: a reader's vote for an article, from a button in the mail.

One of a reader and article, however often and from whichever mail the button is pressed. Ranking counts them with
the votes that the site itself counts.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.edition.tables import edition, edition_article
from newsletter.errors import NotFoundError
from newsletter.gather.tables import article
from newsletter.insight.tables import recommendation
from newsletter.publication.tables import newsletter
from newsletter.readers.tables import subscription


@dataclass(frozen=True, slots=True)
class Recommended:
    """What the button stands beside: an article as the edition showed it, and the newsletter's id."""

    article_id: int
    newsletter_id: int
    title: str
    url: str


def find_recommended(connection: sa.Connection, edition_id: int, place: int) -> Recommended:
    """Return the article at a place of an edition.

    Raises NotFoundError where there is none, or its newsletter asks for no recommendations any more.
    """
    query = (
        sa.select(
            edition_article.c.article_id, edition.c.newsletter_id, edition_article.c.title, edition_article.c.url
        )
        .join(edition, edition.c.id == edition_article.c.edition_id)
        .join(newsletter, newsletter.c.id == edition.c.newsletter_id)
        .where(edition.c.id == edition_id, edition_article.c.place == place, newsletter.c.recommend)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError("This article cannot be recommended.", "Open the mail that the link came from.")
    return Recommended(*row)


def recommend(
    connection: sa.Connection, found: Recommended, edition_id: int, subscription_id: int, now: datetime
) -> bool:
    """Count a reader's vote; return whether it is new. A reader who was erased has none."""
    reader = sa.select(
        sa.literal(found.article_id), subscription.c.id, sa.literal(edition_id), sa.literal(now)
    ).where(subscription.c.id == subscription_id, subscription.c.newsletter_id == found.newsletter_id)
    columns = ["article_id", "subscription_id", "edition_id", "recommended_at"]
    vote = insert(recommendation).from_select(columns, reader).on_conflict_do_nothing()
    is_new = connection.execute(vote.returning(recommendation.c.article_id)).one_or_none() is not None
    if is_new:
        counted = article.c.recommendations + 1
        connection.execute(
            sa.update(article).where(article.c.id == found.article_id).values(recommendations=counted)
        )
    return is_new
