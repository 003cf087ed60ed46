"""Which ranked articles get a place."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from newsletter.edition.choosing.candidate import Candidate, Ranked
from newsletter.edition.choosing.pick import Limits, also_in, pick
from newsletter.edition.choosing.ranking import rank
from newsletter.gather.article import Form

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
drawn_lists = st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(1, 8)), max_size=20)
sizes, caps = st.integers(1, 10), st.integers(1, 4)

candidate = st.builds(
    Candidate,
    id=st.just(0),
    title=st.lists(st.sampled_from(["ferry", "bridge", "mayor", "storm", "school"]), max_size=4).map(" ".join),
    source=st.sampled_from(["Paper", "Radio", "Post"]),
    section=st.sampled_from(["City", "Sport", ""]),
    published_at=st.integers(0, 2000).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    votes=st.none() | st.integers(0, 500),
    story=st.integers(0, 9),
    pin=st.none() | st.none() | st.integers(1, 6),
    is_blocked=st.booleans(),
    form=st.sampled_from([Form.PLAIN, Form.PLAIN, Form.LIVE, Form.SPONSORED]),
)
candidates = st.lists(candidate, max_size=14).map(
    lambda drawn: [replace(each, id=number) for number, each in enumerate(drawn, start=1)]
)


def in_order(*drawn: tuple[str, int], **facts: Any) -> list[Ranked]:
    """Return ranked articles, best first, each of a source and on a story."""
    return [
        Ranked(Candidate(number, f"Word{number}", source, story=story, **facts), 100.0 - number, {}, "why")
        for number, (source, story) in enumerate(drawn, start=1)
    ]


def changed(ranked: list[Ranked], number: int, **facts: Any) -> list[Ranked]:
    """Return the same ranking with other facts of one article."""
    return [
        replace(each, candidate=replace(each.candidate, **facts)) if each.candidate.id == number else each
        for each in ranked
    ]


def ids(picked: list[Ranked]) -> list[int]:
    return [each.candidate.id for each in picked]


def plainly(ranked: list[Ranked], size: int, cap: int = 2) -> list[int]:
    """Pick by story and source alone."""
    return ids(pick(ranked, Limits(size, cap, section_share=100, likeness_penalty=0)))


def each_own(count: int) -> list[Ranked]:
    """Return ranked articles that no rule keeps out."""
    return in_order(*((f"S{number}", number) for number in range(1, count + 1)))


def test_the_best_are_taken_in_their_order() -> None:
    """With room for all rules the edition is the top of the ranking."""
    assert [1, 2, 3] == ids(pick(each_own(4), Limits(3)))


def test_a_story_has_one_place() -> None:
    """The second article on a story is passed over, whoever wrote it; no story is none that could be told."""
    assert [1, 3] == plainly(in_order(("A", 1), ("B", 1), ("C", 2), ("A", 1)), 4)
    assert [1, 2] == plainly(in_order(("A", 0), ("B", 0)), 4)


def test_a_source_has_few_places() -> None:
    """One source cannot fill the edition while others have something."""
    ranked = in_order(("A", 1), ("A", 2), ("A", 3), ("B", 4), ("C", 5), ("D", 6))
    assert [1, 2, 4, 5] == plainly(ranked, 4)


def test_a_source_alone_may_have_every_place() -> None:
    """With nobody to crowd out, the rule for sources does not shorten the edition; with one other it does."""
    assert [1, 2, 3, 4] == plainly(in_order(*(("A", story) for story in range(1, 7))), 4)
    both = in_order(*(("A", story) for story in range(1, 7)), *(("B", story) for story in range(7, 13)))
    assert {"A": 2, "B": 2} == Counter(each.candidate.source for each in pick(both, Limits(8)))


def test_nothing_gives_nothing() -> None:
    """Without an article there is none to take, and without a place neither."""
    assert [] == pick([], Limits(8))
    assert [] == pick(each_own(1), Limits(0))


def test_a_section_leaves_room_for_others() -> None:
    """Of five places one section has two while others have something, and the rest when they have not."""
    ranked = each_own(8)
    for number in (1, 2, 3, 4, 5):
        ranked = changed(ranked, number, section="Sport")
    assert [1, 2, 6, 7, 8] == ids(pick(ranked, Limits(5)))
    assert [1, 2, 3, 4, 6] == ids(pick(ranked[:6], Limits(5)))


def test_near_subjects_give_way() -> None:
    """A near copy of the lead yields to something else nearly as good, not to something much worse."""
    ranked = each_own(3)
    ranked = changed(ranked, 1, title="Council approves harbour ferry timetable")
    ranked = changed(ranked, 2, title="Harbour ferry timetable before the council")
    ranked = changed(ranked, 3, title="Orchestra plays in the rain")
    assert [1, 3] == ids(pick(ranked, Limits(2)))
    assert [1, 2] == ids(pick(ranked, Limits(2, likeness_penalty=0)))
    far = [replace(each, points=points) for each, points in zip(ranked, (90, 88, 20), strict=True)]
    assert [1, 2] == ids(pick(far, Limits(2)))


def test_the_text_counts_for_likeness_where_there_is_one() -> None:
    """Headlines may differ where the first sentence says the same."""
    ranked = each_own(3)
    ranked = changed(ranked, 1, text="A vote\nThe council approved the harbour ferry timetable")
    ranked = changed(ranked, 2, text="At last\nThe council approved the harbour ferry timetable")
    assert [1, 3] == ids(pick(ranked, Limits(2)))


def test_what_cannot_lead_does_not() -> None:
    """The day's best article stands second when it is a live blog; alone it gives no edition."""
    ranked = changed(each_own(3), 1, form=Form.LIVE)
    assert [2, 1, 3] == ids(pick(ranked, Limits(3)))
    assert [2] == ids(pick(ranked, Limits(1)))
    assert [] == pick(ranked[:1], Limits(3))
    assert [1] == ids(pick(ranked[:1], Limits(3, has_lead=False)))
    assert [1, 2, 3] == ids(pick(changed(ranked, 1, pin=1), Limits(3)))


