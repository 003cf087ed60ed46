"""Statements that write all the articles of one answer at once: a poll costs a few, however much it brings.

Each takes one array a column, as PostgreSQL's ``unnest`` pairs them up.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from newsletter.gather.article import Form
from newsletter.gather.tables import article, sighting, source

TAKEN_BACK = "Its source took it back."
"""A reason for a withdrawal that the source that words the article may take back in turn."""
TAKEN_BACK_BY_SITE = "Its site took it back."
"""Likewise, but by a signed push, which only another push may take back: a feed lags behind its site."""

_WORDED = (
    *("url", "slug", "title", "summary", "author", "section", "genre", "image_url", "image_alt", "image_credit"),
    *("language", "form", "is_featured", "votes", "comments", "correction"),
    *("published_at", "updated_at", "embargo_ends_at"),
)
_KEPT_IF_UNSAID = ("summary", "author", "section", "image_url", "image_alt", "image_credit", "language")
"""A source that says nothing must not undo what the article's own page said."""
_now = sa.bindparam("now", type_=article.c.last_seen_at.type)
_source_id = sa.bindparam("from_source", type_=sa.BigInteger)


def _incoming(columns: Sequence[sa.ColumnElement[Any]]) -> sa.TableValuedAlias:
    arrays = [sa.bindparam(f"new_{each.key}", type_=ARRAY(each.type)) for each in columns]
    named = [sa.column(str(each.key), each.type) for each in columns]
    return sa.func.unnest(*arrays).table_valued(*named, name="incoming").render_derived()


