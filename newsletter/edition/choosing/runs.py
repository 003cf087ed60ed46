"""Runs: one row for each time an edition's articles were chosen, on trial or for good.

A run keeps what was known and what followed. From its facts and settings the same decision can be taken again, and
two runs can be told apart in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.edition.choosing.choose import Choice
from newsletter.edition.choosing.decide import decide
from newsletter.edition.choosing.facts import (
    decision_to_plain,
    fact_from_plain,
    facts_to_plain,
    settings_from_plain,
    settings_to_plain,
)
from newsletter.edition.tables import edition_run
from newsletter.errors import NotFoundError
from newsletter.publication.newsletters import Newsletter

TRIALS_KEPT = timedelta(days=30)
"""A trial older than this is forgotten at the next one."""

_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Run:
    """A run as stored; ``facts``, ``settings`` and ``outcome`` are plain JSON values."""

    id: int
    newsletter_id: int
    edition_id: int | None
    edition_on: date
    is_trial: bool
    settings: dict[str, Any]
    facts: list[dict[str, Any]]
    outcome: dict[str, Any]
    made_at: datetime

    @property
    def titles(self) -> dict[int, str]:
        """The headlines of all that was looked at, by article."""
        return {each["id"]: each["title"] for each in self.facts}

    @property
    def places(self) -> list[int]:
        """The chosen articles in their order."""
        return [*self.outcome["top_stories"], *self.outcome["blog_posts"]]


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a run was for: a newsletter's edition of a date, ``edition_id`` None for a trial."""

    newsletter: Newsletter
    on: date
    edition_id: int | None
    now: datetime


_COLUMNS = [edition_run.c[name] for name in Run.__dataclass_fields__]


def record_run(connection: sa.Connection, occasion: Occasion, choice: Choice) -> int:
    """Keep a run; return its id."""
    is_trial = occasion.edition_id is None
    if is_trial:
        connection.execute(
            sa.delete(edition_run).where(
                edition_run.c.is_trial, edition_run.c.made_at < occasion.now - TRIALS_KEPT
            )
        )
    told = [each.article_id for each in choice.selection.corrections]
    outcome = {**decision_to_plain(choice.decision), "notes": list(choice.notes), "corrections": told}
    row = (
        sa.insert(edition_run)
        .values(
            newsletter_id=occasion.newsletter.id,
            edition_id=occasion.edition_id,
            edition_on=occasion.on,
            is_trial=is_trial,
            settings=settings_to_plain(occasion.newsletter),
            facts=facts_to_plain(choice.facts),
            outcome=outcome,
            made_at=occasion.now,
        )
        .returning(edition_run.c.id)
    )
    return int(connection.execute(row).scalar_one())


def get_run(connection: sa.Connection, run_id: int) -> Run:
    """Return a run. Raises NotFoundError."""
    row = None
    if run_id <= _LARGEST_ID:
        row = connection.execute(sa.select(*_COLUMNS).where(edition_run.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no run {run_id}.", "`newsletter runs NEWSLETTER` lists them.")
    return Run(*row)


def list_runs(connection: sa.Connection, newsletter_id: int, limit: int = 20) -> list[Run]:
    """Return the latest runs of a newsletter, newest first."""
    query = sa.select(*_COLUMNS).where(edition_run.c.newsletter_id == newsletter_id)
    return [Run(*row) for row in connection.execute(query.order_by(edition_run.c.id.desc()).limit(limit))]


def last_run_of(connection: sa.Connection, edition_id: int) -> Run | None:
    """Return the run that an edition's content was made of, or None for an edition from before runs were kept."""
    query = sa.select(*_COLUMNS).where(edition_run.c.edition_id == edition_id, ~edition_run.c.is_trial)
    row = connection.execute(query.order_by(edition_run.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else Run(*row)


def left_out(connection: sa.Connection, edition_id: int, most: int) -> list[dict[str, Any]]:
    """Return the best of what an edition leaves out: title, source, points and what kept each out."""
    run = last_run_of(connection, edition_id)
    if run is None:
        return []
    points = {each["id"]: each["points"] for each in run.outcome["ranked"]}
    out = [
        {
            "id": each["id"],
            "title": each["title"],
            "source": each.get("source", ""),
            "points": points.get(each["id"], 0.0),
            "left_out": run.outcome["left_out"][str(each["id"])],
        }
        for each in run.facts
        if str(each["id"]) in run.outcome["left_out"]
    ]
    return sorted(out, key=lambda each: (-each["points"], each["id"]))[:most]


def replay(run: Run) -> dict[str, Any]:
    """Take a run's decision once more, from what is stored of it alone; return the outcome as it would be kept."""
    facts = [fact_from_plain(each) for each in run.facts]
    again = decision_to_plain(decide(facts, settings_from_plain(run.settings), run.made_at))
    return {**again, "notes": run.outcome["notes"], "corrections": run.outcome["corrections"]}


def differences(one: Run, other: Run) -> list[str]:
    """Tell in words what changed from one run to the other."""
    titles = {**one.titles, **other.titles}
    before, after = one.places, other.places
    told = [
        f"The setting {name} was {one.settings.get(name)!r} and is {value!r}."
        for name, value in sorted(other.settings.items())
        if one.settings.get(name) != value
    ]
    told += [
        f"Came in at place {after.index(each) + 1}: {_named(each, titles)}{_said(one, each, 'it was out')}."
        for each in after
        if each not in before
    ]
    told += [
        f"Went out from place {before.index(each) + 1}: {_named(each, titles)}{_said(other, each, 'now')}."
        for each in before
        if each not in after
    ]
    for each in after:
        if each in before and before.index(each) != after.index(each):
            places = f"{before.index(each) + 1} to {after.index(each) + 1}"
            told.append(f"Moved from place {places}: {_named(each, titles)}.")
    scores = _scores(one), _scores(other)
    for each in dict.fromkeys([*after, *before]):
        told += _points(_named(each, titles), scores[0].get(each), scores[1].get(each))
    return told


def _named(article_id: int, titles: Mapping[int, str]) -> str:
    return f"“{titles.get(article_id, '?')}” ({article_id})"


def _said(run: Run, article_id: int, when: str) -> str:
    why = run.outcome["left_out"].get(str(article_id))
    if why is None and article_id not in run.titles:
        why = "it was not there to choose"
    return f"; {when}: {why}" if why else ""


def _scores(run: Run) -> dict[int, dict[str, Any]]:
    return {each["id"]: each for each in run.outcome["ranked"]}


def _points(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[str]:
    """Tell whose points changed, and in which part."""
    if before is None or after is None or f"{before['points']:.1f}" == f"{after['points']:.1f}":
        return []
    parts = sorted({*before["parts"], *after["parts"]})
    changed = {part: (before["parts"].get(part, 0.0), after["parts"].get(part, 0.0)) for part in parts}
    told = ", ".join(
        f"{part} {was:.1f} to {now:.1f}" for part, (was, now) in changed.items() if f"{was:.1f}" != f"{now:.1f}"
    )
    points = f"{before['points']:.1f} to {after['points']:.1f} points"
    return [f"{points}: {name} ({told})." if told else f"{points}: {name}."]
