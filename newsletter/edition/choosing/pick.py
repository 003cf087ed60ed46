"""Which ranked articles get a place: an editor's pins, then the best that are not more of the same.

One a story, few a source, no section that crowds out the others, and of two near subjects the second only if it is
much better: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998). Rules decide who has a place; the
points decide the order, so that the lead is the best of the day that may lead.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil

from newsletter.edition.choosing.candidate import Ranked
from newsletter.gather.story.likeness import Background, Vector, likeness
from newsletter.gather.story.stems import Stems


@dataclass(frozen=True, slots=True)
class Limits:
    """How many places there are and how many of them what may have.

    ``section_share`` is in percent of the places, rounded up, and holds while other sections can fill them.
    ``likeness_penalty`` from 0 to 1 is what likeness weighs against points: at 0.3 an article is chosen by
    0.7 × points − 0.3 × 100 × its greatest likeness to those already chosen. With ``has_lead`` the first place is
    the edition's, for which not every form will do.
    """

    size: int
    max_per_source: int = 2
    section_share: int = 40
    likeness_penalty: float = 0.3
    has_lead: bool = True

    @property
    def max_per_section(self) -> int:
        """The places that one section may have while others wait."""
        return ceil(self.size * self.section_share / 100)


def pick(ranked: Sequence[Ranked], limits: Limits, background: Background | None = None) -> list[Ranked]:
    """Take the best articles in the order of their places.

    A pin takes its place whatever the rules say, the next free one if it is taken, the last if there is no such
    place; the rules count it. A source that stands alone may have every place. What cannot lead never does, save
    as a pin: where nothing else is there, no place is filled.
    """
    able = [each for each in ranked if not each.candidate.is_blocked]
    is_alone = len({each.candidate.source for each in able}) == 1
    most = limits.size if is_alone else limits.max_per_source
    pinned = _pinned(able, limits.size)
    choice = _Choice(limits, most, background or Background.built_in())
    for each in pinned.values():
        choice.take(each)
    rest = [each for each in able if each.candidate.id not in choice.ids]
    needs_lead = limits.has_lead and 1 not in pinned
    if needs_lead:
        choice.fill(rest, min(limits.size, len(choice.taken) + 1), lambda each: each.candidate.can_lead)
        if len(choice.taken) == len(pinned) < limits.size:
            return list(pinned.values())
    choice.fill(rest, limits.size, choice.is_in_share)
    choice.fill(rest, limits.size, lambda _: True)
    chosen = [each for each in rest if each.candidate.id in choice.ids]
    return _placed(pinned, chosen, needs_lead=needs_lead)


def also_in(chosen: Ranked, ranked: Iterable[Ranked], most: int = 3) -> list[Ranked]:
    """Return the other sources' articles on the same story, best first, one for each source."""
    seen = {chosen.candidate.source}
    others = []
    for each in ranked:
        if each.candidate.story == chosen.candidate.story and each.candidate.source not in seen:
            seen.add(each.candidate.source)
            others.append(each)
    return others[:most]


def _pinned(ranked: Iterable[Ranked], size: int) -> dict[int, Ranked]:
    """Return the pinned articles by place, in the order of places."""
    wanting = sorted(
        (each for each in ranked if each.candidate.pin), key=lambda each: (each.candidate.pin, -each.points)
    )
    places: dict[int, Ranked] = {}
    for each in wanting:
        wanted = min(each.candidate.pin or 1, size)
        free = [place for place in (*range(wanted, size + 1), *range(wanted - 1, 0, -1)) if place not in places]
        if free:
            places[free[0]] = each
    return dict(sorted(places.items()))


def _placed(pinned: dict[int, Ranked], chosen: list[Ranked], *, needs_lead: bool) -> list[Ranked]:
    """Put the chosen, best first, into the places that no pin has, one that may lead into the first."""
    waiting = list(chosen)
    if needs_lead:
        lead = next((each for each in waiting if each.candidate.can_lead), None)
        waiting.sort(key=lambda each: each is not lead)
    count = len(pinned) + len(waiting)
    placed = []
    for place in range(1, max([count, *pinned]) + 1):
        if place in pinned:
            placed.append(pinned[place])
        elif waiting:
            placed.append(waiting.pop(0))
    return placed


@dataclass(slots=True)
class _Choice:
    """Who has a place so far, and what that leaves to the others."""

    limits: Limits
    max_per_source: int
    background: Background
    taken: list[Ranked] = field(default_factory=list)
    ids: set[int] = field(default_factory=set)
    stories: set[int] = field(default_factory=set)
    sources: Counter[str] = field(default_factory=Counter)
    sections: Counter[str] = field(default_factory=Counter)
    _stems: Stems = field(default_factory=Stems)
    _vectors: dict[int, Vector] = field(default_factory=dict)

    def take(self, ranked: Ranked) -> None:
        candidate = ranked.candidate
        self.taken.append(ranked)
        self.ids.add(candidate.id)
        self.stories |= {candidate.story} - {0}
        self.sources[candidate.source] += 1
        self.sections[candidate.section] += 1

    def fill(self, ranked: Sequence[Ranked], size: int, is_wanted: Callable[[Ranked], bool]) -> None:
        """Take the best of those wanted, one after another, until ``size`` are taken or none is left."""
        while len(self.taken) < size:
            best = self._best(ranked, is_wanted)
            if best is None:
                break
            self.take(best)

    def is_in_share(self, ranked: Ranked) -> bool:
        section = ranked.candidate.section
        return not section or self.sections[section] < self.limits.max_per_section

    def _best(self, ranked: Sequence[Ranked], is_wanted: Callable[[Ranked], bool]) -> Ranked | None:
        penalty = self.limits.likeness_penalty
        best, most = None, 0.0
        for each in ranked:
            if best is not None and (1 - penalty) * each.points <= most:
                break  # the ranking falls, and likeness only takes away
            if self._is_open(each) and is_wanted(each):
                worth = (1 - penalty) * each.points - penalty * 100 * self._likeness(each)
                if best is None or worth > most:
                    best, most = each, worth
        return best

    def _is_open(self, ranked: Ranked) -> bool:
        candidate = ranked.candidate
        is_told = candidate.id in self.ids or candidate.story in self.stories
        return not is_told and self.sources[candidate.source] < self.max_per_source

    def _likeness(self, ranked: Ranked) -> float:
        if not self.limits.likeness_penalty:
            return 0.0
        own = self._vector(ranked)
        return max((likeness(self._vector(each), own) for each in self.taken), default=0.0)

    def _vector(self, ranked: Ranked) -> Vector:
        candidate = ranked.candidate
        if candidate.id not in self._vectors:
            stems = self._stems.of(candidate.text or candidate.title)
            self._vectors[candidate.id] = self.background.vector(stems)
        return self._vectors[candidate.id]
