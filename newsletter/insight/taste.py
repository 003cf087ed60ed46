"""What a newsletter's readers like to read, learnt from what they followed: by section and by source.

A click says as much about the place as about the article, so clicks are counted against those that the place has
had on average. What is learnt is of the newsletter as a whole and never of a reader, and old clicks count less.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.edition.tables import EditionKind, TasteKind, edition, edition_article, edition_link, taste
from newsletter.gather.tables import article
from newsletter.insight.tables import click
from newsletter.publication.tables import newsletter

HALF_LIFE = timedelta(days=90)
LOOK_BACK = 4 * HALF_LIFE
PRIOR = 3.0
"""Clicks that are thought to have come as expected before any came: little is learnt from few."""

PAUSE = timedelta(hours=20)
"""Taste is learnt once a day."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An article at its place in an edition, ``age`` ago, and the readers who followed it."""

    edition_id: int
    place: int
    age: timedelta
    clicks: int
    section: str
    source: str


def learn(shown: Sequence[Shown]) -> dict[tuple[TasteKind, str], float]:
    """Return how much each section and source is liked: 0.5 as much as its places promise, 1 much more. Pure."""
    by_place: dict[int, float] = defaultdict(float)
    by_edition: dict[int, float] = defaultdict(float)
    for each in shown:
        by_place[each.place] += _weight(each) * each.clicks
        by_edition[each.edition_id] += each.clicks
    total = sum(by_place.values())
    if not total:
        return {}
    seen: dict[tuple[TasteKind, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for each in shown:
        weight = _weight(each)
        expected = by_edition[each.edition_id] * by_place[each.place] / total
        for key in ((TasteKind.SECTION, each.section), (TasteKind.SOURCE, each.source)):
            if key[1]:
                seen[key][0] += weight * each.clicks
                seen[key][1] += weight * expected
    ratios = {key: (had + PRIOR) / (expected + PRIOR) for key, (had, expected) in seen.items()}
    return {key: round(ratio / (1 + ratio), 4) for key, ratio in ratios.items()}


def learn_tastes(connection: sa.Connection, now: datetime) -> None:
    """Learn anew for every newsletter that tracks clicks and has not learnt for most of a day."""
    learnt_at = sa.select(sa.func.max(taste.c.learnt_at)).where(taste.c.newsletter_id == newsletter.c.id)
    is_fresh = sa.func.coalesce(learnt_at.scalar_subquery() > now - PAUSE, sa.false())
    due = sa.select(newsletter.c.id).where(newsletter.c.track_clicks, ~is_fresh)
    for newsletter_id in connection.execute(due).scalars().all():
        tastes = learn(_shown(connection, newsletter_id, now))
        connection.execute(sa.delete(taste).where(taste.c.newsletter_id == newsletter_id))
        if tastes:
            connection.execute(
                sa.insert(taste),
                [
                    {"newsletter_id": newsletter_id, "kind": kind, "name": name, "value": value, "learnt_at": now}
                    for (kind, name), value in tastes.items()
                ],
            )


def _weight(shown: Shown) -> float:
    return float(2 ** (-(shown.age / HALF_LIFE)))


def _shown(connection: sa.Connection, newsletter_id: int, now: datetime) -> list[Shown]:
    """Return every article that was sent lately, with its readers; what machines followed is left out."""
    followed = sa.and_(
        click.c.edition_id == edition_link.c.edition_id,
        click.c.number == edition_link.c.number,
        ~click.c.automatic,
    )
    columns = (edition.c.id, edition_article.c.place, edition.c.ready_at)
    names = (article.c.section, edition_article.c.source)
    query = (
        sa.select(*columns, sa.func.count(click.c.subscription_id.distinct()).label("clicks"), *names)
        .join(edition_article, edition_article.c.edition_id == edition.c.id)
        .join(article, article.c.id == edition_article.c.article_id)
        .outerjoin(
            edition_link,
            sa.and_(edition_link.c.edition_id == edition.c.id, edition_link.c.url == edition_article.c.url),
        )
        .outerjoin(click, followed)
        # Ready is dated once; a sending may begin again for readers who join later.
        .where(edition.c.newsletter_id == newsletter_id, edition.c.sending_at.is_not(None))
        # What stands alone was followed for want of anything else.
        .where(edition.c.kind != EditionKind.BREAKING)
        .where(edition.c.ready_at > now - LOOK_BACK)
        .group_by(*columns, *names)
    )
    return [
        Shown(row.id, row.place, now - row.ready_at, row.clicks, row.section, row.source)
        for row in connection.execute(query)
    ]
