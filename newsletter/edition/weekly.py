"""The weekly edition: the best of what a week's digests brought, for readers who want one mail a week.

It is made of editions, not of sources, so it needs no gathering: an article is worth what it was worth on its day.
It notes nothing as sent, because what it brings was sent by the digests already.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.edition import store
from newsletter.edition.assemble import Draft, Workshop, set_and_freeze
from newsletter.edition.choosing.barring import form_here
from newsletter.edition.choosing.candidates import background_of
from newsletter.edition.choosing.corrections import corrections_since
from newsletter.edition.freeze import end_unsent
from newsletter.edition.rendering.selection import ChosenArticle, Selection
from newsletter.edition.states import SENT, EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import EditionKind, MarkKind, Part, edition_article, editor_mark
from newsletter.edition.tables import edition as edition_table
from newsletter.gather.article import Form
from newsletter.gather.story.stems import all_telling
from newsletter.gather.story.stories import group_stories
from newsletter.gather.tables import article
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id

WEEK = timedelta(days=7)
LONGEST = 2 * WEEK
"""How far back a weekly edition reaches at most, where the one before did not come."""

_HEAVY = frozenset({"body", "subheadings", "origins"})
"""Columns that nothing here reads."""

_MADE = (*SENT, EditionState.SKIPPED)
"""States of a digest that was made, also where everybody it could have gone to reads the weekly alone."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An article as it stood in a digest, and in which part; articles of one ``story`` tell the same."""

    chosen: ChosenArticle
    part: Part
    story: int
    can_lead: bool = True


def assemble_weekly(
    connection: sa.Connection, edition_id: int, workshop: Workshop, now: datetime, notes: Sequence[str] = ()
) -> EditionState:
    """Bring a weekly edition from gathering to ready, skipped or failed; return which.

    Two weeks with too little are told together: who reads once a week is not left without mail for ever.
    Raises ConflictError when another task was first.
    """
    edition = store.get_edition(connection, edition_id)
    newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
    before = _last_weekly(connection, edition)
    since, least = reach(edition.edition_on, before.edition_on if before else None), newsletter.min_articles
    standing = _standing(connection, edition, newsletter, since)
    selection = best_of(standing, newsletter)
    if len(selection.articles) < least and newsletter.most_skips and _had_little(connection, edition):
        since, least = edition.edition_on - LONGEST, 1
        standing = _standing(connection, edition, newsletter, since)
        selection = best_of(standing, newsletter)
        notes = [*notes, "The week before brought too little as well: this one goes with what both have."]
    found = len(selection.articles)
    if found < least:
        reason = (
            f"{found or 'No'} article{'' if found == 1 else 's'} in the digests since {since}; an edition needs "
        )
        reason += f"{least}."
        return end_unsent(connection, edition, EditionState.SKIPPED, reason, now)
    if before is not None and before.ready_at is not None:
        corrections = corrections_since(connection, newsletter.id, EditionKind.WEEKLY, before.ready_at)
        selection = replace(selection, corrections=corrections)
    told = f"The best {found} of {len(standing)} articles in the digests since {since}."
    draft = Draft(selection, (told, *notes), now)
    return set_and_freeze(connection, edition, newsletter, workshop, draft)


def reach(on: date, before: date | None) -> date:
    """Return the date of the first digest that a weekly edition is made of. Pure.

    That is a week back, or the date of the weekly ``before`` where that was longer ago, two weeks back at most.
    The digest of the weekly's own date belongs to the next, because neither waits for the other.
    """
    week = on - WEEK
    return week if before is None else max(on - LONGEST, min(week, before))


def best_of(standing: Iterable[Standing], newsletter: Newsletter) -> Selection:
    """Return the best of a week by points: each part of its size, one article a story, few of a source. Pure.

    A source that stands alone may have every place. What cannot lead comes after the best that can.
    """
    ordered = sorted(standing, key=lambda each: (-each.chosen.points, each.chosen.article_id))
    told: set[int] = set()

    def take(part: Part, size: int) -> list[Standing]:
        able = [each for each in ordered if each.part is part]
        is_alone = len({each.chosen.source for each in able}) == 1
        most = size if is_alone else newsletter.max_per_source
        taken: list[Standing] = []
        sources: Counter[str] = Counter()
        for each in able:
            if len(taken) < size and each.story not in told and sources[each.chosen.source] < most:
                told.add(each.story)
                sources[each.chosen.source] += 1
                taken.append(each)
        return taken

    stories = take(Part.TOP_STORIES, newsletter.top_stories)
    lead = next((each for each in stories if each.can_lead), None)
    stories.sort(key=lambda each: each is not lead)
    posts = take(Part.BLOG_POSTS, newsletter.blog_posts)
    return Selection(tuple(each.chosen for each in stories), tuple(each.chosen for each in posts))


