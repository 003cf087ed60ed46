"""What editors say of an article: pin it, lift it, keep it out, let it come once more.

A pin is meant for one edition and is never stale: on any other date it does not exist. The other marks stay until
somebody takes them away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.edition.tables import MarkKind, editor_mark
from newsletter.errors import NotFoundError, SettingsError
from newsletter.gather.tables import article
from newsletter.publication.rules import MOST_PLACES

MOST_BOOST = 20
"""Points that a boost adds or takes at the most: more than that is a pin or a block."""

_LONGEST_ID = 18
"""Digits that always fit a bigint."""


class MarkError(SettingsError):
    """An editor asks for what no mark can be."""

    status = 422


@dataclass(frozen=True, slots=True)
class Mark:
    """All that stands about one article. ``pin`` is its place, from 1; ``boost`` is in points."""

    pin: int | None = None
    boost: int = 0
    is_blocked: bool = False
    allows_update: bool = False


@dataclass(frozen=True, slots=True)
class MarkRequest:
    """A mark that somebody makes: of which article, for which newsletter, who and when."""

    newsletter_id: int
    article_id: int
    made_by: str
    made_at: datetime


def pin(connection: sa.Connection, request: MarkRequest, place: int, on: date) -> None:
    """Give an article a place in the edition of a date. Raises MarkError for no place of an edition."""
    if not 1 <= place <= MOST_PLACES:
        raise MarkError(f"There is no place {place}.", f"Choose one from 1 to {MOST_PLACES}.")
    # Two cannot stand in one place: the later word counts.
    connection.execute(
        sa.delete(editor_mark).where(
            editor_mark.c.newsletter_id == request.newsletter_id,
            editor_mark.c.kind == MarkKind.PIN,
            editor_mark.c.edition_on == on,
            editor_mark.c.value == place,
        )
    )
    _put(connection, request, MarkKind.PIN, value=place, on=on)


def boost(connection: sa.Connection, request: MarkRequest, points: int) -> None:
    """Add points to an article, or take some. Raises MarkError for more than an editor's word weighs."""
    if not -MOST_BOOST <= points <= MOST_BOOST:
        raise MarkError(
            f"A boost of {points} points is too much.",
            f"Choose from -{MOST_BOOST} to {MOST_BOOST}; a pin or a block does more.",
        )
    _put(connection, request, MarkKind.BOOST, value=points)


def block(connection: sa.Connection, request: MarkRequest) -> None:
    """Keep an article out of the newsletter."""
    _put(connection, request, MarkKind.BLOCK)


def allow_update(connection: sa.Connection, request: MarkRequest) -> None:
    """Let an article that was sent come once more, as an update."""
    _put(connection, request, MarkKind.UPDATE)


def clear(connection: sa.Connection, newsletter_id: int, article_id: int) -> int:
    """Take away every mark of an article in a newsletter; return how many there were."""
    removed = sa.delete(editor_mark).where(
        editor_mark.c.newsletter_id == newsletter_id, editor_mark.c.article_id == article_id
    )
    return len(connection.execute(removed.returning(editor_mark.c.id)).all())


def marks_of(connection: sa.Connection, newsletter_id: int, on: date) -> dict[int, Mark]:
    """Return the marks that count in the edition of a date, by article."""
    query = sa.select(editor_mark.c.article_id, editor_mark.c.kind, editor_mark.c.value).where(
        editor_mark.c.newsletter_id == newsletter_id,
        sa.or_(editor_mark.c.edition_on.is_(None), editor_mark.c.edition_on == on),
    )
    said: dict[int, dict[str, int]] = {}
    for article_id, kind, value in connection.execute(query):
        said.setdefault(article_id, {})[kind] = value
    return {article_id: _mark(kinds) for article_id, kinds in said.items()}


def find_article(connection: sa.Connection, name: str) -> Any:
    """Return id, title and url of the article that a person names by its id or address. Raises NotFoundError."""
    columns = (article.c.id, article.c.title, article.c.url)
    query = sa.select(*columns).where(sa.or_(article.c.url == name, article.c.canonical_url == name))
    if name.isdecimal() and len(name) <= _LONGEST_ID:
        query = sa.select(*columns).where(article.c.id == int(name))
    row = connection.execute(query.order_by(article.c.id).limit(1)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no article {name!r}.", "`newsletter candidates` lists them with their ids.")
    return row


def _mark(kinds: Mapping[str, int]) -> Mark:
    return Mark(
        pin=kinds.get(MarkKind.PIN),
        boost=kinds.get(MarkKind.BOOST, 0),
        is_blocked=MarkKind.BLOCK in kinds,
        allows_update=MarkKind.UPDATE in kinds,
    )


def _put(
    connection: sa.Connection, request: MarkRequest, kind: MarkKind, *, value: int = 0, on: date | None = None
) -> None:
    said = {"value": value, "edition_on": on, "made_by": request.made_by, "made_at": request.made_at}
    made = insert(editor_mark).values(
        newsletter_id=request.newsletter_id, article_id=request.article_id, kind=kind, **said
    )
    keys = ["newsletter_id", "article_id", "kind"]
    connection.execute(made.on_conflict_do_update(index_elements=keys, set_=said))
