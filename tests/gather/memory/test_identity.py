"""Whether two links and headlines are one article."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.memory.canonical import canonical_url
from newsletter.gather.memory.identity import (
    FEWEST_SLUG_WORDS,
    Identity,
    Register,
    headline_likeness,
    is_contradiction,
    is_same,
    numbers_in,
    slug_of,
)

AT = datetime(2026, 3, 2, 9, 30, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def an_identity(path: str, title: str, at: datetime | None = AT, host: str = "paper.example") -> Identity:
    url = canonical_url(f"https://{host}{path}")
    return Identity(url, title, at, AT, slug_of(url))


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://a.example/news/2026/8/13/Ferry-line-reopens-after-years", "ferry-line-reopens-after-years"),
        ("https://a.example/ferry-line-reopens-after-years.html?x=1", "ferry-line-reopens-after-years"),
        ("https://a.example/ferry-line-reopens-after-years/12345", "ferry-line-reopens-after-years"),
        ("https://a.example/news/246928/Iran_Pakistan_must_lead", "iran_pakistan_must_lead"),
        (
            "https://a.example/%D8%A7%D9%81%D8%AA%D8%AA%D8%A7%D8%AD-%D8%AE%D8%B7-%D8%A7%D9%84%D8%B9%D8%A8-%D8%A8%D8%AD%D8%B1",
            "افتتاح-خط-العب-بحر",
        ),
        ("https://a.example/news/articles/c5y49xp2wrno", ""),
        ("https://a.example/news/daily-briefing", ""),
        ("https://a.example/?p=12", ""),
        ("http://[", ""),
    ],
)
def test_a_slug_has_words(url: str, slug: str) -> None:
    """The last part of an address with at least four words; keys and sections have none."""
    assert slug_of(url) == slug


@given(st.text(max_size=80))
def test_any_text_has_a_slug_or_none(text: str) -> None:
    """Nothing fails; a slug has its words."""
    slug = slug_of(f"https://a.example/{text}")
    assert not slug or len(slug) > FEWEST_SLUG_WORDS


@pytest.mark.parametrize(
    ("known", "listed"),
    [
        # A section's copy, a moved date, and a headline written anew.
        (
            an_identity("/world/ferry-sinks-off-harbour-town", "Ferry sinks"),
            an_identity("/region/ferry-sinks-off-harbour-town", "Twelve die in the bay", AT + HOUR),
        ),
        # The same moment and a headline that says more; a new death toll is an update.
        (an_identity("/1", "Ferry sinks off town"), an_identity("/2", "Ferry sinks off town, captain arrested")),
        (an_identity("/1", "Two killed as ferry sinks"), an_identity("/2", "Four killed as ferry sinks")),
        (
            an_identity("/a/ferry-sinks-off-harbour-town", "Ferry sinks"),
            an_identity("/b/ferry-sinks-off-harbour-town", "Ferry sinks", AT + 2 * HOUR),
        ),
    ],
)
def test_one_article_under_two_addresses(known: Identity, listed: Identity) -> None:
    """The slug, or the moment with a headline like it, finds an article again."""
    assert is_same(known, listed)
    assert is_same(listed, known)


COLUMN = "The morning news in brief"


@pytest.mark.parametrize(
    ("known", "listed"),
    [
        # A daily column: word for word, with and without a slug.
        (an_identity("/1", COLUMN), an_identity("/2", COLUMN, AT + DAY)),
        (
            an_identity("/1/the-morning-news-in-brief", COLUMN),
            an_identity("/2/the-morning-news-in-brief", COLUMN, AT + DAY),
        ),
        # Numbers that cannot both be right.
        (
            an_identity("/1/militants-arrested-in-northern-city", "Two militants arrested"),
            an_identity("/2/militants-arrested-in-northern-city", "Four militants arrested", AT + HOUR),
        ),
        (
            an_identity("/1/the-day-in-the-harbour", "The day in the harbour: July 18"),
            an_identity("/2/the-day-in-the-harbour", "The day in the harbour: July 19", AT + HOUR),
        ),
        # Another site, a bare date, no date, another subject, a slug of last month.
        (an_identity("/1", "Ferry sinks"), an_identity("/2", "Ferry sinks", AT, "wire.example")),
        (
            an_identity("/1", "Ferry sinks", AT.replace(hour=0, minute=0, second=0)),
            an_identity("/2", "Ferry sinks", AT.replace(hour=0, minute=0, second=0)),
        ),
        (an_identity("/1", "Ferry sinks", None), an_identity("/2", "Ferry sinks", None)),
        (an_identity("/1", "Ferry sinks off town"), an_identity("/2", "Minister resigns over budget")),
        (
            an_identity("/1/the-harbour-in-ten-pictures", "Storm"),
            an_identity("/2/the-harbour-in-ten-pictures", "Calm", AT + 30 * DAY),
        ),
    ],
)
def test_two_articles_that_are_alike(known: Identity, listed: Identity) -> None:
    """Columns, counts, other sites and dates without a time are two articles."""
    assert not is_same(known, listed)
    assert not is_same(listed, known)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Two militants and 3 cars", {"2", "3"}),
        ("Douze morts, 1.200 blessés", {"12", "1200"}),
        ("مقتل ١٤ واصابة خمسة", {"14", "5"}),
        ("No number at all", set()),
    ],
)
def test_numbers_are_numbers_in_words_too(text: str, numbers: set[str]) -> None:
    """Digits of any script, and the small numbers of five languages."""
    assert numbers_in(text) == numbers


def test_a_number_more_is_no_contradiction() -> None:
    """One headline may count what the other leaves out; two about other things do not contradict each other."""
    assert not is_contradiction("Ferry sinks off town", "Ferry sinks off town, 12 dead")
    assert not is_contradiction("Budget of 3 millions passed", "Ferry sinks, 12 dead")
    assert is_contradiction("Ferry sinks, two dead", "Ferry sinks, 12 dead")


@given(st.text(max_size=30), st.text(max_size=30))
def test_likeness_is_mutual(one: str, other: str) -> None:
    """Between 0 and 100, whichever headline comes first."""
    assert headline_likeness(one, other) == headline_likeness(other, one)
    assert 0 <= headline_likeness(one, other) <= 100


def test_the_first_question_decides() -> None:
    """Guid before address before slug and moment; what the answer lists itself is no other's old headline."""
    register = Register({"g": 1})
    register.add(1, an_identity("/1", "Old"))
    register.add(2, an_identity("/2", "Ferry sinks off town"))
    assert register.find_exactly("g", an_identity("/2", "x")) == 1
    assert register.find_exactly("h", an_identity("/2", "x")) == 2
    again = an_identity("/3", "Ferry sinks off town, captain arrested")
    assert register.find_exactly("h", again) is None
    assert register.find_alike(again, ()) == 2
    assert register.find_alike(again, {2}) is None
