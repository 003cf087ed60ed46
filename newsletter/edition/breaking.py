"""Breaking news: one article that cannot wait, as an edition of its own.

It is no digest's business: the next digest may bring the article too, with all that is known by then, and to those
who did not want to be told at once it is new.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.edition import store
from newsletter.edition.assemble import Draft, Workshop, set_and_freeze
from newsletter.edition.freeze import end_unsent
from newsletter.edition.rendering.selection import ChosenArticle, Selection
from newsletter.edition.states import EditionState
from newsletter.errors import ConflictError
from newsletter.gather.tables import article, newsletter_source, sighting, source
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id


class BreakingError(ConflictError):
    """An article cannot be sent as breaking news, or not by this newsletter."""


def refuse_unfit(newsletter: Newsletter, found: Any, now: datetime) -> None:
    """Raise BreakingError for an article that must not go out, or a newsletter that sends no breaking news. Pure.

    ``found`` is the article's row.
    """
    if not newsletter.breaking:
        raise BreakingError(
            f"{newsletter.slug} sends no breaking news.",
            f"`newsletter newsletters set {newsletter.slug} breaking=true` lets readers ask for it.",
        )
    if found.withdrawn_at is not None:
        raise BreakingError(f"“{found.title}” was taken back: {found.withdrawn_why}", "Nobody is sent it.")
    if found.embargo_ends_at is not None and found.embargo_ends_at > now:
        raise BreakingError(
            f"“{found.title}” is under embargo until {found.embargo_ends_at:%Y-%m-%d %H:%M} UTC.",
            "Send it after that.",
        )


def assemble_breaking(
    connection: sa.Connection, edition_id: int, workshop: Workshop, now: datetime, notes: Sequence[str] = ()
) -> EditionState:
    """Bring breaking news from gathering to ready or failed; return which.

    Raises ConflictError when another task was first.
    """
    edition = store.get_edition(connection, edition_id)
    newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
    assert edition.article_id is not None, "breaking news has its article"
    found = connection.execute(sa.select(article).where(article.c.id == edition.article_id)).one()
    try:
        refuse_unfit(newsletter, found, now)
    except BreakingError as error:
        return end_unsent(connection, edition, EditionState.FAILED, str(error), now)
    chosen = _chosen(found, _source_of(connection, newsletter.id, edition.article_id))
    draft = Draft(Selection((chosen,), ()), tuple(notes), now)
    return set_and_freeze(connection, edition, newsletter, workshop, draft)


def _source_of(connection: sa.Connection, newsletter_id: int, article_id: int) -> str:
    """Return whose article it is: the newsletter's own source before any other."""
    own = sa.and_(newsletter_source.c.source_id == source.c.id, newsletter_source.c.newsletter_id == newsletter_id)
    query = (
        sa.select(source.c.title)
        .join(sighting, sighting.c.source_id == source.c.id)
        .outerjoin(newsletter_source, own)
        .where(sighting.c.article_id == article_id)
        .order_by(newsletter_source.c.source_id.nulls_last(), source.c.id)
    )
    return str(connection.execute(query.limit(1)).scalar_one_or_none() or "")


def _chosen(row: Any, origin: str) -> ChosenArticle:
    names = ("title", "url", "summary", "section", "author", "published_at", "image_url", "image_alt")
    facts = {name: getattr(row, name) for name in (*names, "language", "image_credit", "words")}
    worth: dict[str, Any] = {"reasons": (), "points": 0.0, "parts": {}, "votes": None, "also_in": ()}
    return ChosenArticle(article_id=row.id, source=origin, **worth, **facts)
