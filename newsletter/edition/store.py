"""Queries about editions."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from newsletter.edition.states import MOVES, SENT, UNFINISHED, EditionState
from newsletter.edition.tables import EditionKind, edition, edition_article, edition_content, edition_link
from newsletter.errors import ConflictError, NotFoundError
from newsletter.publication.tables import newsletter

_LONGEST_ID = 18
"""Digits that always fit a bigint."""


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition as stored, less its content."""

    id: int
    newsletter_id: int
    slug: str
    key: str
    edition_on: date
    state: EditionState
    reason: str
    notes: list[str]
    kind: EditionKind
    article_id: int | None
    requested_by: str
    sends_when_ready: bool
    source_ids: list[int] | None
    subscription_ids: list[int] | None
    subject: str
    content_hash: str
    due_at: datetime
    created_at: datetime
    gathering_at: datetime | None
    rechecked_at: datetime | None
    ready_at: datetime | None
    sending_at: datetime | None
    finished_at: datetime | None

    @property
    def is_for_named_readers(self) -> bool:
        """Whether it goes to readers that were named, rather than to all."""
        return self.subscription_ids is not None

    @property
    def name(self) -> str:
        """How commands and people name it: newsletter and key."""
        return f"{self.slug}/{self.key}"


_SUBJECT = (
    sa.select(edition_content.c.subject)
    .where(edition_content.c.edition_id == edition.c.id, edition_content.c.place == 0)
    .correlate(edition)
    .scalar_subquery()
)
"""In the newsletter's own language; empty before the edition was ready."""

_ELSEWHERE: dict[str, sa.ColumnElement[str]] = {
    "slug": newsletter.c.slug,
    "subject": sa.func.coalesce(_SUBJECT, "").label("subject"),
}
_COLUMNS = [_ELSEWHERE[name] if name in _ELSEWHERE else edition.c[name] for name in Edition.__dataclass_fields__]


_FROZEN = ("language", "sections", "subject", "preheader", "text", "html", "marker")

_NO_ID = 2**63
"""The first number that is no bigint: a person may type any."""


def _query() -> sa.Select[Any]:
    return sa.select(*_COLUMNS).join(newsletter, newsletter.c.id == edition.c.newsletter_id)


def _edition(row: sa.Row[Any]) -> Edition:
    values = dict(row._mapping)  # noqa: SLF001 — SQLAlchemy's documented name for a row as a mapping
    words = {"state": EditionState(values["state"]), "kind": EditionKind(values["kind"])}
    return Edition(**{**values, **words})


def get_edition(connection: sa.Connection, edition_id: int, *, lock: bool = False) -> Edition:
    """Return an edition by id, if asked locked until the transaction ends. Raises NotFoundError."""
    query = _query().where(edition.c.id == edition_id)
    row = None
    if edition_id < _NO_ID:
        row = connection.execute(query.with_for_update(of=edition) if lock else query).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no edition {edition_id}.", "`newsletter status` lists them.")
    return _edition(row)


