"""Which headlines are about one event."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.stories import group_stories

words = st.sampled_from(
    ["bridge", "ferry", "library", "mayor", "storm", "council", "harbour", "school", "market", "train"]
)
headlines = st.dictionaries(st.integers(1, 1000), st.lists(words, max_size=6).map(" ".join), max_size=14)


def test_two_headlines_on_one_event_are_one_story() -> None:
    """Half of all words in common, whatever their order and case, make a story."""
    story_of = group_stories(
        {
            7: "Old ferry terminal becomes a library",
            8: "A library: the OLD ferry terminal becomes one",
            9: "Storm closes the bridge",
        }
    )
    assert story_of[7] == story_of[8] != story_of[9]


def test_headlines_without_a_common_word_are_stories_of_their_own() -> None:
    """Articles are apart until something says otherwise."""
    assert {1: 1, 2: 2, 3: 3} == group_stories({1: "Storm", 2: "Bridge", 3: ""})


def test_nothing_has_no_story() -> None:
    """Without articles there is nothing to group."""
    assert {} == group_stories({})


def test_a_day_is_not_chained_into_one_story() -> None:
    """Each headline shares half with the next, the first nothing with the last: they are not one story."""
    chain = {1: "alpha bravo charlie", 2: "bravo charlie delta", 3: "charlie delta echo", 4: "delta echo foxtrot"}
    story_of = group_stories(chain)
    assert story_of[1] != story_of[4]


def test_other_scripts_are_compared_by_their_words_too() -> None:
    """An Arabic pair is one story and a third headline is not."""
    story_of = group_stories(
        {1: "افتتاح المكتبة الجديدة في الميناء", 2: "افتتاح المكتبة الجديدة اليوم", 3: "عاصفة تغلق الجسر القديم"}
    )
    assert story_of[1] == story_of[2] != story_of[3]


@given(headlines)
def test_every_article_has_a_story_and_stories_are_counted_from_one(headlines: dict[int, str]) -> None:
    """The numbers have no gap, and run in the order of each story's first article."""
    story_of = group_stories(headlines)
    assert set(headlines) == set(story_of)
    first_seen = list(dict.fromkeys(story_of[number] for number in headlines))
    assert list(range(1, len(first_seen) + 1)) == first_seen


@given(headlines)
def test_the_same_words_are_the_same_story(headlines: dict[int, str]) -> None:
    """Two headlines of exactly the same words that mean something never part."""
    story_of = group_stories(headlines)
    by_words: dict[frozenset[str], set[int]] = {}
    for number, headline in headlines.items():
        if headline:
            by_words.setdefault(frozenset(headline.split()), set()).add(story_of[number])
    assert all(1 == len(stories) for stories in by_words.values())


@given(headlines)
def test_grouping_again_is_grouping_the_same(headlines: dict[int, str]) -> None:
    """A rerun over the same headlines gives the same stories."""
    assert group_stories(headlines) == group_stories(dict(headlines))