def _last_weekly(connection: sa.Connection, edition: Edition) -> Edition | None:
    """Return the weekly edition before, of those that went out."""
    columns = edition_table.c
    query = sa.select(columns.id).where(
        columns.newsletter_id == edition.newsletter_id,
        columns.kind == EditionKind.WEEKLY,
        columns.state.in_(SENT),
        columns.edition_on < edition.edition_on,
    )
    found = connection.execute(query.order_by(columns.edition_on.desc()).limit(1)).scalar_one_or_none()
    return None if found is None else store.get_edition(connection, found)


def _had_little(connection: sa.Connection, edition: Edition) -> bool:
    """Whether the weekly edition before was skipped because its digests had brought too little."""
    columns = edition_table.c
    query = (
        sa.select(sa.and_(columns.state == EditionState.SKIPPED, columns.content_hash == ""))
        .where(columns.newsletter_id == edition.newsletter_id, columns.kind == EditionKind.WEEKLY)
        .where(columns.edition_on >= edition.edition_on - WEEK, columns.edition_on < edition.edition_on)
        .order_by(columns.edition_on.desc())
    )
    return bool(connection.execute(query.limit(1)).scalar_one_or_none())


def _standing(connection: sa.Connection, edition: Edition, newsletter: Newsletter, since: date) -> list[Standing]:
    """Return each article of the digests since then, once and at its best, none that a weekly brought before."""
    at_best: dict[int, sa.Row[Any]] = {}
    for row in connection.execute(_query(edition, since)):
        at_best.setdefault(row.article_id, row)
    rows = list(at_best.values())
    texts = all_telling({row.id: (row.title, row.summary, row.source) for row in rows})
    sources = {row.id: row.source for row in rows}
    story_of = group_stories(texts, newsletter.story_cut, background_of(connection), sources)
    return [
        Standing(
            _chosen(row),
            Part(row.part),
            story_of[row.id],
            can_lead=form_here(row, newsletter.never_lead) is Form.PLAIN,
        )
        for row in rows
    ]


def _query(edition: Edition, since: date) -> sa.Select[Any]:
    digest, stood = edition_table.alias("digest"), edition_article.c
    weekly = edition_table.alias("weekly")
    brought = (
        sa.select(edition_article.c.article_id)
        .join(weekly, weekly.c.id == edition_article.c.edition_id)
        .where(weekly.c.newsletter_id == edition.newsletter_id, weekly.c.kind == EditionKind.WEEKLY)
        .where(weekly.c.state.in_(SENT))
    )
    blocked = sa.select(editor_mark.c.article_id).where(
        editor_mark.c.newsletter_id == edition.newsletter_id, editor_mark.c.kind == MarkKind.BLOCK
    )
    own = (stood.article_id, stood.source, stood.points, stood.parts, stood.part)
    return (
        sa.select(*own, *(column for column in article.c if column.name not in _HEAVY))
        .select_from(edition_article)
        .join(digest, digest.c.id == stood.edition_id)
        .join(article, article.c.id == stood.article_id)
        .where(digest.c.newsletter_id == edition.newsletter_id, digest.c.kind == EditionKind.DIGEST)
        .where(digest.c.source_ids.is_(None), digest.c.subscription_ids.is_(None))
        .where(digest.c.edition_on >= since, digest.c.edition_on < edition.edition_on)
        .where(digest.c.state.in_(_MADE), digest.c.content_hash != "")
        .where(stood.withdrawn_at.is_(None), article.c.withdrawn_at.is_(None))
        .where(article.c.id.not_in(brought), article.c.id.not_in(blocked))
        .order_by(stood.article_id, stood.points.desc())
    )


def _chosen(row: sa.Row[Any]) -> ChosenArticle:
    """Return an article as it is known now, at the worth that it had on its day."""
    names = ("title", "url", "summary", "section", "source", "author", "published_at", "image_url", "image_alt")
    more = ("points", "parts", "votes", "language", "image_credit", "words")
    facts = {name: getattr(row, name) for name in (*names, *more)}
    return ChosenArticle(article_id=row.article_id, reasons=(), also_in=(), **facts)
