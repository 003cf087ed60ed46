"""Every edition fits, whatever is in it."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from newsletter.edition.rendering.budget import Fitted, fit
from newsletter.edition.rendering.content import HTML_BUDGET, Content, Stationery
from newsletter.edition.rendering.selection import AlsoIn, ChosenArticle, Correction, Masthead, Selection
from newsletter.edition.rendering.slots import Slot, fill_html, personal, weigh
from newsletter.errors import ContentError
from tests.edition.rendering.builders import ARCHIVE, MASTHEAD, OURS, SUNDAY, VALUES, an_article, edition, full_of

STATIONERY = Stationery([OURS])
FULL = 4
WORDS = ("word ", "«كلمة» ", "\"quoted\" '&' ", "漢字漢字漢字 ", "👩\u200d🚀", "ب", "<b>&")


def fitted(selection: Selection, masthead: Masthead = MASTHEAD, languages: tuple[str, ...] = ("en",)) -> Fitted:
    return fit(
        selection,
        FULL,
        languages,
        lambda tried, language: STATIONERY.digest(tried, replace(masthead, language=language), SUNDAY, ARCHIVE),
    )


def endless(number: int, word: str, link: str = "") -> ChosenArticle:
    text = word * (10_000 // len(word.encode()))
    link = link or "https://news.example/" + "a&/" * 200
    return full_of(number, text, link, also_in=(AlsoIn(text, link[:390], ""),) * 5)


def size(content: Content) -> int:
    values = dict.fromkeys(Slot, "v" * 118) | VALUES
    return len(fill_html(content.html, content.marker, values).encode())


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=60, max_size=60),
    posts=st.integers(0, 30),
    corrections=st.integers(0, 20),
    masthead=st.sampled_from([MASTHEAD, replace(MASTHEAD, track_clicks=True, recommend=True)]),
)
def test_any_sixty_articles_fit(words: list[str], posts: int, corrections: int, masthead: Masthead) -> None:
    """Ten kilobytes in every field of sixty articles: under 80,000 bytes as mailed, with the way out."""
    articles = tuple(endless(number, word) for number, word in enumerate(words, start=1))
    wrong = (Correction(99, words[0] * 1_000, words[1] * 1_000, "https://news.example/99"),) * corrections
    selection = Selection(articles[: 60 - posts], articles[60 - posts :], wrong)
    result = fitted(selection, masthead, ("en", "ar"))
    assert ["en", "ar"] == list(result.contents)
    assert 1 == result.selection.articles[0].article_id
    assert result.notes
    for content in result.contents.values():
        assert size(content) <= HTML_BUDGET == 80_000
        assert personal(content.marker, Slot.UNSUBSCRIBE) in content.html
        page = lxml_html.document_fromstring(content.html)
        assert len(result.selection.articles) == len(page.xpath("//h3"))
        assert max(len(line.encode()) for line in content.text.splitlines()) <= 998


def test_what_fits_is_left_alone() -> None:
    """An ordinary edition is the one that was chosen, with nothing to be said of it."""
    selection = edition(*"abcdefghij", blog_posts=2)
    result = fitted(selection)
    assert (selection, ()) == (result.selection, result.notes)


def test_thirty_ordinary_articles_keep_everything() -> None:
    """The largest edition that settings allow fits with its summaries, as long as headlines are headlines."""
    stories = tuple(
        an_article(number, title="A headline of some seventy characters, as newspapers usually write them")
        for number in range(1, 31)
    )
    result = fitted(Selection(stories, ()))
    assert (stories, ()) == (result.selection.top_stories, result.notes)


@pytest.mark.parametrize("posts", [0, 12])
def test_the_least_important_gives_way_first(posts: int) -> None:
    """Summaries from the end, then pictures, then articles: briefs, blog posts, and stories only at the last."""
    articles = tuple(endless(number, "«كلمة» ") for number in range(1, 41))
    selection = Selection(articles[: 40 - posts], articles[40 - posts :])
    result = fitted(selection)
    kept, stories = result.selection, selection.top_stories
    assert stories[: len(kept.top_stories)] == tuple(
        next(each for each in stories if each.article_id == other.article_id) for other in kept.top_stories
    )
    assert kept.articles[0] == selection.articles[0]
    assert all(not each.summary for each in kept.articles[1:])
    assert len(kept.top_stories) >= FULL
    dropped = len(selection.articles) - len(kept.articles)
    assert dropped > 0
    assert "Left out to keep within the 80,000 bytes" in result.notes[0]


def test_only_as_much_gives_way_as_must() -> None:
    """One step less would have been too much."""
    stories = tuple(endless(number, "«كلمة» ", f"https://news.example/{number}") for number in range(1, 31))
    result = fitted(Selection(stories, ()))
    bare = [not each.summary for each in result.selection.articles]
    assert sorted(bare) == bare
    assert any(bare)
    assert not all(bare)
    index = bare.index(True)
    more = list(result.selection.top_stories)
    more[index] = stories[index]
    content = STATIONERY.digest(Selection(tuple(more), ()), replace(MASTHEAD, language="en"), SUNDAY, ARCHIVE)
    assert weigh(content.html, content.marker) > HTML_BUDGET
    assert (
        f"Without a summary to keep within the 80,000 bytes that mail programs show: {sum(bare)} articles."
        == (result.notes[0])
    )


def test_every_language_has_the_same_articles() -> None:
    """The one that needs most room decides for all."""
    stories = tuple(endless(number, "«كلمة» ") for number in range(1, 41))
    result = fitted(Selection(stories, ()), languages=("en", "ar", "fr"))
    headings = {
        language: len(lxml_html.document_fromstring(content.html).xpath("//h3"))
        for language, content in result.contents.items()
    }
    assert {len(result.selection.articles)} == set(headings.values())


def test_a_template_that_is_too_large_is_refused() -> None:
    """Nothing that a feed says makes the lead alone too large."""
    huge = Content("s", "", "t", "x" * 90_000, "nl0")
    with pytest.raises(ContentError, match="lead alone"):
        fit(edition("a", "b"), FULL, ("en",), lambda _selection, _language: huge)


def test_a_note_is_no_place_for_whole_headlines() -> None:
    """What was left out is named shortly and on one line, whatever a feed calls it: the note is mailed as well."""
    result = fitted(Selection(tuple(endless(number, "ab\u202ecd\n") for number in range(1, 41)), ()))
    dropped = 40 - len(result.selection.articles)
    assert dropped > 0
    assert len(result.notes[0]) < 100 * (dropped + 1)
    assert not {"\n", "\u202e"} & {*result.notes[0]}


def test_a_long_public_address_is_counted() -> None:
    """Each of a reader's own links begins with it: what is mailed fits all the same."""
    home = f"https://{'a' * 60}.{'b' * 60}.example/our/newsletters"
    values = dict.fromkeys(Slot, f"{home}/unsubscribe/{'t' * 38}") | {Slot.ADDRESS: VALUES[Slot.ADDRESS]}
    stationery, masthead = (
        Stationery([OURS], public_url=home),
        replace(MASTHEAD, track_clicks=True, recommend=True),
    )
    articles = tuple(an_article(number, summary="word " * 100) for number in range(1, 61))
    result = fit(
        Selection(articles, ()),
        30,
        ("en",),
        lambda tried, _: stationery.digest(tried, masthead, SUNDAY, ARCHIVE),
        home,
    )
    content = result.contents["en"]
    assert 0.9 * HTML_BUDGET < len(fill_html(content.html, content.marker, values).encode()) <= HTML_BUDGET
