"""How much an article deserves a place today."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.edition.choosing.ranking import (
    MOST_BOOST,
    USUAL,
    VOTES_FOR_TRUST,
    Candidate,
    Ranked,
    Weights,
    rank,
)
from newsletter.edition.reasons import ReasonKind
from newsletter.publication.newsletters import NewsletterSettings

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ROUNDING = 0.002
"""Each of the parts is rounded to a thousandth."""

moments = st.none() | st.integers(-60, 60 * 24 * 40).map(lambda minutes: NOW - timedelta(minutes=minutes))
candidate = st.builds(
    Candidate,
    id=st.just(0),
    title=st.just("Headline"),
    source=st.sampled_from(["Paper", "Radio", ""]),
    section=st.sampled_from(["City", ""]),
    published_at=moments,
    first_seen_at=moments,
    votes=st.none() | st.integers(0, 1_000_000_000),
    comments=st.none() | st.integers(0, 1000),
    position=st.none() | st.integers(1, 500),
    coverage=st.integers(1, 40),
    story=st.integers(0, 4),
    recommendations=st.integers(0, 50),
    taste=st.none() | st.floats(0, 1),
    is_featured=st.booleans(),
    boost=st.integers(-30, 30),
    pin=st.none() | st.integers(1, 9),
)
candidates = st.lists(candidate, max_size=12).map(
    lambda drawn: [replace(each, id=number) for number, each in enumerate(drawn, start=1)]
)


def one(number: int, **facts: object) -> Candidate:
    return replace(Candidate(number, f"Headline {number}", published_at=NOW), **facts)  # type: ignore[arg-type]  # the facts are each test's own


def by_id(ranked: list[Ranked]) -> dict[int, Ranked]:
    return {each.candidate.id: each for each in ranked}


@given(candidates, st.randoms())
def test_the_order_does_not_depend_on_how_candidates_come(candidates: list[Candidate], random: object) -> None:
    """A rerun over the same articles gives the same edition, whatever order the database gave them in."""
    shuffled = sorted(candidates, key=lambda _: random.random())  # type: ignore[attr-defined]  # hypothesis's own Random
    assert rank(candidates, NOW) == rank(shuffled, NOW)


@given(candidates)
def test_points_are_a_sum_out_of_a_hundred(candidates: list[Candidate]) -> None:
    """What was measured is out of a hundred; what editors and newsrooms say comes on top, and the sum is told."""
    for each in rank(candidates, NOW):
        assert abs(each.points - sum(each.parts.values())) < ROUNDING
        measured = [value for name, value in each.parts.items() if name not in {"editor", "featured"}]
        assert 0 <= min(measured)
        assert sum(measured) <= 100 + ROUNDING
        assert abs(each.parts.get("editor", 0)) <= MOST_BOOST


@given(candidates)
def test_every_candidate_is_ranked_with_a_reason(candidates: list[Candidate]) -> None:
    """Nothing is dropped, the order is that of the points, and no reason is empty."""
    ranked = rank(candidates, NOW)
    assert {each.id for each in candidates} == {each.candidate.id for each in ranked}
    assert sorted((each.points for each in ranked), reverse=True) == [each.points for each in ranked]
    assert all(each.why for each in ranked)


@given(candidates)
def test_all_have_the_same_parts(candidates: list[Candidate]) -> None:
    """A part that has no data for today is left out for everybody, else it counts for everybody."""
    assert len({tuple(each.parts) for each in rank(candidates, NOW)}) <= 1


@given(candidates, candidate, st.lists(st.integers(0, 1_000_000), min_size=2, max_size=8))
def test_more_votes_never_mean_fewer_points(others: list[Candidate], model: Candidate, votes: list[int]) -> None:
    """Of articles alike in all else, the one with more votes is never behind."""
    alike = [replace(model, id=100 + number, votes=count) for number, count in enumerate(votes)]
    ranked = by_id(rank([*others, *alike], NOW))
    points = [ranked[each.id].points for each in sorted(alike, key=lambda each: each.votes or 0)]
    assert sorted(points) == points


@given(candidates, candidate, st.lists(st.integers(0, 60_000), min_size=2, max_size=6))
def test_newer_never_means_fewer_points_without_votes(
    others: list[Candidate], model: Candidate, minutes: list[int]
) -> None:
    """Of articles alike in all else that nobody votes on, the newer one is never behind."""
    alike = [
        replace(model, id=100 + number, votes=None, published_at=NOW - timedelta(minutes=age))
        for number, age in enumerate(sorted(minutes, reverse=True))
    ]
    ranked = by_id(rank([*others, *alike], NOW))
    points = [ranked[each.id].points for each in alike]
    assert sorted(points) == points


@pytest.mark.parametrize("count", [0, 1, 5])
def test_missing_data_still_ranks_everything(count: int) -> None:
    """Headlines alone are enough: the order is then by id."""
    bare = [Candidate(number, "Headline") for number in range(count, 0, -1)]
    assert list(range(1, count + 1)) == [each.candidate.id for each in rank(bare, NOW)]


def test_of_two_as_good_the_newer_comes_first() -> None:
    """Equal points are settled by the date, and equal dates by the id."""
    old, new = one(1, published_at=NOW - timedelta(seconds=1)), one(2)
    assert [2, 1] == [each.candidate.id for each in rank([old, new], NOW)]
    assert [2, 3] == [each.candidate.id for each in rank([one(3), new], NOW)]


def test_votes_are_weighed_by_the_time_they_had() -> None:
    """A count after four hours and a half hour's grace is measured against what it will grow to."""
    early, late = one(1, votes=30, published_at=NOW - timedelta(hours=0.5)), one(2, votes=100)
    late = replace(late, published_at=NOW - timedelta(hours=23.5))
    ranked = by_id(rank([early, late], NOW))
    grown = {1: 30 / (1 - 2 ** (-1 / 4)), 2: 100 / (1 - 2 ** (-24 / 4))}
    top = ranked[1].parts["popularity"]
    assert grown[1] > grown[2]
    assert grown[2] / grown[1] == pytest.approx(ranked[2].parts["popularity"] / top, abs=0.001)


