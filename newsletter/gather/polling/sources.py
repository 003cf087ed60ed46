"""Queries about sources: which there are, whose they are, whose turn it is, and how each poll went."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from newsletter.gather.article import Genre
from newsletter.gather.tables import (
    PollOutcome,
    SourceKind,
    SourceState,
    newsletter_source,
    poll,
    source,
)
from newsletter.publication.calendar import next_cut_off
from newsletter.publication.newsletters import get_newsletter_by_id


@dataclass(frozen=True, slots=True)
class Source:
    """A source as stored. Validators are kept byte for byte, as RFC 9110 §8.8 wants them back.

    ``genre`` is that of a source where no newsletter says otherwise.
    """

    id: int
    url: str
    kind: SourceKind
    genre: Genre
    title: str
    etag: str
    last_modified: str
    content_hash: str
    failures: int
    last_error: str
    polled_at: datetime | None
    succeeded_at: datetime | None
    selector: str = ""
    moved_to: str = ""
    moved_times: int = 0
    interval_seconds: int | None = None
    wishes: dict[str, Any] = field(default_factory=dict, hash=False)
    covers_since_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """How one poll ended. ``error`` is why it failed, ``note`` what an editor should know of one that did not."""

    source_id: int
    started_at: datetime
    finished_at: datetime
    outcome: PollOutcome
    articles: int = 0
    new_articles: int = 0
    error: str = ""
    note: str = ""


_SOURCE_COLUMNS = [source.c[name] for name in Source.__dataclass_fields__]
_IS_POLLED = sa.and_(source.c.state == SourceState.ACTIVE, source.c.kind != SourceKind.PUSH)
"""A site that pushes its articles to us is not asked for them."""


def _source(row: sa.Row[Any]) -> Source:
    values = dict(row._mapping)  # noqa: SLF001 — SQLAlchemy's documented name for a row as a mapping
    return Source(**{**values, "kind": SourceKind(values["kind"]), "genre": Genre(values["genre"])})


def put_source(connection: sa.Connection, url: str, kind: SourceKind, genre: Genre = Genre.NEWS) -> int:
    """Return the id of the source at ``url``, made if new; the genre of one that is known stays as it is."""
    row = insert(source).values(url=url, kind=kind, genre=genre)
    changed = {"state": SourceState.ACTIVE}
    put = row.on_conflict_do_update(index_elements=["url"], set_=changed).returning(source.c.id)
    return int(connection.execute(put).scalar_one())


def attach_source(
    connection: sa.Connection, newsletter_id: int, source_id: int, genre: Genre | None = None
) -> None:
    """Make a source one of the newsletter's own, of this genre for this newsletter alone.

    Without a genre it keeps the one it has for the newsletter; new to it, it has the source's.
    """
    its_own = source.c.genre if genre is None else sa.literal(genre)
    known = sa.select(sa.literal(newsletter_id), source.c.id, its_own).where(source.c.id == source_id)
    link = insert(newsletter_source).from_select(["newsletter_id", "source_id", "genre"], known)
    if genre is None:
        connection.execute(link.on_conflict_do_nothing())
    else:
        keys = ["newsletter_id", "source_id"]
        connection.execute(link.on_conflict_do_update(index_elements=keys, set_={"genre": genre}))


def detach_source(connection: sa.Connection, newsletter_id: int, source_id: int) -> None:
    """Stop gathering a source for the newsletter; its articles stay."""
    connection.execute(
        sa.delete(newsletter_source).where(
            newsletter_source.c.newsletter_id == newsletter_id, newsletter_source.c.source_id == source_id
        )
    )


def source_ids_of(connection: sa.Connection, newsletter_id: int) -> list[int]:
    """Return the ids of the newsletter's own sources."""
    query = sa.select(newsletter_source.c.source_id).where(newsletter_source.c.newsletter_id == newsletter_id)
    return list(connection.execute(query.order_by(newsletter_source.c.source_id)).scalars())


def genres_of(connection: sa.Connection, newsletter_id: int) -> dict[int, Genre]:
    """Return the genre that each of the newsletter's own sources has for it, by the source's id."""
    columns = (newsletter_source.c.source_id, newsletter_source.c.genre)
    query = sa.select(*columns).where(newsletter_source.c.newsletter_id == newsletter_id)
    return {source_id: Genre(genre) for source_id, genre in connection.execute(query)}


