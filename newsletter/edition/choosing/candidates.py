"""Which articles may stand in an edition: new enough, never sent in its newsletter, and kept out by nobody.

What was published in the last days is looked at too, sent or not: an event's other sources tell how widely it is
covered, and stand beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.edition.choosing import barring
from newsletter.edition.choosing.candidate import Candidate
from newsletter.edition.choosing.decide import Fact, Update
from newsletter.edition.choosing.listed import Span, list_articles
from newsletter.edition.choosing.marks import Mark
from newsletter.edition.tables import TasteKind, sent_article, taste
from newsletter.gather.article import Genre
from newsletter.gather.story.likeness import Background
from newsletter.gather.story.stems import all_telling
from newsletter.gather.story.stories import group_stories
from newsletter.gather.tables import article
from newsletter.publication.newsletters import Newsletter

STORY_LOOK_BACK = timedelta(hours=72)
"""An event is covered for days: yesterday's articles on it count as coverage, and are named beside it."""

MOST_HEADLINES = 20_000
"""Latest headlines from which it is learnt how much a word says."""


@dataclass(frozen=True, slots=True)
class Asked:
    """For which edition candidates are looked for, and what is known before looking.

    ``window`` of None looks at the unsent however old they are; ``background`` is learnt here if it is not given.
    """

    newsletter: Newsletter
    source_ids: Sequence[int]
    now: datetime
    for_named_readers: bool = False
    marks: Mapping[int, Mark] = field(default_factory=dict)
    updates: Mapping[int, Update] = field(default_factory=dict)
    window: timedelta | None = None
    background: Background | None = None

    @property
    def span(self) -> Span:
        """The articles that can stand in the edition, or tell of a story that does."""
        since = self.now - STORY_LOOK_BACK
        unsent_since = None
        if self.window is not None:
            # What has a place in no window only costs time: it grows by thousands a week.
            unsent_since = min(
                since, self.now - self.window, self.now - timedelta(hours=self.newsletter.carry_hours)
            )
        pinned = {number for number, mark in self.marks.items() if mark.pin is not None}
        return Span(since, unsent_since, self.now, pinned | self.updates.keys())


@dataclass(frozen=True, slots=True)
class Found:
    """An article that was listed lately: what choosing reads of it, and the rest of its row.

    ``is_open`` is False for one that was sent before and may not come again; it is there for its story alone.
    """

    fact: Fact
    row: sa.Row[Any]
    is_open: bool = True

    @property
    def candidate(self) -> Candidate:
        """What ranking knows of it."""
        return self.fact.candidate

    @property
    def genre(self) -> Genre:
        """The part in which it can stand."""
        return self.fact.genre


def find_candidates(connection: sa.Connection, asked: Asked) -> list[Found]:
    """Return the articles of these sources, each once: the unsent of the window, and all of the last days.

    None is dated in the future. What went to named readers only is unsent for an edition to all, but not for
    another to named readers. Those that cannot be chosen say why.
    """
    newsletter = asked.newsletter
    is_sent = was_sent(newsletter.id, for_named_readers=asked.for_named_readers, article_id=article.c.id)
    rows = list_articles(connection, newsletter.id, asked.source_ids, is_sent=is_sent, span=asked.span)
    texts = all_telling({row.id: (row.title, row.summary, row.source) for row in rows})
    background = asked.background or background_of(connection)
    story_of = group_stories(texts, newsletter.story_cut, background, {row.id: row.source for row in rows})
    tastes = _tastes(connection, newsletter.id)
    covered = _coverage(rows, story_of)
    found = []
    for row in rows:
        update = asked.updates.get(row.id, Update.NO)
        candidate = replace(
            _candidate(row, asked.marks.get(row.id, Mark()), newsletter.never_lead),
            story=story_of[row.id],
            text=texts[row.id],
            coverage=covered[story_of[row.id]],
            taste=_taste(tastes, row),
            published_at=row.updated_at if update is not Update.NO and row.updated_at else row.published_at,
        )
        fact = Fact(candidate, Genre(row.genre_here), update, _barred(row, asked))
        found.append(Found(fact, row, is_open=not row.is_sent or update is not Update.NO))
    return found