def test_popularity_gains_weight_with_the_votes() -> None:
    """With few votes the source's own order decides; with the votes for trust, popularity has half its weight."""
    ranked = rank([one(1, votes=VOTES_FOR_TRUST, position=1)], NOW)[0]
    total = USUAL.popularity + USUAL.placing + USUAL.coverage + USUAL.freshness
    assert USUAL.popularity / 2 * 100 / total == pytest.approx(ranked.parts["popularity"], abs=0.001)
    placing = USUAL.placing + USUAL.popularity / 2
    assert placing * 100 / total == pytest.approx(ranked.parts["placing"], abs=0.001)


def test_a_place_counts_less_the_lower_it_is() -> None:
    """The sixth of a list has half of the first one's points for placing, one without a place none."""
    ranked = by_id(rank([one(1, position=1), one(2, position=6), one(3)], NOW))
    first = ranked[1].parts["placing"]
    assert first / 2 == pytest.approx(ranked[2].parts["placing"], abs=0.001)
    assert 0 == ranked[3].parts["placing"]


def test_eight_sources_are_all_of_coverage() -> None:
    """Coverage grows with the logarithm of the sources and is full at eight."""
    ranked = by_id(rank([one(1), one(2, coverage=2), one(3, coverage=8), one(4, coverage=20)], NOW))
    full = ranked[3].parts["coverage"]
    assert 0 == ranked[1].parts["coverage"]
    assert full * log2(2) / 3 == pytest.approx(ranked[2].parts["coverage"], abs=0.001)
    assert full == ranked[4].parts["coverage"]


def test_freshness_halves_in_a_day() -> None:
    """An article of yesterday has half of a new one's freshness."""
    ranked = by_id(rank([one(1), one(2, published_at=NOW - timedelta(days=1))], NOW))
    assert ranked[1].parts["freshness"] / 2 == pytest.approx(ranked[2].parts["freshness"], abs=0.001)


