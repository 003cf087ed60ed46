"""Which ranked articles get a place."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from newsletter.edition.pick import also_in, pick
from newsletter.edition.ranking import Candidate, Ranked

ranked_lists = st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(1, 8)), max_size=20)
sizes, caps = st.integers(1, 10), st.integers(1, 4)


def in_order(*drawn: tuple[str, int]) -> list[Ranked]:
    """Return ranked articles, best first, each of a source and on a story."""
    return [
        Ranked(Candidate(number, f"Headline {number}", source, story=story), 100.0 - number, {}, "why")
        for number, (source, story) in enumerate(drawn, start=1)
    ]


def ids(picked: list[Ranked]) -> list[int]:
    return [each.candidate.id for each in picked]


def test_the_best_are_taken_in_their_order() -> None:
    """With room for all rules the edition is the top of the ranking."""
    assert [1, 2, 3] == ids(pick(in_order(("A", 1), ("B", 2), ("C", 3), ("D", 4)), 3, 2))


def test_a_story_has_one_place() -> None:
    """The second article on a story is passed over, whoever wrote it."""
    assert [1, 3] == ids(pick(in_order(("A", 1), ("B", 1), ("C", 2), ("A", 1)), 4, 2))


def test_a_source_has_few_places() -> None:
    """One source cannot fill the edition while others have something."""
    ranked = in_order(("A", 1), ("A", 2), ("A", 3), ("B", 4), ("C", 5), ("D", 6))
    assert [1, 2, 4, 5] == ids(pick(ranked, 4, 2))


def test_a_source_alone_may_have_every_place() -> None:
    """With nobody to crowd out, the rule for sources does not shorten the edition; with one other it does."""
    assert [1, 2, 3, 4] == ids(pick(in_order(*(("A", story) for story in range(1, 7))), 4, 2))
    both = in_order(*(("A", story) for story in range(1, 7)), *(("B", story) for story in range(7, 13)))
    assert {"A": 2, "B": 2} == Counter(each.candidate.source for each in pick(both, 8, 2))


def test_nothing_gives_nothing() -> None:
    """Without an article there is none to take, and without a place neither."""
    assert [] == pick([], 8, 2)
    assert [] == pick(in_order(("A", 1)), 0, 2)


@given(ranked_lists, sizes, caps)
def test_the_rules_hold_for_every_ranking(drawn: list[tuple[str, int]], size: int, cap: int) -> None:
    """Never more than the size, one a story, no source above its share, and in the ranking's order."""
    ranked = in_order(*drawn)
    picked = pick(ranked, size, cap)
    assert len(picked) <= size
    assert sorted(ids(picked)) == ids(picked)
    assert len(picked) == len({each.candidate.story for each in picked})
    most = size if len({source for source, _ in drawn}) == 1 else cap
    assert all(count <= most for count in Counter(each.candidate.source for each in picked).values())


@given(ranked_lists, sizes, caps)
def test_no_place_stays_empty_without_a_reason(drawn: list[tuple[str, int]], size: int, cap: int) -> None:
    """What is passed over while there is room is on a story told already, or of a source with its share."""
    ranked = in_order(*drawn)
    picked = pick(ranked, size, cap)
    told = {each.candidate.story for each in picked}
    given_to = Counter(each.candidate.source for each in picked)
    if len(picked) < size:
        passed_over = [each for each in ranked if each not in picked]
        assert all(each.candidate.story in told or given_to[each.candidate.source] >= cap for each in passed_over)


def test_the_other_sources_of_a_story_are_named_once_each() -> None:
    """Beside the chosen article stand the best of the others on its story, and never its own source."""
    ranked = in_order(("A", 1), ("B", 1), ("B", 1), ("A", 1), ("C", 2), ("D", 1))
    assert [2, 6] == ids(also_in(ranked[0], ranked))


def test_a_story_told_everywhere_names_only_a_few() -> None:
    """The list of others has an end."""
    ranked = in_order(*((source, 1) for source in "ABCDEFG"))
    assert [2, 3, 4] == ids(also_in(ranked[0], ranked))
    assert [2] == ids(also_in(ranked[0], ranked, most=1))
