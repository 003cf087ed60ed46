"""How much an article deserves a place today: points out of 100, added up, each with its reason.

A digest is read once a day, so nothing here decays the way a front page does: votes are adjusted for the time
they had to grow (a vote count after ``age`` hours is about ``1 - 2^(-(age + 0.5) / 4)`` of its final value) and
freshness breaks ties. A part for which today's candidates give no data is left out and the others are scaled up
to 100; what an editor or a newsroom says is added to that. Pure: the same candidates at the same ``now`` always
give the same order.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2
from statistics import median

from newsletter.edition.choosing.candidate import Candidate, Ranked
from newsletter.edition.reasons import Reason, ReasonKind
from newsletter.publication.newsletters import NewsletterSettings

__all__ = ["MOST_BOOST", "USUAL", "VOTES_FOR_TRUST", "Candidate", "Ranked", "Weights", "rank"]

VOTES_FOR_TRUST = 30
"""With this many votes in all, popularity has half of its weight; placing takes what it loses."""

MOST_BOOST = 20
"""Points that an editor's boost can add or take at most."""

_HALF_PLACE = 5
"""This many places further down, a place counts half."""

_FULL_COVERAGE = 3
"""Coverage is full at two to this power of sources."""

_NEW_HOURS = 24.0

_AS_EXPECTED = 0.5
"""The taste of what readers follow as often as its places promise; only what has more is liked."""

_REASONS_TOLD = 2


@dataclass(frozen=True, slots=True)
class Weights:
    """What ranking reads of a newsletter's settings: the most points of each part before scaling, half-lives."""

    popularity: float = 70.0
    placing: float = 10.0
    coverage: float = 10.0
    taste: float = 5.0
    freshness: float = 5.0
    featured: float = 10.0
    comment_votes: float = 0.0
    votes_grow_hours: float = 4.0
    freshness_hours: float = 24.0

    @classmethod
    def from_settings(cls, settings: NewsletterSettings) -> "Weights":
        """Read them from a newsletter's settings."""
        return cls(
            settings.popularity_points,
            settings.placing_points,
            settings.coverage_points,
            settings.taste_points,
            settings.freshness_points,
            settings.featured_points,
            settings.comment_votes,
            settings.votes_grow_hours,
            settings.freshness_hours,
        )


USUAL = Weights()


def rank(
    candidates: Sequence[Candidate], now: datetime, weights: Weights = USUAL, among: Sequence[Candidate] = ()
) -> list[Ranked]:
    """Order candidates by points, then by time, then by id, so that a rerun gives the same order.

    ``among`` are others of the same edition: what has fewer votes than one of them is not called the most voted.
    """
    pool = _Pool.of(candidates, now, weights, among)
    ranked = []
    for each in candidates:
        shares = pool.shares(each)
        parts = {name: round(most * shares[name], 3) for name, most in pool.most.items()}
        parts |= {name: value(each) for name, value in pool.extras.items()}
        ranked.append(Ranked.of(each, parts, pool.reasons(each, parts)))
    return sorted(ranked, key=_order)


def _order(ranked: Ranked) -> tuple[float, float, int]:
    moment = ranked.candidate.moment
    return (-ranked.points, -moment.timestamp() if moment else 0.0, ranked.candidate.id)


