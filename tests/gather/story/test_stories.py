"""Which articles are about one event."""

import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.formats.feed import parse_feed
from newsletter.gather.http.fetch import read_file
from newsletter.gather.story.stems import telling
from newsletter.gather.story.stories import group_stories
from tests.captures import captured

LABELLED = tomllib.loads((Path(__file__).parent / "labelled_stories.toml").read_text())

words = st.sampled_from(
    ["bridge", "ferry", "library", "mayor", "storm", "council", "harbour", "school", "market", "train"]
)
headlines = st.dictionaries(st.integers(1, 1000), st.lists(words, max_size=6).map(" ".join), max_size=14)


def labelled(language: str, *, with_summaries: bool) -> tuple[dict[int, str], dict[int, int]]:
    """Return texts by number, and the event of each."""
    groups = [*LABELLED[language]["together"], *([each] for each in LABELLED[language]["apart"])]
    texts: dict[int, str] = {}
    events: dict[int, int] = {}
    for event, group in enumerate(groups):
        for written in group:
            title, _, summary = written.partition(" | ")
            texts[len(texts)] = telling(title, summary) if with_summaries else title
            events[len(events)] = event
    return texts, events


def pairwise(story_of: Mapping[int, int], events: Mapping[int, int]) -> tuple[float, float]:
    """Return precision and recall over the pairs of articles in one group."""

    def pairs(counts: Counter[object]) -> int:
        return sum(count * (count - 1) // 2 for count in counts.values())

    both = pairs(Counter((story_of[number], event) for number, event in events.items()))
    return both / pairs(Counter(story_of.values())), both / pairs(Counter(events.values()))


@pytest.mark.parametrize("with_summaries", [True, False])
@pytest.mark.parametrize("language", ["english", "arabic"])
def test_events_are_told_apart(language: str, with_summaries: bool) -> None:
    """Of headlines grouped by hand the pairs are found, and few others."""
    texts, events = labelled(language, with_summaries=with_summaries)
    precision, recall = pairwise(group_stories(texts), events)
    assert 2 * precision * recall / (precision + recall) > 0.95


def test_two_languages_do_not_disturb_each_other() -> None:
    """A day in English and Arabic has the stories of either alone."""
    english, _ = labelled("english", with_summaries=True)
    arabic, _ = labelled("arabic", with_summaries=True)
    both = group_stories({**english, **{1000 + number: text for number, text in arabic.items()}})
    assert group_stories(english) == {number: both[number] for number in english}
    first = max(both[number] for number in english)
    assert group_stories(arabic) == {number: both[1000 + number] - first for number in arabic}


@pytest.mark.samples
def test_a_real_day_of_several_outlets() -> None:
    """What six outlets had on one day: the same events meet, and no story swallows the day."""
    texts: dict[int, str] = {}
    number_of: dict[str, int] = {}
    for path in sorted(captured("feeds/2026-08-13-repeated").glob("*.xml.gz")):
        for article in parse_feed(read_file(path, 10**7), "").articles:
            if article.url not in number_of:
                number_of[article.url] = len(texts)
                texts[len(texts)] = telling(article.title, article.summary)
    story_of = group_stories(texts)

    def stories(*said: str) -> set[int]:
        return {story_of[number] for number, text in texts.items() if all(each in text for each in said)}

    for said in (("Leavitt",), ("Zhu Rongji",), ("Kariba",), ("Lakers",), ("Qusra",)):
        assert 1 == len(stories(*said)), said
    assert stories("Kariba").isdisjoint(stories("Zhu Rongji"))
    assert max(Counter(story_of.values()).values()) < len(texts) / 10


def test_two_headlines_on_one_event_are_one_story() -> None:
    """The same words make a story, whatever their order and case."""
    story_of = group_stories(
        {
            7: "Old ferry terminal becomes a library",
            8: "A library: the OLD ferry terminal becomes one",
            9: "Storm closes the bridge",
        }
    )
    assert story_of[7] == story_of[8] != story_of[9]


def test_one_word_in_common_is_chance() -> None:
    """However rare the word is that two headlines share, it takes a second one."""
    assert {1: 1, 2: 2} == group_stories({1: "Kangaroo escapes from zoo", 2: "Boxer nicknamed Kangaroo retires"})


def test_headlines_without_a_common_word_are_stories_of_their_own() -> None:
    """Articles are apart until something says otherwise."""
    assert {1: 1, 2: 2, 3: 3} == group_stories({1: "Storm", 2: "Bridge", 3: ""})


def test_nothing_has_no_story() -> None:
    """Without articles there is nothing to group."""
    assert {} == group_stories({})


def test_a_day_is_not_chained_into_one_story() -> None:
    """Each headline shares half its words with the next, and the ends nothing: they are not one story."""
    letters = "abcdefghijklmno"
    chain = {at: " ".join(f"{letter}word" for letter in letters[at : at + 4]) for at in range(0, 12, 2)}
    story_of = group_stories(chain)
    assert story_of[0] == story_of[2]
    assert story_of[0] != story_of[10]


def test_a_series_of_one_source_is_no_story() -> None:
    """Only a day or a number differs: of one source these are two articles, of two sources perhaps one event."""
    days = {1: "Weather forecast for Monday", 2: "Weather forecast for Tuesday"}
    tolls = {1: "Blast at market kills 12", 2: "Blast at market kills 14"}
    for pair in (days, tolls):
        assert {1: 1, 2: 2} == group_stories(pair)
        assert {1: 1, 2: 2} == group_stories(pair, sources={1: "Paper", 2: "Paper"})
    assert {1: 1, 2: 1} == group_stories(tolls, sources={1: "Paper", 2: "Radio"})


def test_a_higher_cut_keeps_more_apart() -> None:
    """The newsletter's setting decides how alike is alike enough."""
    texts, _ = labelled("english", with_summaries=True)
    counts = [len(set(group_stories(texts, cut).values())) for cut in (0.05, 0.12, 0.4, 1.0)]
    assert sorted(counts) == counts
    assert counts[0] < counts[-1]


@given(headlines)
def test_every_article_has_a_story_and_stories_are_counted_from_one(headlines: dict[int, str]) -> None:
    """The numbers have no gap, and run in the order of each story's first article."""
    story_of = group_stories(headlines)
    assert set(headlines) == set(story_of)
    first_seen = list(dict.fromkeys(story_of[number] for number in headlines))
    assert list(range(1, len(first_seen) + 1)) == first_seen


@given(headlines)
def test_the_same_words_are_the_same_story(headlines: dict[int, str]) -> None:
    """Two headlines of exactly the same words, as often, never part."""
    story_of = group_stories(headlines)
    by_words: dict[str, set[int]] = {}
    for number, headline in headlines.items():
        if headline:
            by_words.setdefault(" ".join(sorted(headline.split())), set()).add(story_of[number])
    assert all(1 == len(stories) for stories in by_words.values())


@given(headlines, st.randoms())
def test_the_groups_do_not_depend_on_the_order(headlines: dict[int, str], random: object) -> None:
    """The same articles in another order fall into the same groups."""
    numbers = sorted(headlines, key=lambda _: random.random())  # type: ignore[attr-defined]  # hypothesis's own Random
    shuffled = {number: headlines[number] for number in numbers}
    assert groups(group_stories(headlines)) == groups(group_stories(shuffled))


def groups(story_of: Mapping[int, int]) -> set[frozenset[int]]:
    """Return the groups without their numbers."""
    return {frozenset(n for n, story in story_of.items() if story == each) for each in story_of.values()}
