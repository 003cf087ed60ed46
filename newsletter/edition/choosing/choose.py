"""From candidates to a selection: the window, the decision, and what a reader is shown of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from newsletter.edition.choosing.candidate import Ranked
from newsletter.edition.choosing.candidates import Found, in_window
from newsletter.edition.choosing.decide import Decision, Fact, Update, decide
from newsletter.edition.choosing.pick import also_in
from newsletter.edition.rendering.selection import AlsoIn, ChosenArticle, Correction, Selection
from newsletter.publication.newsletters import Newsletter

WIDER = (timedelta(hours=48), timedelta(days=7), None)
"""Windows to try in turn when a first edition would be too thin; None takes everything."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen from how many unsent stories, and what a person should know about how.

    ``facts`` are all that was looked at: the same decision can be taken from them again.
    """

    selection: Selection
    unsent: int
    notes: tuple[str, ...]
    facts: tuple[Fact, ...]
    decision: Decision

    def with_notes(self, notes: Iterable[str]) -> "Choice":
        """Return the same choice with more to know about it."""
        return replace(self, notes=(*self.notes, *notes))


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back an edition looks; ``may_widen`` lets a first edition reach back beyond the window."""

    window: timedelta
    may_widen: bool = False


def choose(
    found: Sequence[Found],
    newsletter: Newsletter,
    now: datetime,
    reach: Reach,
    corrections: tuple[Correction, ...] = (),
) -> Choice:
    """Choose an edition's articles."""
    fresh, notes = _fresh(found, newsletter, now, reach)
    decision = decide((each.fact for each in fresh), newsletter, now)
    by_id = {each.candidate.id: each for each in found}
    beside = _beside(found, decision)
    selection = Selection(
        tuple(_chosen(each, beside, by_id) for each in decision.top_stories),
        tuple(_chosen(each, beside, by_id) for each in decision.blog_posts),
        corrections,
    )
    # Three articles on one event fill one place.
    unsent = _open(fresh)
    facts = tuple(each.fact for each in fresh)
    return Choice(selection, unsent, (*notes, *decision.notes), facts, decision)


def _fresh(
    found: Sequence[Found], newsletter: Newsletter, now: datetime, reach: Reach
) -> tuple[list[Found], tuple[str, ...]]:
    """Return what is new enough, and a note where the window was widened for it."""
    carry = timedelta(hours=newsletter.carry_hours)
    fresh = in_window(found, reach.window, now, carry)
    notes: tuple[str, ...] = ()
    for wider in WIDER if reach.may_widen else ():
        if _open(fresh) >= newsletter.min_articles:
            break
        more = [each for each in found if each.is_open] if wider is None else in_window(found, wider, now, carry)
        if _open(more) > _open(fresh):
            told = "everything there is" if wider is None else f"{wider // timedelta(hours=1)} h"
            hours = reach.window // timedelta(hours=1)
            fresh, notes = more, (f"Too little was published in {hours} h, so {told} counts.",)
    return fresh, notes


def _open(found: Iterable[Found]) -> int:
    return len({each.candidate.story for each in found if not each.fact.barred})


def _beside(found: Sequence[Found], decision: Decision) -> list[Ranked]:
    """Return all that may be named beside a story: what was ranked, best first, then what is older."""
    ranked = {each.candidate.id for each in decision.ranked}
    older = [each for each in found if each.candidate.id not in ranked and not each.fact.barred]
    return [*decision.ranked, *(Ranked(each.candidate, 0.0, {}, "") for each in older)]


def _chosen(ranked: Ranked, beside: Sequence[Ranked], by_id: Mapping[int, Found]) -> ChosenArticle:
    found = by_id[ranked.candidate.id]
    row = found.row
    return ChosenArticle(
        article_id=row.id,
        title=row.title,
        url=row.url,
        summary=row.summary,
        section=row.section,
        source=row.source,
        author=row.author,
        published_at=row.published_at,
        image_url=row.image_url,
        image_alt=row.image_alt,
        reasons=ranked.reasons,
        points=ranked.points,
        parts=ranked.parts,
        votes=row.votes,
        also_in=tuple(
            AlsoIn(
                other.candidate.source,
                by_id[other.candidate.id].row.url,
                other.candidate.title,
                other.candidate.id,
            )
            for other in also_in(ranked, beside)
        ),
        language=row.language,
        is_update=found.fact.update is not Update.NO,
        image_credit=row.image_credit,
        words=row.words,
    )
