"""How alike two texts are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.story.likeness import ENOUGH, Background, likeness

texts = st.text(max_size=80)


@given(texts, texts)
def test_likeness_is_from_nought_to_one_and_mutual(one: str, other: str) -> None:
    """The same text is wholly like itself, and no order matters."""
    vectors = Background.built_in().vectors({1: one, 2: other, 3: one})
    alike = likeness(vectors[1], vectors[2])
    assert 0 <= alike <= 1
    assert pytest.approx(likeness(vectors[2], vectors[1])) == alike
    assert pytest.approx(1.0 if vectors[1] else 0.0) == likeness(vectors[1], vectors[3])


def test_rare_words_count_more_than_common_ones() -> None:
    """Sharing a name is more than sharing a minister."""
    said = {1: "Minister Quillfeather", 2: "Minister Abernathy", 3: "Baker Quillfeather"}
    vectors = Background.built_in().vectors(said)
    assert likeness(vectors[1], vectors[2]) < likeness(vectors[1], vectors[3])


def test_a_service_learns_what_is_common_in_its_town() -> None:
    """What stands in every other headline of its own says little, though the estimate does not know it."""
    own = Background.of([f"Quillfeather Street: case {number}" for number in range(ENOUGH)])
    said = {1: "Quillfeather Street flooded", 2: "Quillfeather Street bakery"}
    estimated, learnt = (each.vectors(said) for each in (Background.built_in(), own))
    assert likeness(learnt[1], learnt[2]) < likeness(estimated[1], estimated[2])
    assert ENOUGH == own.texts


def test_few_headlines_are_added_to_the_estimate() -> None:
    """Until there are enough, the estimate still knows that a minister is nothing rare."""
    few = Background.of(["Quillfeather opens"])
    assert Background.built_in().texts + 1 == few.texts
    assert Background.built_in() == Background.of([])