def test_what_nobody_counts_is_middling_and_nought_is_nought() -> None:
    """An article of a source without votes gets the median popularity, one that nobody voted for gets none."""
    counted = [one(number, votes=votes) for number, votes in enumerate((0, 50, 100), start=1)]
    ranked = by_id(rank([*counted, one(9)], NOW))
    assert ranked[2].parts["popularity"] == ranked[9].parts["popularity"]
    assert 0 == ranked[1].parts["popularity"]


def test_a_part_without_data_is_left_out_and_the_rest_scaled() -> None:
    """Without votes and places the other parts make up the hundred."""
    (ranked,) = rank([one(1, coverage=8)], NOW)
    assert {"coverage", "freshness"} == set(ranked.parts)
    assert pytest.approx(100, abs=ROUNDING) == ranked.points


def test_votes_of_nought_are_no_data() -> None:
    """On a day without a single vote, popularity is left out for all."""
    assert "popularity" not in rank([one(1, votes=0), one(2, votes=0)], NOW)[0].parts


@pytest.mark.parametrize(
    ("why", "facts"),
    [
        (
            "most voted today (132 votes in 5 h) · published 5 h ago",
            {"votes": 132, "published_at": NOW - timedelta(hours=5)},
        ),
        ("published 1 min ago · most voted today (1 vote in 1 min)", {"votes": 1}),
        ("most voted today (7 votes in 1 min) · published 1 min ago", {"votes": 3, "recommendations": 4}),
        ("published 1 min ago", {"published_at": NOW - timedelta(seconds=4)}),
        ("published 59 min ago", {"published_at": NOW - timedelta(minutes=59, seconds=29)}),
        ("published 1 h ago", {"published_at": NOW - timedelta(minutes=59, seconds=31)}),
        ("published 2 h ago", {"published_at": NOW - timedelta(minutes=95)}),
        ("most voted (9 votes in 3 days)", {"votes": 9, "published_at": NOW - timedelta(days=3)}),
        ("most voted (9 votes)", {"votes": 9, "published_at": None}),
        ("placed 2nd by its newsroom · published 1 min ago", {"position": 2}),
        ("placed 111th by its newsroom", {"position": 111, "published_at": NOW - timedelta(days=30)}),
        ("in 3 sources · published 1 min ago", {"coverage": 3}),
        ("your editors' pick · published 1 min ago", {"pin": 1}),
        ("your editors' pick · published 1 min ago", {"boost": 1}),
        ("published 1 min ago", {"boost": -20}),
        ("published 1 min ago · marked by its newsroom", {"is_featured": True}),
        ("published 1 min ago · readers follow City", {"taste": 0.6, "section": "City"}),
        ("published 1 min ago", {"taste": 0.5, "section": "City"}),
        ("newest in City", {"section": "City", "published_at": NOW - timedelta(days=3)}),
        ("newest from its source", {"published_at": NOW - timedelta(days=3)}),
        ("newest from its source", {"published_at": None}),
    ],
)
def test_the_reason_is_in_words(why: str, facts: dict[str, object]) -> None:
    """A reader learns the two largest parts, and only what somebody really counted."""
    assert why == rank([one(1, **facts)], NOW)[0].why


def test_only_the_most_voted_is_called_so() -> None:
    """The second in votes has its votes told, not the first's praise."""
    ranked = by_id(rank([one(1, votes=40), one(2, votes=90)], NOW))
    kinds = {number: {reason.kind for reason in each.reasons} for number, each in ranked.items()}
    assert ReasonKind.MOST_VOTED in kinds[2]
    assert ReasonKind.VOTED in kinds[1]
    (second,) = rank([one(3, votes=2)], NOW, among=[one(4, votes=3)])
    assert ReasonKind.VOTED in {reason.kind for reason in second.reasons}


def test_comments_count_what_the_newsletter_says() -> None:
    """A comment is no vote until the setting makes it one, or three."""
    talked = [one(1, votes=10, comments=30), one(2, votes=40, comments=0)]
    assert [2, 1] == [each.candidate.id for each in rank(talked, NOW)]
    assert [1, 2] == [each.candidate.id for each in rank(talked, NOW, Weights(comment_votes=3))]
    (discussed,) = rank([one(1, comments=8)], NOW, Weights(comment_votes=1))
    assert "8 comments" in discussed.why