def test_a_pin_has_its_place() -> None:
    """The worst article stands where the editor put it, against every rule; the rules count it."""
    ranked = changed(each_own(5), 5, pin=2)
    assert [1, 5, 2] == ids(pick(ranked, Limits(3)))
    crowded = changed(in_order(("A", 1), ("A", 2), ("A", 3), ("B", 4)), 3, pin=1)
    assert [3, 1, 4] == plainly(crowded, 4)
    assert [1, 2] == ids(pick(changed(each_own(2), 2, pin=7), Limits(4)))


def test_two_pins_for_one_place_stand_side_by_side() -> None:
    """The better one has the place and the other the next."""
    ranked = changed(changed(each_own(5), 4, pin=1), 5, pin=1)
    assert [4, 5, 1] == ids(pick(ranked, Limits(3)))


def test_what_is_blocked_is_never_picked() -> None:
    """Not even a pin brings back what an editor took out."""
    assert [2] == ids(pick(changed(each_own(2), 1, is_blocked=True, pin=1), Limits(3)))


@given(candidates, sizes, caps, st.randoms())
def test_reruns_pick_the_same(drawn: list[Candidate], size: int, cap: int, random: Any) -> None:
    """Whatever order the candidates come in, ranking and picking again gives the same edition."""
    shuffled = sorted(drawn, key=lambda _: random.random())
    limits = Limits(size, cap)
    assert pick(rank(drawn, NOW), limits) == pick(rank(shuffled, NOW), limits)