def list_sources(connection: sa.Connection, source_ids: Sequence[int]) -> list[Source]:
    """Return these sources, by id."""
    query = sa.select(*_SOURCE_COLUMNS).where(source.c.id.in_(source_ids)).order_by(source.c.id)
    return [_source(row) for row in connection.execute(query)]


def due_source_ids(connection: sa.Connection, now: datetime) -> list[int]:
    """Return the newsletters' sources whose next poll has come."""
    query = (
        sa.select(source.c.id)
        .where(_IS_POLLED, source.c.next_poll_at <= now)
        .where(sa.exists().where(newsletter_source.c.source_id == source.c.id))
    )
    return list(connection.execute(query.order_by(source.c.next_poll_at)).scalars())


def unpolled_source_ids(connection: sa.Connection, source_ids: Sequence[int], since: datetime) -> list[int]:
    """Return those of these sources that still owe a poll since a moment."""
    query = sa.select(source.c.id).where(
        source.c.id.in_(source_ids),
        _IS_POLLED,
        sa.or_(source.c.polled_at.is_(None), source.c.polled_at < since),
    )
    return list(connection.execute(query).scalars())


def was_polled_since(connection: sa.Connection, source_id: int, since: datetime) -> bool:
    """Whether a source's last poll ended after a moment."""
    query = sa.select(source.c.id).where(source.c.id == source_id, source.c.polled_at > since)
    return connection.execute(query).scalar_one_or_none() is not None


def next_cutoff(connection: sa.Connection, source_id: int, now: datetime) -> datetime | None:
    """Return when the next edition that uses a source stops gathering; None where no timetable needs it."""
    query = sa.select(newsletter_source.c.newsletter_id).where(newsletter_source.c.source_id == source_id)
    users = [get_newsletter_by_id(connection, each) for each in connection.execute(query).scalars()]
    return min((next_cut_off(each, now) for each in users if each.scheduled), default=None)


def is_host_busy(connection: sa.Connection, source_id: int, now: datetime) -> bool:
    """Whether another source of the same host is being polled; nobody else is told otherwise in this transaction.

    One connection a host: twenty section feeds of one site are asked one after the other.
    """
    host = connection.execute(sa.select(_host_of(source)).where(source.c.id == source_id)).scalar_one_or_none()
    if not host:
        return False
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(host, 0))))
    other = source.alias()
    query = sa.exists().where(other.c.id != source_id, other.c.lease_until >= now, _host_of(other) == host)
    return bool(connection.execute(sa.select(query)).scalar_one())


def _host_of(table: sa.FromClause) -> sa.Function[str]:
    """Return the part of a URL between ``//`` and the path."""
    return sa.func.split_part(table.c.url, "/", 3)


def lease_source(connection: sa.Connection, source_id: int, until: datetime, now: datetime) -> Source | None:
    """Take a source for one poll; None when another task has it or it is gone."""
    taken = (
        sa.update(source)
        .where(source.c.id == source_id, _IS_POLLED)
        .where(sa.or_(source.c.lease_until.is_(None), source.c.lease_until < now))
        .values(lease_until=until)
        .returning(*_SOURCE_COLUMNS)
    )
    row = connection.execute(taken).one_or_none()
    return None if row is None else _source(row)


def record_poll(connection: sa.Connection, done: Poll, next_in: timedelta, **changes: Any) -> None:
    """Write how a poll ended, give the lease back and set when the next one is due."""
    connection.execute(sa.insert(poll).values({name: getattr(done, name) for name in Poll.__dataclass_fields__}))
    if done.outcome is PollOutcome.FAILED:
        changes |= {"failures": source.c.failures + 1, "last_error": done.error}
    else:
        changes |= {"failures": 0, "last_error": "", "succeeded_at": done.finished_at}
    connection.execute(
        sa.update(source)
        .where(source.c.id == done.source_id)
        .values(lease_until=None, polled_at=done.finished_at, next_poll_at=done.finished_at + next_in, **changes)
    )


def move_source(connection: sa.Connection, source_id: int, url: str) -> bool:
    """Give a source the address it has moved to; False, and nothing changed, where another source has it."""
    try:
        with connection.begin_nested():
            connection.execute(sa.update(source).where(source.c.id == source_id).values(url=url))
    except IntegrityError:
        return False
    return True