def _arrays(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {f"new_{name}": [row[name] for row in rows] for name in rows[0]}


def _insertion() -> sa.Executable:
    names = ("canonical_url", *_WORDED)
    new = _incoming([article.c[name] for name in names])
    reads_pages = sa.select(source.c.reads_pages).where(source.c.id == _source_id).scalar_subquery()
    values = {
        **{name: new.c[name] for name in names},
        "first_seen_at": _now,
        "last_seen_at": _now,
        "corrected_at": sa.case((new.c.correction != "", _now)),
        "page_due_at": sa.case((reads_pages, _now)),
    }
    rows = sa.select(*values.values()).order_by(new.c.canonical_url)
    put = insert(article).from_select(list(values), rows, include_defaults=False)
    # Nothing is done to a row that another source put there first: waiting for it could be waiting in a circle.
    return put.on_conflict_do_nothing(index_elements=["canonical_url"]).returning(
        article.c.id, article.c.canonical_url
    )


def _rewording() -> sa.Executable:
    new = _incoming([article.c.id, *(article.c[name] for name in _WORDED)])
    values: dict[str, Any] = {name: new.c[name] for name in _WORDED}
    values |= {
        name: sa.func.coalesce(sa.func.nullif(new.c[name], ""), article.c[name]) for name in _KEPT_IF_UNSAID
    }
    is_same_image = new.c.image_url.in_(["", article.c.image_url])
    # What the page said about one image is not said about another.
    values |= {
        name: sa.case((is_same_image, values[name]), else_=new.c[name]) for name in ("image_alt", "image_credit")
    }
    is_corrected = sa.and_(new.c.correction != "", new.c.correction != article.c.correction)
    is_taken_back = article.c.withdrawn_why == sa.any_(sa.bindparam("undone", type_=ARRAY(sa.Text)))
    values |= {
        # The first date stays, but one that has not come yet may still be moved.
        "published_at": sa.case(
            (article.c.published_at > _now, new.c.published_at),
            else_=sa.func.coalesce(article.c.published_at, new.c.published_at),
        ),
        # No feed has a word for what its own page calls live.
        "form": sa.case(
            (sa.and_(new.c.form == Form.PLAIN, article.c.origins.has_key("is_live")), Form.LIVE),
            else_=new.c.form,
        ),
        **{name: sa.func.coalesce(new.c[name], article.c[name]) for name in ("votes", "comments", "updated_at")},
        "correction": sa.func.coalesce(sa.func.nullif(new.c.correction, ""), article.c.correction),
        "corrected_at": sa.case((is_corrected, _now), else_=article.c.corrected_at),
        "image_id": sa.case((is_same_image, article.c.image_id)),
        "withdrawn_at": sa.case((is_taken_back, None), else_=article.c.withdrawn_at),
        "withdrawn_why": sa.case((is_taken_back, ""), else_=article.c.withdrawn_why),
        "last_seen_at": _now,
    }
    return sa.update(article).where(article.c.id == new.c.id).values(values)


def _recounting() -> sa.Executable:
    new = _incoming([article.c.id, article.c.votes, article.c.comments])
    counts = {name: sa.func.coalesce(new.c[name], article.c[name]) for name in ("votes", "comments")}
    return sa.update(article).where(article.c.id == new.c.id).values(**counts, last_seen_at=_now)


def _seeing() -> sa.Executable:
    new = _incoming([sighting.c.guid, sighting.c.article_id, sighting.c.position])
    values = {
        "source_id": _source_id,
        "guid": new.c.guid,
        "article_id": new.c.article_id,
        "position": new.c.position,
        "positions": sa.func.array_prepend(new.c.position, sa.cast(sa.literal("{}"), sighting.c.positions.type)),
        "first_seen_at": _now,
        "last_seen_at": _now,
    }
    put = insert(sighting).from_select(list(values), sa.select(*values.values()), include_defaults=False)
    shifted = sa.func.array_prepend(put.excluded.position, sighting.c.positions[1:2])
    is_same = sighting.c.article_id == put.excluded.article_id
    changed = {
        "article_id": put.excluded.article_id,
        "position": put.excluded.position,
        "positions": sa.case((is_same, shifted), else_=put.excluded.positions),
        "first_seen_at": sa.case((is_same, sighting.c.first_seen_at), else_=_now),
        "last_seen_at": _now,
    }
    return put.on_conflict_do_update(index_elements=["source_id", "guid"], set_=changed)


_INSERT, _REWORD, _RECOUNT, _SEE = _insertion(), _rewording(), _recounting(), _seeing()
_PLACED = sa.text("0 < ANY (sighting.positions)")


def put_new(
    connection: sa.Connection, source_id: int, rows: Sequence[Mapping[str, Any]], now: datetime
) -> dict[str, int]:
    """Add articles, and return the id of each that nobody had, by canonical address.

    Where the source reads pages, theirs are due at once.
    """
    if not rows:
        return {}
    done = connection.execute(_INSERT, {**_arrays(rows), "now": now, "from_source": source_id})
    return {canonical: article_id for article_id, canonical in done}


def reword(
    connection: sa.Connection, rows: Sequence[Mapping[str, Any]], now: datetime, undone: Sequence[str]
) -> None:
    """Bring articles up to what their source says now; each row has its ``id``.

    What was withdrawn for one of the reasons in ``undone`` stands again.
    """
    if rows:
        connection.execute(_REWORD, {**_arrays(rows), "now": now, "undone": list(undone)})


def recount(connection: sa.Connection, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Take votes and comments from a source that does not word these articles."""
    if rows:
        connection.execute(_RECOUNT, {**_arrays(rows), "now": now})


def see(connection: sa.Connection, source_id: int, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Note what a source's latest answer lists and where, and that it does not list the rest."""
    guids = [row["guid"] for row in rows]
    connection.execute(
        sa.update(sighting)
        .where(sighting.c.source_id == source_id, _PLACED)
        .where(sighting.c.guid != sa.all_(sa.bindparam("guids", guids, type_=ARRAY(sa.Text))))
        .values(positions=sa.func.array_prepend(0, sighting.c.positions[1:2]))
    )
    if rows:
        connection.execute(_SEE, {**_arrays(rows), "now": now, "from_source": source_id})


def see_again(connection: sa.Connection, source_id: int, now: datetime) -> None:
    """Note that a source's latest answer is the one before it again, place for place."""
    latest = sighting.c.positions[1]
    connection.execute(
        sa.update(sighting)
        .where(sighting.c.source_id == source_id, _PLACED)
        .values(
            positions=sa.func.array_prepend(latest, sighting.c.positions[1:2]),
            last_seen_at=sa.case((latest > 0, now), else_=sighting.c.last_seen_at),
        )
    )


def lock_articles(connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    """Lock articles in the order of their ids, as all do who write several: two must not wait in a circle."""
    lock = sa.select(article.c.id).where(which).order_by(article.c.id)
    connection.execute(lock.with_for_update(key_share=True))


def withdraw(connection: sa.Connection, article_ids: Sequence[int], why: str, now: datetime) -> None:
    """Take articles back; the first reason given stays, but a site's own word replaces a source's."""
    if article_ids:
        connection.execute(
            sa.update(article)
            .where(article.c.id.in_(article_ids))
            .where(sa.or_(article.c.withdrawn_at.is_(None), article.c.withdrawn_why == TAKEN_BACK))
            .values(withdrawn_at=sa.func.coalesce(article.c.withdrawn_at, now), withdrawn_why=why)
        )
