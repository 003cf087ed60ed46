"""Average-link grouping, against comparing each with each."""

from collections.abc import Mapping
from itertools import combinations
from math import sqrt

from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.story.average_link import LEAST_IN_COMMON, alike_pairs, average_link
from newsletter.gather.story.likeness import Vector, likeness

TOLERANCE = 1e-9


def of_length_one(weights: dict[str, float]) -> Vector:
    length = sqrt(sum(weight * weight for weight in weights.values()))
    return {stem: weight / length for stem, weight in weights.items()}


vector = st.dictionaries(st.sampled_from("abcdefghij"), st.floats(0.5, 9), max_size=6).map(of_length_one)
vectors = st.dictionaries(st.integers(0, 99), vector, max_size=12)
cuts = st.floats(0.05, 0.9)


def mean(vectors: Mapping[int, Vector], one: list[int], other: list[int]) -> float:
    """Return the mean likeness of two groups, pair by pair."""
    return sum(likeness(vectors[a], vectors[b]) for a in one for b in other) / (len(one) * len(other))


@given(vectors, cuts)
def test_no_alike_pair_is_missed(vectors: dict[int, Vector], cut: float) -> None:
    """What the rare stems find is what comparing each with each finds, with its exact likeness."""
    found = alike_pairs(vectors, cut)
    for one, other in combinations(sorted(vectors), 2):
        alike = likeness(vectors[one], vectors[other])
        common = len(vectors[one].keys() & vectors[other].keys())
        is_chance = common < min(LEAST_IN_COMMON, len(vectors[one]), len(vectors[other]))
        if abs(alike - cut) > TOLERANCE:
            assert (alike > cut and not is_chance) == ((one, other) in found)
    assert all(
        abs(likeness(vectors[one], vectors[other]) - alike) < TOLERANCE for (one, other), alike in found.items()
    )


@given(vectors, cuts)
def test_every_group_grew_by_its_mean(vectors: dict[int, Vector], cut: float) -> None:
    """Every article is in one group; two groups are apart by their mean, or by likeness of chance."""
    groups = average_link(vectors, cut, lambda _one, _other: False)
    assert sorted(vectors) == sorted(number for group in groups for number in group)
    pairs = alike_pairs(vectors, cut)
    for one, other in combinations(groups, 2):
        across = [(min(a, b), max(a, b)) for a in one for b in other]
        is_chance = any(
            pair not in pairs and likeness(vectors[pair[0]], vectors[pair[1]]) >= cut for pair in across
        )
        assert is_chance or mean(vectors, one, other) < cut + TOLERANCE


@given(vectors, cuts, st.randoms())
def test_the_barred_never_meet(vectors: dict[int, Vector], cut: float, random: object) -> None:
    """Two that may not be together are not, by whatever third they would have met; nor does the order matter."""

    def is_barred(one: int, other: int) -> bool:
        return one % 3 == other % 3

    groups = average_link(vectors, cut, is_barred)
    pairs = alike_pairs(vectors, cut)
    for group in groups:
        assert not any(is_barred(*pair) for pair in combinations(group, 2) if pair in pairs)
    shuffled = dict(sorted(vectors.items(), key=lambda _: random.random()))  # type: ignore[attr-defined]  # hypothesis's own
    assert groups == average_link(shuffled, cut, is_barred)
