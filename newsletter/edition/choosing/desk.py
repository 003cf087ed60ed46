"""What an editor looks at before an edition goes out: the next one's date, and today's candidates."""

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.edition.choosing.candidate import Ranked
from newsletter.edition.choosing.choose import Choice
from newsletter.edition.choosing.marks import Mark, marks_of
from newsletter.edition.choosing.outlook import choose_for
from newsletter.edition.plan import EditionRequest, find_planned
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition, get_edition
from newsletter.edition.tables import EditionKind
from newsletter.publication.calendar import edition_due_at, next_send_date
from newsletter.publication.newsletters import Newsletter

_UNSENT = frozenset({EditionState.PLANNED, EditionState.GATHERING, EditionState.READY})
_MOST = 200
"""Candidates shown: nobody reads further down, and all of them are in the run."""


def next_edition_on(connection: sa.Connection, newsletter: Newsletter, now: datetime) -> date:
    """Return the date of the next edition that can still change: today's while it has not begun to go out."""
    on = next_send_date(newsletter, now.astimezone(newsletter.timezone).date())
    while not _can_change(connection, newsletter, on, now):
        on = next_send_date(newsletter, on + timedelta(days=1))
    return on


def _can_change(connection: sa.Connection, newsletter: Newsletter, on: date, now: datetime) -> bool:
    known = find_planned(connection, newsletter.id, on.isoformat())
    if known is not None:
        return get_edition(connection, known).state in _UNSENT
    # A date whose hour went by without an edition has none any more, unless somebody asks for it.
    return not newsletter.scheduled or edition_due_at(newsletter, on) >= now


def supposed_edition(newsletter: Newsletter, on: date, now: datetime) -> Edition:
    """Return the newsletter's own edition of a date as if it were there: for trials, and never stored."""
    request = EditionRequest(newsletter.id, on, now, "trial", sends_when_ready=False)
    return Edition(
        id=0,
        newsletter_id=newsletter.id,
        slug=newsletter.slug,
        key=request.key,
        edition_on=on,
        state=EditionState.GATHERING,
        reason="",
        notes=[],
        kind=EditionKind.DIGEST,
        article_id=None,
        requested_by=request.requested_by,
        sends_when_ready=False,
        source_ids=None,
        subscription_ids=None,
        subject="",
        content_hash="",
        due_at=now,
        created_at=now,
        gathering_at=None,
        rechecked_at=None,
        ready_at=None,
        sending_at=None,
        finished_at=None,
    )


def outlook(connection: sa.Connection, newsletter: Newsletter, on: date, now: datetime) -> dict[str, Any]:
    """Return an edition as it would be chosen now: every candidate with its place or what keeps it out."""
    choice = choose_for(connection, supposed_edition(newsletter, on, now), now)
    marks = marks_of(connection, newsletter.id, on)
    return {"date": on, "articles": told_of(choice, marks)[:_MOST], "notes": list(choice.notes)}


def told_of(choice: Choice, marks: dict[int, Mark]) -> list[dict[str, Any]]:
    """Return each candidate of a choice: the chosen in their places, then the others, best first."""
    decision = choice.decision
    places = {each.candidate.id: place for place, each in enumerate(decision.picked, start=1)}
    ranked = sorted(
        decision.ranked, key=lambda each: (places.get(each.candidate.id, len(places) + 1), -each.points)
    )
    barred = [Ranked(each.candidate, 0.0, {}, "") for each in choice.facts if each.barred]
    return [
        {
            "id": each.candidate.id,
            "place": places.get(each.candidate.id),
            "title": each.candidate.title,
            "source": each.candidate.source,
            "section": each.candidate.section,
            "points": each.points,
            "parts": each.parts,
            "why": each.why,
            "left_out": decision.left_out.get(each.candidate.id, ""),
            "marks": _told_marks(marks.get(each.candidate.id, Mark())),
        }
        for each in (*ranked, *barred)
    ]


def _told_marks(mark: Mark) -> list[str]:
    """Return an article's marks in words."""
    told = [f"pinned to place {mark.pin}"] if mark.pin is not None else []
    told += [f"{mark.boost:+d} points"] if mark.boost else []
    told += ["blocked"] if mark.is_blocked else []
    return told + (["may come once more"] if mark.allows_update else [])