@dataclass(frozen=True, slots=True)
class _Pool:
    """Today's candidates as a whole: what each is measured against."""

    now: datetime
    weights: Weights
    most: dict[str, float]
    extras: dict[str, Callable[[Candidate], float]]
    middle: float
    top: float
    most_votes: int
    told: Counter[int]
    """With one source only, how many of its articles each story has."""

    @classmethod
    def of(
        cls, candidates: Sequence[Candidate], now: datetime, weights: Weights, among: Sequence[Candidate]
    ) -> "_Pool":
        counted = [each for each in candidates if _votes(each, weights) is not None]
        middle = median([_grown(_votes(each, weights) or 0.0, each, now, weights) for each in counted] or [0.0])
        sources = {each.source for each in candidates}
        is_alone = len(sources) == 1 and "" not in sources
        told = Counter(each.story for each in candidates if is_alone and each.story)
        most = _scaled(_most(candidates, weights))
        extras: dict[str, Callable[[Candidate], float]] = {}
        if any(each.is_featured for each in candidates):
            extras["featured"] = lambda each: weights.featured * each.is_featured
        if any(each.boost for each in candidates):
            extras["editor"] = lambda each: float(max(-MOST_BOOST, min(MOST_BOOST, each.boost)))
        votes = max(map(_own_votes, [*candidates, *among]), default=0)
        bare = cls(now, weights, most, extras, middle, 0.0, votes, told)
        top = max(map(bare.strength, candidates), default=0.0)
        return cls(now, weights, most, extras, middle, top, votes, told)

    def strength(self, candidate: Candidate) -> float:
        """Return the votes it will have in the end; what its source does not count is middling."""
        votes = _votes(candidate, self.weights)
        recommended = _grown(candidate.recommendations, candidate, self.now, self.weights)
        if votes is None:
            return self.middle + recommended
        return _grown(votes, candidate, self.now, self.weights) + recommended

    def shares(self, candidate: Candidate) -> dict[str, float]:
        """Return how much of each part's points it has, from 0 to 1."""
        heard = max(candidate.coverage, self.told[candidate.story])
        age = candidate.age_hours(self.now)
        return {
            "popularity": self.strength(candidate) / self.top if self.top else 0.0,
            "placing": 1 / (1 + (candidate.position - 1) / _HALF_PLACE) if candidate.position else 0.0,
            "coverage": min(1.0, log2(max(1, heard)) / _FULL_COVERAGE),
            "taste": min(1.0, max(0.0, candidate.taste or 0.0)),
            "freshness": 2 ** (-age / self.weights.freshness_hours),
        }

    def reasons(self, candidate: Candidate, parts: dict[str, float]) -> tuple[Reason, ...]:
        """Return an editor's word, then what the largest parts come from; two in all."""
        named = {name: reason for name, reason in self._known(candidate).items() if name in parts}
        largest = sorted((name for name in named if parts[name] > 0), key=lambda name: (-parts[name], name))
        told = [named[name] for name in largest if name != "editor"]
        if candidate.pin or candidate.boost > 0:
            told.insert(0, Reason(ReasonKind.PICKED))
        return tuple(told[:_REASONS_TOLD]) or (Reason(ReasonKind.NEWEST, name=candidate.section),)

    def _known(self, candidate: Candidate) -> dict[str, Reason]:
        """Return the reason behind each part, where there is one to tell."""
        votes, hours = _own_votes(candidate), candidate.age_hours(self.now)
        age = None if candidate.moment is None else timedelta(hours=hours)
        heard, told = candidate.coverage, self.told[candidate.story]
        known = {}
        if votes:
            kind = ReasonKind.MOST_VOTED if votes == self.most_votes else ReasonKind.VOTED
            known["popularity"] = Reason(kind, votes, age)
        elif candidate.comments and self.weights.comment_votes:
            known["popularity"] = Reason(ReasonKind.DISCUSSED, candidate.comments, age)
        if candidate.position:
            known["placing"] = Reason(ReasonKind.PLACED, candidate.position)
        if max(heard, told) > 1:
            is_covered = heard >= told
            kind = ReasonKind.COVERED if is_covered else ReasonKind.FOLLOWED
            known["coverage"] = Reason(kind, heard if is_covered else told)
        if candidate.taste and candidate.taste > _AS_EXPECTED:
            known["taste"] = Reason(ReasonKind.LIKED, name=candidate.section or candidate.source)
        if candidate.is_featured:
            known["featured"] = Reason(ReasonKind.FEATURED)
        if hours < _NEW_HOURS:
            came = ReasonKind.PUBLISHED if candidate.published_at else ReasonKind.FOUND
            known["freshness"] = Reason(came, span=age)
        return known


def _most(candidates: Sequence[Candidate], weights: Weights) -> dict[str, float]:
    """Return each part's most points, leaving out those that nobody's data speaks for."""
    most = {"coverage": weights.coverage, "freshness": weights.freshness}
    votes = sum((_votes(each, weights) or 0.0) + each.recommendations for each in candidates)
    has_placing = any(each.position for each in candidates)
    if votes:
        trust = votes / (votes + VOTES_FOR_TRUST)
        most["popularity"] = weights.popularity * trust
        if has_placing:
            most["placing"] = weights.placing + weights.popularity * (1 - trust)
    elif has_placing:
        most["placing"] = weights.placing
    if any(each.taste for each in candidates):
        most["taste"] = weights.taste
    return most


def _scaled(most: dict[str, float]) -> dict[str, float]:
    total = sum(most.values())
    return {name: value * 100 / total if total else 0.0 for name, value in most.items()}


def _own_votes(candidate: Candidate) -> int:
    return (candidate.votes or 0) + candidate.recommendations


def _votes(candidate: Candidate, weights: Weights) -> float | None:
    """Return what its source counted: votes, and comments at their worth; None where it counted nothing."""
    is_discussed = candidate.comments is not None and weights.comment_votes > 0
    if candidate.votes is None and not is_discussed:
        return None
    return (candidate.votes or 0) + (candidate.comments or 0) * weights.comment_votes


def _grown(votes: float, candidate: Candidate, now: datetime, weights: Weights) -> float:
    grown: float = 1 - 2 ** (-(candidate.age_hours(now) + 0.5) / weights.votes_grow_hours)
    return votes / grown