@given(candidates, sizes, caps)
def test_pins_are_always_in_their_places(drawn: list[Candidate], size: int, cap: int) -> None:
    """In a full edition a pin stands in its place, whatever else is there; only another pin can take it."""
    picked = pick(rank(drawn, NOW), Limits(size, cap))
    pins = [each for each in drawn if each.pin and not each.is_blocked]
    is_clear = len({each.pin for each in pins}) == len(pins) and all((each.pin or 0) <= size for each in pins)
    if is_clear and len(picked) == size:
        assert all(picked[(each.pin or 0) - 1].candidate.id == each.id for each in pins)
    if is_clear:
        assert {each.id for each in pins} <= set(ids(picked))


@given(candidates, sizes, caps)
def test_the_rules_hold_for_every_ranking(drawn: list[Candidate], size: int, cap: int) -> None:
    """No more than the size; what is no pin is one a story, within its source's share, able to lead if it does."""
    picked = pick(rank(drawn, NOW), Limits(size, cap))
    free = [each.candidate for each in picked if not each.candidate.pin]
    assert len(picked) <= size
    assert len(set(ids(picked))) == len(picked)
    assert not any(each.candidate.is_blocked for each in picked)
    told = [each.story for each in free if each.story]
    assert len(told) == len(set(told))
    most = size if len({each.source for each in drawn if not each.is_blocked}) == 1 else cap
    assert all(count <= most for count in Counter(each.source for each in free).values())
    assert not picked or picked[0].candidate.can_lead or picked[0].candidate.pin
    points = [each.points for each in picked if not each.candidate.pin]
    assert sorted(points[1:], reverse=True) == points[1:]


@given(candidates, sizes, caps)
def test_no_place_stays_empty_without_a_reason(drawn: list[Candidate], size: int, cap: int) -> None:
    """What is passed over while there is room is blocked, told already, or of a source with its share."""
    ranked = rank(drawn, NOW)
    picked = pick(ranked, Limits(size, cap))
    told = {each.candidate.story for each in picked} - {0}
    given_to = Counter(each.candidate.source for each in picked)
    has_lead = any(
        each.candidate.pin == 1 or (each.candidate.can_lead and not each.candidate.pin) for each in picked
    )
    if len(picked) < size and has_lead:
        passed_over = [each.candidate for each in ranked if each not in picked and not each.candidate.is_blocked]
        assert all(each.story in told or given_to[each.source] >= cap for each in passed_over)


@given(st.lists(st.sampled_from(["City", "Sport", "World"]), min_size=1, max_size=12), sizes)
def test_a_section_is_over_its_share_only_when_others_are_done(sections: list[str], size: int) -> None:
    """Whoever has more than its share of the places left nobody of another section out."""
    ranked = each_own(len(sections))
    for number, section in enumerate(sections, start=1):
        ranked = changed(ranked, number, section=section)
    picked = pick(ranked, Limits(size))
    places = Counter(each.candidate.section for each in picked)
    over = {section for section, count in places.items() if count > ceil(size * 0.4)}
    left_out = {each.candidate.section for each in ranked if each not in picked}
    under = {section for section in left_out if places[section] < ceil(size * 0.4)}
    assert not (over and under)
    assert min(size, len(sections)) == len(picked)


@given(drawn_lists, sizes, caps)
def test_without_penalty_and_shares_the_ranking_is_kept(drawn: list[tuple[str, int]], size: int, cap: int) -> None:
    """Story and source alone never change the order."""
    picked = plainly(in_order(*drawn), size, cap)
    assert sorted(picked) == picked


def test_the_other_sources_of_a_story_are_named_once_each() -> None:
    """Beside the chosen article stand the best of the others on its story, and never its own source."""
    ranked = in_order(("A", 1), ("B", 1), ("B", 1), ("A", 1), ("C", 2), ("D", 1))
    assert [2, 6] == ids(also_in(ranked[0], ranked))


def test_a_story_told_everywhere_names_only_a_few() -> None:
    """The list of others has an end."""
    ranked = in_order(*((source, 1) for source in "ABCDEFG"))
    assert [2, 3, 4] == ids(also_in(ranked[0], ranked))
    assert [2] == ids(also_in(ranked[0], ranked, most=1))
