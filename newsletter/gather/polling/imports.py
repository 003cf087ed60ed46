"""Articles that came in as no newsroom writes them: an archive imported, a feed rebuilt. They wait for an editor.

Such articles are new to us and old to everybody else. Held, none is chosen; ``release_held`` lets them go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean

import sqlalchemy as sa

from newsletter.gather.memory.bulk import lock_articles
from newsletter.gather.memory.identity import has_time
from newsletter.gather.tables import PollOutcome, article, newsletter_source, poll, sighting, source

SMALLEST_BURST = 20
"""Articles at once that any newsroom may bring on a busy day."""
UNUSUAL = 3
"""So many times the usual count are a burst."""
FEWEST_POLLS = 5
"""Polls without which nothing is usual."""
LOOKED_BACK = timedelta(days=7)
FEWEST_ALIKE = 5


@dataclass(frozen=True, slots=True)
class Habits:
    """What a source has done in the last week with articles that nobody holds.

    ``largest`` is the most it brought at once, its first answer left out; ``has_batches`` whether it gave several
    articles one date before, as the paper edition of a day has.
    """

    largest: int = 0
    has_batches: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """When a poll ended and how many new articles it brought."""

    at: datetime
    new: int


@dataclass(frozen=True, slots=True)
class HeldImport:
    """How many articles of a newsletter's source are held of those that came at one moment."""

    newsletter_id: int
    url: str
    at: datetime
    articles: int


def suspicion(
    new_dates: Sequence[datetime | None], polls: Sequence[Counted], now: datetime, habits: Habits = Habits()
) -> str:
    """Return why the articles that are new at ``now`` look like an import, "" where they do not.

    ``new_dates`` are theirs; ``polls`` those of the last seven days that went well, oldest first. What the source
    does every day is its habit and no import.
    """
    new = len(new_dates)
    first = new_dates[0] if new_dates else None
    is_alike = new >= FEWEST_ALIKE and set(new_dates) == {first}
    if is_alike and not habits.has_batches and first and _is_own(first, now):
        return f"All {new} new articles bear the date {first.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    usual = _usual(polls, now)
    usual = None if usual is None else max(usual, habits.largest)
    if usual is not None and new >= SMALLEST_BURST and new > UNUSUAL * usual:
        return f"{new} new articles came at once, where {usual:.1f} are usual"
    return ""


def _is_own(date: datetime, now: datetime) -> bool:
    """Whether a date is the source's: not that of a whole day's articles, nor the moment we put in its place."""
    return has_time(date) and date != now


def _usual(polls: Sequence[Counted], now: datetime) -> float | None:
    """Return how many new articles are usual by now: more after a night without polls than after ten minutes."""
    if len(polls) < FEWEST_POLLS:
        return None
    mean = fmean(each.new for each in polls)
    between = (polls[-1].at - polls[0].at) / (len(polls) - 1)
    return mean * max(1.0, (now - polls[-1].at) / between if between else 1.0)


def hold_import(connection: sa.Connection, source_id: int, now: datetime) -> str:
    """Hold what a source brought as new at ``now`` if it looks like an import; return why, "" if it does not.

    Called in the transaction of the poll, before that is recorded. A source's first answer has nothing to be
    compared with, and is no import.
    """
    if not _is_known(connection, source_id, now):
        return ""
    is_new = sa.and_(article.c.first_seen_at == now, article.c.id.in_(_listed_by(source_id)))
    found = connection.execute(sa.select(article.c.id, article.c.published_at).where(is_new)).all()
    counted = sa.select(poll.c.finished_at, poll.c.new_articles).where(
        poll.c.source_id == source_id,
        poll.c.outcome != PollOutcome.FAILED,
        poll.c.finished_at > now - LOOKED_BACK,
    )
    polls = [Counted(*row) for row in connection.execute(counted.order_by(poll.c.finished_at))]
    why = suspicion([row.published_at for row in found], polls, now, _habits(connection, source_id, now))
    if why:
        ids = [row.id for row in found]
        connection.execute(sa.update(article).where(article.c.id.in_(ids)).values(is_held=True))
    return why


def _is_known(connection: sa.Connection, source_id: int, now: datetime) -> bool:
    before = sa.exists().where(sighting.c.source_id == source_id, sighting.c.first_seen_at < now)
    return bool(connection.execute(sa.select(before)).scalar_one())


def _habits(connection: sa.Connection, source_id: int, now: datetime) -> Habits:
    began_at = sa.select(sa.func.min(sighting.c.first_seen_at)).where(sighting.c.source_id == source_id)
    is_let_go = sa.and_(
        article.c.id.in_(_listed_by(source_id)),
        article.c.first_seen_at < now,
        article.c.first_seen_at > now - LOOKED_BACK,
        ~article.c.is_held,
    )
    count = sa.func.count()
    at_once = sa.select(count.label("articles")).where(
        is_let_go, article.c.first_seen_at > began_at.scalar_subquery()
    )
    groups = at_once.group_by(article.c.first_seen_at).subquery()
    largest = connection.execute(sa.select(sa.func.max(groups.c.articles))).scalar_one()
    of_a_date = (
        sa.select(article.c.published_at)
        .where(is_let_go, article.c.published_at != article.c.first_seen_at)
        .group_by(article.c.published_at)
        .having(count >= FEWEST_ALIKE)
    )
    return Habits(largest or 0, any(map(has_time, connection.execute(of_a_date).scalars())))


def release_held(connection: sa.Connection, source_id: int) -> int:
    """Let the held articles of a source be chosen; return how many there were."""
    is_its_own = sa.and_(article.c.is_held, article.c.id.in_(_listed_by(source_id)))
    lock_articles(connection, is_its_own)
    held = sa.update(article).where(is_its_own)
    return connection.execute(held.values(is_held=False)).rowcount


def count_held(connection: sa.Connection, source_id: int) -> int:
    """Return how many articles of a source wait for an editor."""
    query = sa.select(sa.func.count()).select_from(article)
    return int(
        connection.execute(query.where(article.c.is_held, article.c.id.in_(_listed_by(source_id)))).scalar_one()
    )


def held_imports(connection: sa.Connection, since: datetime, moments: Sequence[datetime]) -> list[HeldImport]:
    """Return what newsletters have held that came after ``since``, or at one of the ``moments`` before.

    Such limits let an index find it among all the articles there ever were.
    """
    columns = (newsletter_source.c.newsletter_id, source.c.url, article.c.first_seen_at)
    query = (
        sa.select(*columns, sa.func.count(article.c.id.distinct()))
        # It is told of the source that brought it, not of each that lists it by now.
        .join(
            sighting,
            sa.and_(sighting.c.article_id == article.c.id, sighting.c.first_seen_at == article.c.first_seen_at),
        )
        .join(source, source.c.id == sighting.c.source_id)
        .join(newsletter_source, newsletter_source.c.source_id == source.c.id)
        .where(article.c.is_held)
        .where(sa.or_(article.c.first_seen_at > since, article.c.first_seen_at.in_(moments)))
        .group_by(*columns)
        .order_by(*columns)
    )
    return [HeldImport(*row) for row in connection.execute(query)]


def _listed_by(source_id: int) -> sa.Select[tuple[int]]:
    return sa.select(sighting.c.article_id).where(sighting.c.source_id == source_id)
