"""Which articles that were sent may come once more, as an update: by an editor's word, or by the rule.

The rule: the source gave a new date at least six hours after we sent the article, and what readers were told has
changed in substance. It counts for nothing at a source that gives new dates to all that it has. Once at the most.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.edition.choosing.decide import Update
from newsletter.edition.choosing.marks import Mark
from newsletter.edition.tables import sent_article
from newsletter.gather.memory.substance import SentText, changed_substantially, lead_of, may_be_update, shingles
from newsletter.gather.tables import article, sighting

LOOK_BACK = timedelta(days=7)
"""What was sent longer ago is no update but an old article; an editor may still say otherwise."""


def find_updates(
    connection: sa.Connection,
    newsletter_id: int,
    source_ids: Sequence[int],
    marks: Mapping[int, Mark],
    now: datetime,
) -> dict[int, Update]:
    """Return the articles, sent to all before, that may be sent once more."""
    marked = [article_id for article_id, mark in marks.items() if mark.allows_update]
    rows = _sent_lately(connection, newsletter_id, source_ids, marked, now)
    found = {row.id: Update.EDITOR for row in rows if row.id in marked and row.update_edition_id is None}
    by_source: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if row.sent_at >= now - LOOK_BACK:
            by_source[row.source_id].append(row)
    for of_source in by_source.values():
        touched = [row for row in of_source if row.updated_at is not None and row.updated_at > row.sent_at]
        changed = [row for row in touched if _has_changed(row)]
        if 2 * (len(touched) - len(changed)) > len(of_source):
            continue
        for row in changed:
            if may_be_update(row.sent_at, row.updated_at) and row.update_edition_id is None:
                found.setdefault(row.id, Update.RULE)
    return found


def text_of(title: str, summary: str, body: str) -> SentText:
    """Return what readers are told of an article, in the form that a later change is measured against."""
    # A body that was not known then is not another one now.
    return SentText(title, lead_of(summary or body), shingles(body))


def _has_changed(row: Any) -> bool:
    before = SentText(row.sent_title, row.sent_lead, tuple(row.sent_shingles))
    # What was sent before anything was kept of it cannot be compared.
    return bool(row.sent_title) and changed_substantially(before, text_of(row.title, row.summary, row.body))


def _sent_lately(
    connection: sa.Connection,
    newsletter_id: int,
    source_ids: Sequence[int],
    marked: Sequence[int],
    now: datetime,
) -> list[Any]:
    listed_by = (
        sa.select(sa.func.min(sighting.c.source_id))
        .where(sighting.c.article_id == article.c.id, sighting.c.source_id.in_(source_ids))
        .scalar_subquery()
    )
    query = (
        sa.select(
            *(article.c.id, article.c.title, article.c.summary, article.c.body, article.c.updated_at),
            *(sent_article.c.sent_at, sent_article.c.update_edition_id),
            sent_article.c.title.label("sent_title"),
            sent_article.c.lead.label("sent_lead"),
            sent_article.c.shingles.label("sent_shingles"),
            listed_by.label("source_id"),
        )
        .join(article, article.c.id == sent_article.c.article_id)
        .where(
            sent_article.c.newsletter_id == newsletter_id,
            ~sent_article.c.for_named_readers,
            sa.or_(sent_article.c.sent_at >= now - LOOK_BACK, sent_article.c.article_id.in_(marked)),
        )
        .order_by(article.c.id)
    )
    return [row for row in connection.execute(query) if row.source_id is not None]
