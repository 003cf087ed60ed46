"""Queries about articles: one row each, for ever."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from newsletter.gather.article import Article
from newsletter.gather.memory import bulk
from newsletter.gather.memory.canonical import canonical_url
from newsletter.gather.memory.dating import Dates, dates_of
from newsletter.gather.memory.forms import form_of
from newsletter.gather.memory.identity import (
    LIKE_HEADLINE,
    SLUG_LASTS,
    Identity,
    Register,
    has_passed_on,
    headline_likeness,
    slug_of,
)
from newsletter.gather.polling.sources import Source
from newsletter.gather.tables import SourceKind, article, sighting, source
from newsletter.gather.text.credits import strip_credit
from newsletter.gather.text.language import language_of


@dataclass(frozen=True, slots=True)
class _Listed:
    """An article of the answer at hand, and what it is found again by."""

    article: Article
    identity: Identity
    dates: Dates


_IDENTITY = (
    *(article.c.id, article.c.canonical_url, article.c.title, article.c.published_at),
    *(article.c.first_seen_at, article.c.slug),
)


def keep_sightings(connection: sa.Connection, source_id: int, now: datetime) -> None:
    """Note that everything the source last listed is listed still, in the same places."""
    bulk.see_again(connection, source_id, now)


def store_articles(
    connection: sa.Connection, origin: Source, articles: Iterable[Article], now: datetime
) -> tuple[int, int]:
    """Store what a source lists; return how many articles it lists and how many nobody had seen before.

    One row an article for ever, found again as `identity` says. The first date ever given stays; headline, summary
    and counts follow the source that words it: of those that list it now, the one that listed it first. What that
    source takes back is withdrawn. A few statements do it, however many articles there are.
    """
    answer = _by_guid(articles)
    listed = {guid: _listed(each, now) for guid, each in answer.items() if not each.is_withdrawn}
    # A push may take back what only a feed has listed; a feed speaks of its own guids alone.
    gone = answer.keys() - listed.keys()
    dead = {guid: _listed(answer[guid], now) for guid in gone} if origin.kind is SourceKind.PUSH else {}
    register = _register(connection, origin.id, answer, listed | dead, now)
    withdrawn = {register.by_guid[guid] for guid in gone if guid in register.by_guid}
    withdrawn |= {key for guid, each in dead.items() if (key := register.find_exactly(guid, each.identity))}
    keys = _find(register, listed)
    known = {key for key in keys.values() if key > 0}
    ours = _worded_by(connection, origin, known | withdrawn)
    # Rows are locked by now, known ones in the order of their ids; new ones follow in that of their addresses.
    firsts: dict[int, _Listed] = {}
    for guid, key in keys.items():
        firsts.setdefault(key, listed[guid])
    ids, new = _put_new(connection, origin, {key: firsts[key] for key in firsts.keys() - known}, now)
    _refresh(connection, origin, {key: firsts[key] for key in known}, ours, now)
    why = bulk.TAKEN_BACK_BY_SITE if origin.kind is SourceKind.PUSH else bulk.TAKEN_BACK
    bulk.withdraw(connection, sorted(withdrawn & ours), why, now)
    rows = [
        {"guid": guid, "article_id": ids.get(key, key), "position": answer[guid].position}
        for guid, key in keys.items()
    ]
    bulk.see(connection, origin.id, rows, now)
    return len(listed), new


def _by_guid(articles: Iterable[Article]) -> dict[str, Article]:
    """Return the articles of an answer by their guids, or by their addresses where a guid names several articles.

    Newest first is usual: of two versions with one guid, the first is the news.
    """
    groups: dict[str, list[Article]] = {}
    for each in articles:
        groups.setdefault(each.guid, []).append(each)
    answer: dict[str, Article] = {}
    for guid, group in groups.items():
        if any(_is_another(group[0], each) for each in group[1:]):
            for each in group:
                answer.setdefault(each.url, each)
        else:
            answer.setdefault(guid, group[0])
    return answer


def _is_another(one: Article, other: Article) -> bool:
    return (
        canonical_url(one.url) != canonical_url(other.url)
        and headline_likeness(one.title, other.title) < LIKE_HEADLINE
    )


def _listed(each: Article, now: datetime) -> _Listed:
    dates = dates_of(each, now)
    # A date that we put in the place of another is no mark of the article's own.
    own_date = each.published_at if dates.published_at == each.published_at else None
    identity = Identity(canonical_url(each.url), each.title, own_date, now, slug_of(each.url))
    return _Listed(each, identity, dates)


def _register(
    connection: sa.Connection,
    source_id: int,
    guids: Collection[str],
    listed: Mapping[str, _Listed],
    now: datetime,
) -> Register:
    """Look up everything that the answer may mean: by guid, then the rest by address, then by slug and moment."""
    query = (
        sa.select(sighting.c.guid, *_IDENTITY)
        .join(article, article.c.id == sighting.c.article_id)
        .where(sighting.c.source_id == source_id, _any_of(sighting.c.guid, guids))
    )
    by_guid = connection.execute(query).all()
    register = Register(
        {
            row.guid: row.id
            for row in by_guid
            if row.guid not in listed or not has_passed_on(_identity(row), listed[row.guid].identity)
        }
    )
    _enter(register, by_guid)
    rest = [each.identity for guid, each in listed.items() if guid not in register.by_guid]
    if rest:
        urls = _any_of(article.c.canonical_url, [each.canonical_url for each in rest])
        _enter(register, connection.execute(sa.select(*_IDENTITY).where(urls)))
        rest = [each for each in rest if register.find_exactly("", each) is None]
    if rest:
        slugs = _any_of(article.c.slug, [each.slug for each in rest if each.slug])
        is_slug = sa.and_(article.c.slug != "", slugs, article.c.first_seen_at >= now - SLUG_LASTS)
        moments = _any_of(article.c.published_at, [each.published_at for each in rest if each.published_at])
        _enter(register, connection.execute(sa.select(*_IDENTITY).where(sa.or_(is_slug, moments))))
    return register


def _any_of(column: sa.Column[Any], values: Collection[Any]) -> sa.ColumnElement[bool]:
    return column == sa.any_(sa.bindparam(None, list(values), type_=ARRAY(column.type)))


def _enter(register: Register, rows: Iterable[Any]) -> None:
    for row in rows:
        register.add(row.id, _identity(row))


def _identity(row: Any) -> Identity:
    published_at = None if row.published_at == row.first_seen_at else row.published_at
    return Identity(row.canonical_url, row.title, published_at, row.first_seen_at, row.slug)


def _find(register: Register, listed: Mapping[str, _Listed]) -> dict[str, int]:
    """Return for each guid the id of its article, or a negative number of its own for a new one."""
    keys = {
        guid: key
        for guid, each in listed.items()
        if (key := register.find_exactly(guid, each.identity)) is not None
    }
    taken = set(keys.values())
    for number, (guid, each) in enumerate(listed.items(), 1):
        if guid not in keys:
            # Once more, for an address that this answer has brought under another guid.
            key = register.find_exactly(guid, each.identity) or register.find_alike(each.identity, taken)
            keys[guid] = -number if key is None else key
            register.add(keys[guid], each.identity)
            taken.add(keys[guid])
    return {guid: keys[guid] for guid in listed}


def _worded_by(connection: sa.Connection, origin: Source, article_ids: Collection[int]) -> set[int]:
    """Lock the articles in the order of their ids; return those that this source words.

    Two sources that list the same articles must not wait for each other in a circle. What a site pushed is worded
    by its pushes: no feed has words for an embargo, and each lags behind.
    """
    if not article_ids:
        return set()
    bulk.lock_articles(connection, _any_of(article.c.id, article_ids))
    is_pushed = source.c.kind == SourceKind.PUSH
    # A push lists what changed, not everything there is.
    is_placed = sa.or_(is_pushed, sa.func.coalesce(sighting.c.positions[1], 0) > 0)
    listers = (
        sa.select(sighting.c.article_id, sighting.c.source_id, is_pushed.label("is_pushed"))
        .join(source, source.c.id == sighting.c.source_id)
        .where(_any_of(sighting.c.article_id, article_ids))
        .order_by(is_pushed, is_placed, sighting.c.first_seen_at.desc(), sighting.c.source_id.desc())
    )
    # The last to be named is the first that listed it.
    words_it = {row.article_id: row for row in connection.execute(listers)}
    others = {
        article_id
        for article_id, row in words_it.items()
        if row.source_id != origin.id and (row.is_pushed or origin.kind is not SourceKind.PUSH)
    }
    return set(article_ids) - others


def _put_new(
    connection: sa.Connection, origin: Source, new: Mapping[int, _Listed], now: datetime
) -> tuple[dict[int, int], int]:
    """Add the new articles; return the id for each of their numbers, and how many nobody had seen."""
    rows = [_facts(origin, each) for each in new.values()]
    ids = bulk.put_new(connection, origin.id, rows, now)
    count = len(ids)
    missed = [row["canonical_url"] for row in rows if row["canonical_url"] not in ids]
    if missed:
        # Another source brought them in the same moment.
        query = sa.select(article.c.canonical_url, article.c.id).where(_any_of(article.c.canonical_url, missed))
        ids |= {row.canonical_url: row.id for row in connection.execute(query)}
    return {key: ids[each.identity.canonical_url] for key, each in new.items()}, count


def _refresh(
    connection: sa.Connection, origin: Source, known: Mapping[int, _Listed], ours: Collection[int], now: datetime
) -> None:
    rows = {key: {"id": key, **_facts(origin, each)} for key, each in sorted(known.items())}
    for row in rows.values():
        del row["canonical_url"]
    is_push = origin.kind is SourceKind.PUSH
    undone = (bulk.TAKEN_BACK, bulk.TAKEN_BACK_BY_SITE) if is_push else (bulk.TAKEN_BACK,)
    bulk.reword(connection, [row for key, row in rows.items() if key in ours], now, undone)
    counts = [
        {"id": key, "votes": row["votes"], "comments": row["comments"]}
        for key, row in rows.items()
        if key not in ours
    ]
    bulk.recount(connection, counts, now)


def _facts(origin: Source, listed: _Listed) -> dict[str, Any]:
    each, dates = listed.article, listed.dates
    caption, credit = strip_credit(each.image_alt)
    return {
        "canonical_url": listed.identity.canonical_url,
        "slug": listed.identity.slug,
        "url": each.url,
        "title": each.title,
        "summary": each.summary,
        "author": each.author,
        "section": each.section,
        "genre": origin.genre,
        "image_url": each.image_url,
        "image_alt": caption,
        "image_credit": each.credit or credit,
        "language": language_of(each.language, f"{each.title} {each.summary}"),
        "form": form_of(each.url, each.title, (*each.categories, each.section)),
        "is_featured": each.is_featured,
        "votes": each.votes,
        "comments": each.comments,
        "correction": each.correction,
        "published_at": dates.published_at,
        "updated_at": dates.updated_at,
        "embargo_ends_at": dates.embargo_ends_at,
    }