def find_edition(connection: sa.Connection, name: str) -> Edition:
    """Return the edition a person names: its id, ``newsletter/key``, or a newsletter for its latest.

    Raises NotFoundError.
    """
    if name.isdecimal() and len(name) <= _LONGEST_ID:
        return get_edition(connection, int(name))
    slug, _, key = name.partition("/")
    query = _query().where(newsletter.c.slug == slug)
    if key:
        query = query.where(edition.c.key == key)
    row = connection.execute(query.order_by(edition.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no edition {name!r}.", "`newsletter status` lists them.")
    return _edition(row)


def editions_about(
    connection: sa.Connection, newsletter_id: int, kind: EditionKind, article_id: int
) -> list[Edition]:
    """Return a newsletter's editions of a kind that tell of one article, oldest first."""
    columns = edition.c
    query = _query().where(
        columns.newsletter_id == newsletter_id, columns.kind == kind, columns.article_id == article_id
    )
    return [_edition(row) for row in connection.execute(query.order_by(columns.id))]


def list_editions(connection: sa.Connection, limit: int = 20) -> list[Edition]:
    """Return the latest editions, newest first."""
    return [_edition(row) for row in connection.execute(_query().order_by(edition.c.id.desc()).limit(limit))]


def list_sent_editions(connection: sa.Connection, newsletter_id: int, limit: int = 1000) -> list[Edition]:
    """Return a newsletter's digests that went to all readers, or are going to them, newest first."""
    query = _query().where(
        edition.c.newsletter_id == newsletter_id,
        edition.c.kind == EditionKind.DIGEST,
        edition.c.state.in_(SENT),
        edition.c.subscription_ids.is_(None),
    )
    return [_edition(row) for row in connection.execute(query.order_by(edition.c.id.desc()).limit(limit))]


def unfinished_editions(connection: sa.Connection, now: datetime) -> list[Edition]:
    """Return the editions whose time has come and whose end has not."""
    query = _query().where(edition.c.state.in_(UNFINISHED), edition.c.due_at <= now)
    return [_edition(row) for row in connection.execute(query.order_by(edition.c.id))]


def move(
    connection: sa.Connection, edition_id: int, states: tuple[EditionState, EditionState], **values: Any
) -> None:
    """Move an edition from the first state to the second and set ``values``, if it is still in the first.

    Raises ConflictError when somebody else moved it, with no effect.
    """
    start, end = states
    assert end in MOVES[start], f"no move from {start} to {end}"
    moved = connection.execute(
        sa.update(edition)
        .where(edition.c.id == edition_id, edition.c.state == start)
        .values(state=end, **values)
        .returning(edition.c.id)
    ).one_or_none()
    if moved is None:
        found = get_edition(connection, edition_id)
        raise _conflict(found, f"not {start}: it cannot become {end}")


def cancel(connection: sa.Connection, edition_id: int, state: EditionState, **values: Any) -> None:
    """Move an edition from ``state`` to cancelled. Raises ConflictError once it has ended, or was moved."""
    if state not in UNFINISHED:
        raise _conflict(get_edition(connection, edition_id), "which is final")
    move(connection, edition_id, (state, EditionState.CANCELLED), **values)


def lock_edition(connection: sa.Connection, edition_id: int, state: EditionState) -> Edition:
    """Return an edition that stays in ``state`` until the transaction ends. Raises ConflictError if it is not."""
    found = get_edition(connection, edition_id, lock=True)
    if found.state is not state:
        raise _conflict(found, f"not {state}")
    return found


def _conflict(found: Edition, instead: str) -> ConflictError:
    return ConflictError(
        f"Edition {found.name} is {found.state}, {instead}.",
        f"`newsletter status {found.name}` shows what happened.",
    )


class Wish(NamedTuple):
    """Which of an edition's contents a reader gets: its language, and which of its sections (empty is all)."""

    language: str = ""
    sections: str = ""


EVERYTHING = Wish()
"""The whole edition in the newsletter's own language."""


@dataclass(frozen=True, slots=True)
class FrozenContent:
    """What every reader of an edition with one wish gets, with the personal slots still open.

    ``links`` are where the edition's counted links lead, number 1 first; none where no link is counted.
    """

    language: str
    subject: str
    preheader: str
    text: str
    html: str
    marker: str
    ready_at: datetime
    links: tuple[str, ...] = ()
    sections: str = ""


def get_contents(
    connection: sa.Connection, edition_id: int, *, with_sections: bool = False
) -> tuple[FrozenContent, ...]:
    """Return the content frozen when the edition became ready, the newsletter's own language first.

    ``with_sections`` adds, after the whole edition in each language, what is left of it for readers of chosen
    sections. Raises NotFoundError before it is ready.
    """
    columns = edition_content.c
    rows = connection.execute(
        sa.select(*(columns[name] for name in _FROZEN), edition.c.ready_at)
        .join(edition, edition.c.id == columns.edition_id)
        .where(columns.edition_id == edition_id, edition.c.content_hash != "")
        .where(sa.true() if with_sections else columns.sections == "")
        .order_by(columns.place)
    )
    found = rows.mappings().all()
    if not found:
        raise NotFoundError(f"Edition {edition_id} has no content yet.", "It is assembled first.")
    query = sa.select(edition_link.c.url).where(edition_link.c.edition_id == edition_id)
    links = tuple(connection.execute(query.order_by(edition_link.c.number)).scalars())
    return tuple(FrozenContent(**row, links=links) for row in found)


def get_content(
    connection: sa.Connection, edition_id: int, language: str = "", sections: str = ""
) -> FrozenContent:
    """Return the content in a language and of some sections, as a delivery names them.

    It is in the newsletter's own language where there is none in that, and the whole edition where there is none
    of those sections. Raises NotFoundError before the edition is ready.
    """
    contents = get_contents(connection, edition_id, with_sections=bool(sections))
    own = contents[0].language
    for wish in (Wish(language or own, sections), Wish(own, sections), Wish(language)):
        for each in contents:
            if wish == (each.language, each.sections):
                return each
    return contents[0]


def get_link(connection: sa.Connection, edition_id: int, number: int) -> str:
    """Return where an edition's counted link leads. Raises NotFoundError for a number that it has not."""
    query = sa.select(edition_link.c.url).where(
        edition_link.c.edition_id == edition_id, edition_link.c.number == number
    )
    url = connection.execute(query).scalar_one_or_none()
    if url is None:
        raise NotFoundError("This link leads nowhere.", "Open the mail that it came from, and try it again.")
    return str(url)


def list_edition_articles(connection: sa.Connection, edition_id: int) -> list[sa.Row[Any]]:
    """Return the edition's articles in their order, each with its points and reason."""
    query = sa.select(edition_article).where(edition_article.c.edition_id == edition_id)
    return list(connection.execute(query.order_by(edition_article.c.place)))
