"""What a text speaks of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.story.stems import Stems, all_telling, known_words, language_of, telling, words_of


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("english", "The mayor opened the bridge"),
        ("arabic", "افتتاح المكتبة الجديدة"),
        ("persian", "گزارش تازه از تهران"),
        ("french", "Le maire a ouvert le pont de la ville"),
        ("german", "Der Bürgermeister eröffnet die Brücke und das Fest"),
        ("spanish", "El alcalde abre el puente de la ciudad"),
        ("turkish", "Başkan köprüyü açtı"),
        ("russian", "Мэр открыл мост"),
        ("hindi", "मेयर ने पुल का उद्घाटन किया"),
        ("english", "Oslo"),
        ("english", ""),
    ],
)
def test_the_language_is_told_from_the_words(language: str, text: str) -> None:
    """Scripts tell, and among Latin letters the small words; English where nothing does."""
    assert language == language_of(words_of(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Strikes hit ports", "A strike is hitting the port"),
        ("U.S. senators’ vote", "US senator votes"),
        ("ＦＥＲＲＹ ﬁres", "ferry fire"),
        ("المكتبةُ الجديدة", "مكتبة جديدة"),
        ("العـــاصفة", "عاصفة"),
        ("İSTANBUL", "istanbul"),
    ],
)
def test_one_word_in_many_spellings_is_one_stem(one: str, other: str) -> None:
    """Endings, articles, cases, wide letters, ligatures and vowel signs do not keep words apart."""
    assert Stems().of(one) == Stems().of(other)


def test_numbers_stay_whole() -> None:
    """A thousand with a comma is one number, and a number is never stemmed."""
    assert {"1,200": 1, "6.8": 1, "dead": 1} == Stems().of("1,200 dead, 6.8")


def test_scripts_without_spaces_are_pairs_of_letters() -> None:
    """Where no space parts the words, two texts can still have something in common."""
    assert Stems().of("首相が辞任").keys() & Stems().of("辞任した首相").keys()


@pytest.mark.parametrize(
    ("told", "title", "summary"),
    [
        ("Title", "Title", ""),
        (
            "Title\nMr. Lee of the U.S. Senate said never.",
            "Title",
            "Mr. Lee of the U.S. Senate said never. He left.",
        ),
        ("Title\nShe won!", "Title", "OSLO, Norway (Agency) — She won! Then it rained."),
        ("عنوان\nبدأ العمل اليوم.", "عنوان", "بدأ العمل اليوم. وانتهى غدا."),
    ],
)
def test_headline_and_first_sentence_are_read(told: str, title: str, summary: str) -> None:
    """The dateline is a place where somebody sat, and what follows the first sentence is another matter."""
    assert told == telling(title, summary)


@pytest.mark.parametrize("language", sorted(known_words()))
def test_classes_of_words_do_not_overlap_stop_words(language: str) -> None:
    """A word that says nothing is not counted as one that says little."""
    known = known_words()[language]
    assert set() == known.stop & frozenset().union(*known.classes)
    assert known.stop
    assert known.counted


@given(st.text(max_size=200))
def test_any_text_has_stems(text: str) -> None:
    """No text breaks the reading, and reading twice reads the same."""
    assert Stems().of(text) == Stems().of(text)
    assert telling(text, text) == telling(text, text)


def test_a_sentence_below_many_headlines_of_a_source_says_nothing() -> None:
    """A feed that puts its motto below every headline must not make one story of its whole day."""
    motto = "News from the coast, every day."
    found = all_telling(
        {
            1: ("Cranes return", motto, "Harbour News"),
            2: ("A bakery opens", motto, "Harbour News"),
            3: ("Trams to run", motto, "Region"),
            4: ("Trams to run", "The council voted. It took an hour.", "Region"),
        }
    )
    assert {
        1: "Cranes return",
        2: "A bakery opens",
        3: "Trams to run",
        4: "Trams to run\nThe council voted.",
    } == found


def test_a_sentence_that_two_sources_share_is_what_they_share() -> None:
    """Two papers that print one agency's text tell one story."""
    copy = "Four hundred cranes came in one night."
    found = all_telling({1: ("Cranes return", copy, "Harbour News"), 2: ("Birds are back", copy, "Region")})
    assert {1: f"Cranes return\n{copy}", 2: f"Birds are back\n{copy}"} == found