def test_recommendations_are_votes() -> None:
    """What our own readers recommend counts with the source's votes, and where the source counts none."""
    ranked = by_id(rank([one(1, votes=5, recommendations=5), one(2, votes=10), one(3, recommendations=1)], NOW))
    assert ranked[1].parts["popularity"] == ranked[2].parts["popularity"]
    assert 0 < ranked[3].parts["popularity"]
    only_ours = by_id(rank([one(1, recommendations=2), one(2)], NOW))
    assert 0 == only_ours[2].parts["popularity"] < only_ours[1].parts["popularity"]


def test_an_editors_word_is_added_to_the_hundred() -> None:
    """A boost lifts and lowers by its own points, at most twenty, and scales nothing else."""
    plain = by_id(rank([one(1, votes=10), one(2, votes=10)], NOW))
    boosted = by_id(rank([one(1, votes=10, boost=15), one(2, votes=10, boost=-99)], NOW))
    assert pytest.approx(plain[1].points + 15) == boosted[1].points
    assert pytest.approx(plain[2].points - MOST_BOOST) == boosted[2].points


def test_a_newsrooms_mark_is_ten_points() -> None:
    """What its own newsroom features has the points of the setting on top."""
    ranked = by_id(rank([one(1), one(2, is_featured=True)], NOW))
    assert pytest.approx(ranked[1].points + USUAL.featured) == ranked[2].points


def test_taste_counts_once_it_is_learnt() -> None:
    """Without anything learnt the part is left out; then what readers follow has more."""
    assert "taste" not in rank([one(1), one(2)], NOW)[0].parts
    ranked = by_id(rank([one(1, taste=0.2), one(2, taste=0.8), one(3)], NOW))
    assert 0 == ranked[3].parts["taste"] < ranked[1].parts["taste"] < ranked[2].parts["taste"]


def test_with_one_publisher_follow_ups_are_coverage() -> None:
    """Three articles of the only source on one event say what three sources would; beside others they do not."""
    alone = [one(number, source="Paper", story=1 if number < 4 else number) for number in range(1, 6)]
    ranked = by_id(rank(alone, NOW))
    assert pytest.approx(log2(3) / 3 * 100 * 10 / 15, abs=0.001) == ranked[1].parts["coverage"]
    assert "3 articles on it" in ranked[1].why
    assert 0 == ranked[4].parts["coverage"]
    with_another = by_id(rank([*alone, one(6, source="Radio")], NOW))
    assert 0 == with_another[1].parts["coverage"]


def test_what_has_no_date_is_not_new() -> None:
    """An article without any moment has no freshness, and its votes count as fully grown."""
    undated = replace(one(1, votes=50), published_at=None)
    ranked = by_id(rank([undated, one(2, votes=50, published_at=NOW - timedelta(days=9))], NOW))
    assert 0 == ranked[1].parts["freshness"]
    assert pytest.approx(ranked[2].parts["popularity"], abs=0.01) == ranked[1].parts["popularity"]


def test_every_weight_is_a_setting() -> None:
    """The newsletter's settings reach the ranking, and their defaults are the usual weights."""
    usual = NewsletterSettings(slug="daily", name="D", publisher="P", sender_address="d@paper.example")
    assert USUAL == Weights.from_settings(usual)
    own = replace(
        usual,
        popularity_points=1.0,
        placing_points=2.0,
        coverage_points=3.0,
        taste_points=4.0,
        freshness_points=6.0,
        featured_points=7.0,
        comment_votes=8.0,
        votes_grow_hours=9.0,
        freshness_hours=11.0,
    )
    assert Weights(1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0, 9.0, 11.0) == Weights.from_settings(own)


def test_weights_of_nought_still_order() -> None:
    """A newsletter that counts nothing has its articles by time."""
    nothing = Weights(0, 0, 0, 0, 0, 0)
    ranked = rank([one(1, published_at=NOW - timedelta(hours=1), votes=9), one(2, votes=1)], NOW, nothing)
    assert [(2, 0.0), (1, 0.0)] == [(each.candidate.id, each.points) for each in ranked]
