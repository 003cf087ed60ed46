"""What a person should know of how an edition was chosen: sources that failed, articles held, pins in vain."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.edition.choosing.candidates import Asked, Found
from newsletter.edition.choosing.choose import Choice
from newsletter.edition.choosing.marks import Mark
from newsletter.gather.tables import SourceState, article, source


def notes_on(
    connection: sa.Connection, asked: Asked, found: Sequence[Found], choice: Choice, since: datetime
) -> tuple[str, ...]:
    """Return the notes, the gravest first. ``since`` is where the edition's window begins."""
    return (
        *_of_sources(connection, asked.source_ids, since),
        *_of_held(found, since),
        *_of_pins(connection, asked, found, choice),
    )


def _of_sources(connection: sa.Connection, source_ids: Sequence[int], since: datetime) -> list[str]:
    query = sa.select(source).where(source.c.id.in_(source_ids)).order_by(source.c.id)
    told = []
    for row in connection.execute(query):
        name = row.title or row.url
        if row.state == SourceState.GONE:
            told.append(f"{name} is gone for good: it is not read any more.")
        elif row.failures:
            times = "once" if row.failures == 1 else f"{row.failures} times in a row"
            told.append(f"{name} failed {times}: {row.last_error}")
        if row.lost_at is not None and row.lost_at >= since:
            told.append(
                f"{name} listed only new articles at {row.lost_at:%Y-%m-%d %H:%M} UTC: some may have been lost."
            )
    return told


def _of_held(found: Sequence[Found], since: datetime) -> list[str]:
    held = Counter(each.row.source for each in found if each.row.is_held and each.row.first_seen_at >= since)
    return [
        f"{count} article{'' if count == 1 else 's'} of {name} held: it looks like an import."
        for name, count in sorted(held.items())
    ]


def _of_pins(connection: sa.Connection, asked: Asked, found: Sequence[Found], choice: Choice) -> list[str]:
    """Tell of each pin that was not filled, and why."""
    by_id = {each.candidate.id: each for each in found}
    chosen = {each.article_id for each in choice.selection.articles}
    pins = {number: mark for number, mark in asked.marks.items() if mark.pin is not None and number not in chosen}
    named = sa.select(article.c.id, article.c.title).where(article.c.id.in_(list(pins)))
    titles = {row.id: row.title for row in connection.execute(named)} if pins else {}
    told = []
    for number, mark in sorted(pins.items()):
        why = _why_unfilled(by_id.get(number), mark, choice)
        told.append(f"“{titles[number]}” is pinned to place {mark.pin} and has none: {why}.")
    return told


def _why_unfilled(found: Found | None, mark: Mark, choice: Choice) -> str:
    if found is None:
        return "it is in none of the sources, or dated in the future"
    if found.fact.barred:
        return found.fact.barred
    if not found.is_open:
        return "it was sent already" + ("" if mark.allows_update else "; allow-update lets it come once more")
    return choice.decision.left_out.get(found.candidate.id, "there is no such place in its part")
