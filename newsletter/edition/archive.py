"""The editions that anybody may read on the web: those of many articles that went to all readers.

An edition for named readers has a key that can be guessed: only the sealed address in their own mail finds it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from newsletter.edition import store
from newsletter.edition.addresses import is_public
from newsletter.edition.states import SENT
from newsletter.edition.store import Edition
from newsletter.edition.tables import PUBLIC_KINDS, EditionKind, edition, edition_article, edition_content
from newsletter.edition.words.wording import cut, plain
from newsletter.errors import NotFoundError
from newsletter.gather.tables import article

PAGE = 100
"""Editions on one page of the index."""

_HEADLINE = 200
"""Characters; a feed may call a whole article its title."""


@dataclass(frozen=True, slots=True)
class Archived:
    """An edition in the index: how it opens, its languages, the newsletter's own first, and when it changed.

    ``sent_at`` is when what was sent was finished; it never moves.
    """

    id: int
    key: str
    kind: EditionKind
    edition_on: date
    headline: str
    preheader: str
    languages: tuple[str, ...]
    sent_at: datetime
    changed_at: datetime


def find_archived(connection: sa.Connection, slug: str, key: str, sealed_id: int | None = None) -> Edition:
    """Return an edition that anybody may read, or the one whose address was sealed for its readers.

    Raises NotFoundError for any other, as if there were none.
    """
    found = store.find_edition(connection, f"{slug}/{key}")
    if found.state not in SENT or not (is_public(found) or found.id == sealed_id):
        raise NotFoundError("This edition is not in the archive.", "The archive lists those that are.")
    return found


def list_archived(
    connection: sa.Connection, newsletter_id: int, *, page: int = 1, most: int = PAGE
) -> list[Archived]:
    """Return a page of a newsletter's editions, newest first; page 1 is the newest."""
    newest = edition.c.edition_on.desc(), edition.c.id.desc()
    query = _query().where(*_public(newsletter_id)).order_by(*newest).limit(most).offset((page - 1) * most)
    return [_archived(row) for row in connection.execute(query).mappings()]


def get_archived(connection: sa.Connection, edition_id: int) -> Archived:
    """Return a sent edition as the index would have it."""
    return _archived(connection.execute(_query().where(edition.c.id == edition_id)).mappings().one())


def count_archived(connection: sa.Connection, newsletter_id: int) -> int:
    """Count a newsletter's editions that anybody may read."""
    query = sa.select(sa.func.count()).select_from(edition).where(*_public(newsletter_id))
    return int(connection.execute(query).scalar_one())


def _public(newsletter_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        edition.c.newsletter_id == newsletter_id,
        edition.c.state.in_(SENT),
        edition.c.kind.in_(PUBLIC_KINDS),
        edition.c.subscription_ids.is_(None),
    )


def _archived(row: sa.RowMapping) -> Archived:
    headline = cut(plain(row["headline"]), _HEADLINE)
    told = {"headline": headline, "kind": EditionKind(row["kind"]), "languages": tuple(row["languages"])}
    return Archived(**{**row, **told})


def _query() -> sa.Select[Any]:
    contents = edition_content.c
    of_edition = sa.and_(contents.edition_id == edition.c.id, contents.sections == "")
    languages = sa.func.array_agg(aggregate_order_by(contents.language, contents.place))
    # Not when its sending began: that begins anew for each reader who asks for it later.
    sent_at = sa.func.coalesce(edition.c.ready_at, edition.c.due_at)
    lead = sa.select(edition_article.c.title).where(
        edition_article.c.edition_id == edition.c.id, edition_article.c.place == 1
    )
    preheader = sa.select(contents.preheader).where(of_edition, contents.place == 0)
    return sa.select(
        edition.c.id,
        edition.c.key,
        edition.c.kind,
        edition.c.edition_on,
        sa.func.coalesce(lead.scalar_subquery(), "").label("headline"),
        sa.func.coalesce(preheader.scalar_subquery(), "").label("preheader"),
        sa.select(languages).where(of_edition).scalar_subquery().label("languages"),
        sent_at.label("sent_at"),
        sa.func.greatest(sent_at, _amended_at()).label("changed_at"),
    )


def _amended_at() -> sa.ScalarSelect[Any]:
    """Return when something of the edition was last corrected or taken back; null where nothing was."""
    newest = sa.func.max(sa.func.greatest(article.c.corrected_at, edition_article.c.withdrawn_at))
    query = sa.select(newest).join(article, article.c.id == edition_article.c.article_id)
    return query.where(edition_article.c.edition_id == edition.c.id).scalar_subquery()
