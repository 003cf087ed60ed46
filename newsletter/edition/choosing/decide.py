"""The decision itself: from facts to places. Pure, so that a stored run can be taken once more.

Whoever asks why an article is in, or out, is answered from here: every candidate has a place or a reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.edition.choosing.candidate import Candidate, Ranked
from newsletter.edition.choosing.pick import Limits, pick
from newsletter.edition.choosing.ranking import Weights, rank
from newsletter.gather.article import Genre
from newsletter.publication.newsletters import NewsletterSettings

_MOST_NAMED = 3
"""Headlines that a note spells out; the run has them all."""


class Update(StrEnum):
    """Why an article that was sent may come once more: not at all, by the rule, or on an editor's word."""

    NO = ""
    RULE = "rule"
    EDITOR = "editor"


@dataclass(frozen=True, slots=True)
class Fact:
    """All that choosing reads of one article. ``barred`` says why it cannot be chosen; empty where it can."""

    candidate: Candidate
    genre: Genre
    update: Update = Update.NO
    barred: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided: the two parts in their order, everything that was ranked, and why the rest is out."""

    top_stories: tuple[Ranked, ...]
    blog_posts: tuple[Ranked, ...]
    ranked: tuple[Ranked, ...]
    left_out: dict[int, str]
    notes: tuple[str, ...]

    @property
    def picked(self) -> tuple[Ranked, ...]:
        """Both parts, the lead first."""
        return self.top_stories + self.blog_posts


def decide(facts: Iterable[Fact], settings: NewsletterSettings, now: datetime) -> Decision:
    """Give the places of an edition to the articles that deserve them."""
    facts = sorted(facts, key=lambda each: each.candidate.id)
    left_out = {each.candidate.id: each.barred for each in facts if each.barred}
    weights, told, notes = Weights.from_settings(settings), set[int](), list[str]()
    everything: list[Ranked] = []
    everybody = [each.candidate for each in facts if not each.barred]
    parts: dict[Genre, tuple[Ranked, ...]] = {}
    for genre, size in ((Genre.NEWS, settings.top_stories), (Genre.BLOG, settings.blog_posts)):
        open_ones = [each for each in facts if each.genre is genre and not each.barred]
        ranked = rank([each.candidate for each in open_ones], now, weights, everybody)
        everything += ranked
        low = _low_updates(ranked, open_ones)
        left_out |= dict.fromkeys(low, "it changed, but is not in the upper half of today's")
        told_before = {each.candidate.id for each in ranked if each.candidate.story in told} - low.keys()
        left_out |= dict.fromkeys(told_before, "its story is told among the top stories")
        free = [each for each in ranked if each.candidate.id not in low and each.candidate.id not in told_before]
        limits = Limits(
            size=size,
            max_per_source=settings.max_per_source,
            section_share=settings.section_share,
            likeness_penalty=settings.likeness_penalty,
            # Without a top story the first blog post leads the edition.
            has_lead=not any(parts.values()),
        )
        picked = pick(free, limits)
        told |= {each.candidate.story for each in picked} - {0}
        reasons = _reasons(free, picked, limits)
        left_out |= reasons
        notes += _notes(genre, limits, free, picked, reasons)
        parts[genre] = tuple(picked)
    return Decision(parts[Genre.NEWS], parts[Genre.BLOG], tuple(everything), left_out, tuple(notes))


def _low_updates(ranked: Sequence[Ranked], facts: Iterable[Fact]) -> dict[int, None]:
    """Return the articles that may come once more by the rule alone, and do not rank high enough for that."""
    by_rule = {each.candidate.id for each in facts if each.update is Update.RULE and each.candidate.pin is None}
    lower = ranked[(len(ranked) + 1) // 2 :]
    return {each.candidate.id: None for each in lower if each.candidate.id in by_rule}


SOURCE_LIMIT, SECTION_LIMIT = "max_per_source", "section_share"


def _reasons(ranked: Sequence[Ranked], picked: Sequence[Ranked], limits: Limits) -> dict[int, str]:
    """Say of each that has no place what kept it out."""
    chosen = {each.candidate.id for each in picked}
    is_alone = len({each.candidate.source for each in ranked}) == 1
    most = limits.size if is_alone else limits.max_per_source
    return {
        each.candidate.id: _why_out(each, picked, limits, most)
        for each in ranked
        if each.candidate.id not in chosen
    }


def _why_out(ranked: Ranked, picked: Sequence[Ranked], limits: Limits, most: int) -> str:
    candidate = ranked.candidate
    places = {each.candidate.story: place for place, each in enumerate(picked, start=1) if each.candidate.story}
    if candidate.story in places:
        return f"its story is told in place {places[candidate.story]}"
    if len(picked) >= limits.size and not _is_better(ranked, picked):
        return "fewer points than those with a place"
    of_source = [each for each in picked if each.candidate.source == candidate.source]
    if len(of_source) >= most and not _is_better(ranked, of_source):
        return f"{SOURCE_LIMIT}: {candidate.source} has its {most}"
    of_section = [each for each in picked if candidate.section and each.candidate.section == candidate.section]
    if len(of_section) >= limits.max_per_section and not _is_better(ranked, of_section):
        return f"{SECTION_LIMIT}: {candidate.section} has its {limits.section_share} %"
    if not candidate.can_lead and not picked:
        return f"{candidate.form}: it may not lead, and nothing else is there to"
    return "too like what has a place"


def _is_better(ranked: Ranked, picked: Iterable[Ranked]) -> bool:
    """Whether it has more points than one of those that were picked for their points."""
    return any(ranked.points > each.points for each in picked if each.candidate.pin is None)


def _notes(
    genre: Genre, limits: Limits, ranked: Sequence[Ranked], picked: Sequence[Ranked], reasons: dict[int, str]
) -> list[str]:
    """Tell what a limit kept out, and where places stay empty because of one."""
    notes = []
    for limit in (SOURCE_LIMIT, SECTION_LIMIT):
        kept = [each for each in ranked if reasons.get(each.candidate.id, "").startswith(f"{limit}:")]
        stories = {each.candidate.story for each in kept}
        if kept and len(picked) < limits.size:
            notes.append(
                f"{len(picked)} of {limits.size} places for {genre} are filled; {limit} keeps {len(stories)} out."
            )
        elif kept:
            named = ", ".join(f"“{each.candidate.title}”" for each in kept[:_MOST_NAMED])
            more = f" and {len(kept) - _MOST_NAMED} more" if len(kept) > _MOST_NAMED else ""
            notes.append(f"{limit} keeps out of the {genre} places: {named}{more}.")
    return notes
