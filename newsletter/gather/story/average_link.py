"""Average-link grouping of many short texts without comparing each with each.

The mean likeness of two groups is the product of their summed vectors over the product of their sizes, so no table
of pairs is kept. Two groups can only join where some pair reaches the cut itself; such pairs are found through the
stems that both have among their rarest, as in prefix filtering (Bayardo, Ma, Srikant: Scaling Up All Pairs
Similarity Search, 2007). The result is that of comparing all pairs, save by chance.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

from newsletter.gather.story.likeness import Vector

Pair = tuple[int, int]

LEAST_IN_COMMON = 2
_LEFT_OUT = 2 / 3
"""The share of the cut that stems not looked up may add: more finds more pairs in vain, less looks up more."""


def average_link(
    vectors: Mapping[int, Vector], cut: float, is_barred: Callable[[int, int], bool]
) -> list[list[int]]:
    """Join the two most alike groups while their mean likeness is at least ``cut``; return the groups.

    Two numbers for which ``is_barred`` holds are never in one group, though each may be in one with a third.
    Equals are settled by number, so the groups do not depend on the order of ``vectors``.
    """
    groups = _Groups({number: [number] for number in sorted(vectors)}, {n: dict(v) for n, v in vectors.items()})
    for (one, other), alike in alike_pairs(vectors, cut).items():
        if is_barred(one, other):
            groups.bar(one, other)
        else:
            groups.link(one, other, alike)
    while groups.heap:
        alike, one, other = heapq.heappop(groups.heap)
        if groups.links.get(one, {}).get(other) == -alike:
            groups.join(one, other, cut)
    return sorted(groups.members.values())


def alike_pairs(vectors: Mapping[int, Vector], cut: float) -> dict[Pair, float]:
    """Return the likeness of every two vectors that reach the cut, the lower number first.

    One stem in common is chance, however rare it is: two are asked for, or all of the shorter text's.
    """
    commonness = Counter(stem for vector in vectors.values() for stem in vector)
    heaviest: dict[str, float] = defaultdict(float)
    for vector in vectors.values():
        for stem, weight in vector.items():
            heaviest[stem] = max(heaviest[stem], weight)
    holders: dict[str, list[tuple[int, float]]] = defaultdict(list)
    pairs, slack = {}, dict[int, float]()
    for number in sorted(vectors):
        vector = vectors[number]
        rarest, slack[number] = _deciding(vector, cut, commonness, heaviest)
        shared: dict[int, float] = defaultdict(float)
        for stem in rarest:
            weight = vector[stem]
            for other, its_weight in holders[stem]:
                shared[other] += weight * its_weight
            holders[stem].append((number, weight))
        for other, sure in shared.items():
            if sure + max(slack[number], slack[other]) >= cut:
                alike = _alike(vector, vectors[other])
                if alike >= cut:
                    pairs[other, number] = alike
    return pairs


def _alike(one: Vector, other: Vector) -> float:
    """Return the likeness, 0 where it is by chance."""
    common = [stem for stem in one if stem in other]
    if len(common) < min(LEAST_IN_COMMON, len(one), len(other)):
        return 0.0
    return sum([one[stem] * other[stem] for stem in common])


def _deciding(
    vector: Vector, cut: float, commonness: Mapping[str, int], heaviest: Mapping[str, float]
) -> tuple[Sequence[str], float]:
    """Return the rarest stems, and the most that all the others together can add to a likeness: less than the cut.

    Two texts that are alike share one of these stems; the others, which many texts have, need not be looked up.
    """
    rarest_first = sorted(vector, key=lambda stem: (commonness[stem], stem))
    kept, squares, products, slack = len(rarest_first), 0.0, 0.0, 0.0
    for stem in reversed(rarest_first):
        squares += vector[stem] ** 2
        products += vector[stem] * heaviest[stem]
        most = min(sqrt(squares), products)
        if most >= cut * _LEFT_OUT:
            break
        kept, slack = kept - 1, most
    return rarest_first[:kept], slack


@dataclass(slots=True)
class _Groups:
    """Groups by the number of their first member, with the likeness of those that may still join."""

    members: dict[int, list[int]]
    sums: dict[int, dict[str, float]]
    links: dict[int, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    barred: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    heap: list[tuple[float, int, int]] = field(default_factory=list)

    def bar(self, one: int, other: int) -> None:
        self.barred[one].add(other)
        self.barred[other].add(one)

    def link(self, one: int, other: int, alike: float) -> None:
        one, other = min(one, other), max(one, other)
        self.links[one][other] = self.links[other][one] = alike
        heapq.heappush(self.heap, (-alike, one, other))

    def join(self, one: int, other: int, cut: float) -> None:
        """Put ``other``, the higher, into ``one``, and weigh their common neighbours anew."""
        neighbours = (self.links.pop(one).keys() | self.links.pop(other).keys()) - {one, other}
        self.members[one] = sorted(self.members[one] + self.members.pop(other))
        for stem, weight in self.sums.pop(other).items():
            self.sums[one][stem] = self.sums[one].get(stem, 0.0) + weight
        for each in self.barred.pop(other, set()):
            self.barred[each].discard(other)
            self.bar(one, each)
        for each in sorted(neighbours):
            self.links[each].pop(one, None)
            self.links[each].pop(other, None)
            if each not in self.barred[one]:
                alike = self._mean(one, each)
                if alike >= cut:
                    self.link(one, each, alike)

    def _mean(self, one: int, other: int) -> float:
        few, many = sorted((self.sums[one], self.sums[other]), key=len)
        product = sum(weight * many[stem] for stem, weight in few.items() if stem in many)
        return product / (len(self.members[one]) * len(self.members[other]))