def was_sent(
    newsletter_id: int, *, for_named_readers: bool, article_id: sa.ColumnElement[int] | None = None
) -> sa.ColumnElement[bool]:
    """Return the condition that the newsletter sent an article, or any, to all; or to named readers too."""
    sent = sa.exists().where(sent_article.c.newsletter_id == newsletter_id)
    if not for_named_readers:
        sent = sent.where(~sent_article.c.for_named_readers)
    return sent if article_id is None else sent.where(sent_article.c.article_id == article_id)


def in_window(found: Iterable[Found], window: timedelta, now: datetime, carry: timedelta) -> list[Found]:
    """Keep what was published in the window, or was found in it and published at most ``carry`` ago.

    What an editor pinned, or what comes as an update, needs no window.
    """

    def is_new(each: Found) -> bool:
        if each.candidate.pin is not None or each.fact.update is not Update.NO:
            return True
        published_at = each.row.published_at
        if published_at is None or published_at >= now - window:
            return published_at is not None or bool(each.row.first_seen_at >= now - window)
        return bool(each.row.first_seen_at >= now - window and published_at >= now - carry)

    return [each for each in found if each.is_open and is_new(each)]


def _barred(row: sa.Row[Any], asked: Asked) -> str:
    """Return why an article cannot be chosen, or nothing."""
    if row.withdrawn_at is not None:
        return f"withdrawn: {row.withdrawn_why or 'taken back by its publisher'}"
    if row.embargo_ends_at is not None and row.embargo_ends_at > asked.now:
        return f"under embargo until {row.embargo_ends_at:%Y-%m-%d %H:%M} UTC"
    if row.is_held:
        return "held: it came in with what looks like an import"
    mark = asked.marks.get(row.id, Mark())
    if mark.is_blocked:
        return "blocked by an editor"
    # Whoever pins it has seen what it is.
    return "" if mark.pin is not None else barring.excluded(row, asked.newsletter.excluded)


def _candidate(row: sa.Row[Any], mark: Mark, never_lead: str) -> Candidate:
    return Candidate(
        id=row.id,
        title=row.title,
        source=row.source,
        section=row.section,
        published_at=row.published_at,
        first_seen_at=row.first_seen_at,
        votes=row.votes,
        comments=row.comments,
        position=row.position,
        recommendations=row.recommendations,
        is_featured=row.is_featured,
        boost=mark.boost,
        pin=mark.pin,
        form=barring.form_here(row, never_lead),
    )


def _coverage(rows: Iterable[sa.Row[Any]], story_of: Mapping[int, int]) -> dict[int, int]:
    """Return in how many sources each story is."""
    sources_in: dict[int, set[int]] = {}
    for row in rows:
        sources_in.setdefault(story_of[row.id], set()).add(row.source_id)
    return {story: len(sources) for story, sources in sources_in.items()}


def _tastes(connection: sa.Connection, newsletter_id: int) -> dict[tuple[str, str], float]:
    query = sa.select(taste.c.kind, taste.c.name, taste.c.value).where(taste.c.newsletter_id == newsletter_id)
    return {(kind, name): value for kind, name, value in connection.execute(query)}


def _taste(tastes: Mapping[tuple[str, str], float], row: sa.Row[Any]) -> float | None:
    """Return how much readers follow its section and source, from 0 to 1; None where neither is known."""
    keys = ((TasteKind.SECTION, row.section), (TasteKind.SOURCE, row.source))
    known = [min(1.0, max(0.0, tastes[key])) for key in keys if key in tastes]
    return sum(known) / len(known) if known else None


def background_of(connection: sa.Connection) -> Background:
    """Return how common each word is in the latest headlines of all sources."""
    latest = (
        sa.select(article.c.title).order_by(article.c.first_seen_at.desc(), article.c.id).limit(MOST_HEADLINES)
    )
    return Background.of(connection.execute(latest).scalars())
