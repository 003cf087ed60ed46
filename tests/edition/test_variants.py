"""What is left of an edition for readers of chosen sections."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.edition.choosing.sections import left_of
from newsletter.edition.rendering.selection import Selection
from newsletter.edition.rendering.slots import Slot, personal
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition, Wish, get_contents, get_edition
from newsletter.edition.variants import MOST, variants_of
from tests.edition.editing import Editing
from tests.edition.rendering.builders import an_article

SECTIONS = ("Sport", "Politics", "Culture", "sport", "")


def selection(*sections: str, blog_posts: int = 0) -> Selection:
    """Return a selection of articles in these sections, the last so many of them blog posts."""
    articles = tuple(an_article(number, section=each) for number, each in enumerate(sections, start=1))
    return Selection(articles[: len(articles) - blog_posts], articles[len(articles) - blog_posts :])


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["Sport", "World"], "Sport"),
        (["culture", "SPORT"], "Culture\nSport"),
        (["Sport", "Politics", "Culture"], "Culture\nPolitics\nSport"),
        (["World"], None),
        ([], None),
    ],
)
def test_what_a_choice_leaves(wanted: list[str], expected: str | None) -> None:
    """Named by what is in the edition, not by what was chosen; an article without a section is of no choice."""
    assert expected == left_of(["Sport", "Politics", "Culture", ""], wanted)


def test_all_of_it_is_the_edition_itself() -> None:
    """A choice that leaves everything has no content of its own, and neither has one that leaves nothing."""
    assert "" == left_of(["Sport", "sport"], ["SPORT"])
    assert ([], 0) == variants_of(selection("Sport", "Sport"), [(["Sport"], 3), (["World"], 2)])


def test_readers_who_are_left_the_same_share_it() -> None:
    """However they chose, and in the order of the edition."""
    whole = selection("Sport", "World", "sport", "World", blog_posts=1)
    (variant,), others = variants_of(whole, [(["Sport"], 3), (["Sport", "Arts"], 2)])
    assert ("Sport", 0) == (variant.sections.title(), others)
    assert [1, 3] == [each.article_id for each in variant.selection.articles]
    assert () == variant.selection.blog_posts


def test_most_readers_come_first() -> None:
    """There is room for so many; all others are counted, because they get everything."""
    names = [f"Section {number:02}" for number in range(MOST + 3)]
    variants, others = variants_of(selection(*names), [([name], 10 + count) for count, name in enumerate(names)])
    assert names[:2:-1] == [each.sections for each in variants]
    assert 10 + 11 + 12 == others


@settings(deadline=None)
@given(st.lists(st.sampled_from(SECTIONS), min_size=1), st.lists(st.sampled_from(SECTIONS[:4])))
def test_what_is_left_is_what_was_chosen(sections: Sequence[str], wanted: Sequence[str]) -> None:
    """No article of another section, and none missing."""
    whole = selection(*sections)
    keys = {each.casefold() for each in wanted}
    expected = [each.article_id for each in whole.articles if each.section.casefold() in keys]
    variants, _ = variants_of(whole, [(wanted, 1)])
    if variants:
        assert expected == [each.article_id for each in variants[0].selection.articles]
        assert 0 < len(expected) < len(sections)
    else:
        assert len(expected) in {0, len(sections)}


def made(editing: Editing, *choices: tuple[tuple[str, ...], int]) -> int:
    """Return an edition of five articles, one of them a blog post, as its readers' choices of sections want it."""

    def wishes(_: sa.Connection, __: Edition) -> list[tuple[tuple[str, ...], int]]:
        return list(choices)

    editing.workshop = replace(editing.workshop, section_wishes=wishes)
    editing.set(max_per_source=8, min_articles=1)
    editing.lists(1, 3, section="Politics")
    editing.lists(2, 4, section="Sport")
    return editing.make()


def test_each_has_its_content(editing: Editing) -> None:
    """In every language, after the whole; with headlines of its own, and nothing of what was not chosen."""
    editing.set(languages="ar")
    edition_id = made(editing, (("Sport",), 3))
    contents = get_contents(editing.connection, edition_id, with_sections=True)
    wishes = [Wish(each.language, each.sections) for each in contents]
    assert [Wish("en"), Wish("ar"), Wish("en", "Sport"), Wish("ar", "Sport")] == wishes
    assert contents[:2] == get_contents(editing.connection, edition_id)
    whole, _, english, arabic = contents
    for each in (english, arabic):
        for part in (each.text, each.html):
            assert ["Headline2", "Headline4"] == sorted(set(re.findall(r"Headline\d", part)))
    assert "Headline2 and 1 more" == english.subject
    assert {"Headline1", "Headline2", "Headline3", "Headline4"} == set(re.findall(r"Headline\d", whole.text))
    assert ["Politics", "Politics", "Sport", "Sport"] == sorted(
        row.section for row in editing.articles(edition_id)
    )


@pytest.mark.parametrize("language", ["en", "ar"])
def test_its_links_are_the_edition_s(editing: Editing, language: str) -> None:
    """A counted link leads where the edition's link of that number does; a vote is for the article's own place."""
    editing.set(track_clicks=True, recommend=True, languages="ar")
    edition_id = made(editing, (("Sport",), 3), (("Politics",), 2))
    places = {row.url: row.place for row in editing.articles(edition_id)}
    contents = get_contents(editing.connection, edition_id, with_sections=True)
    assert 1 == len({each.links for each in contents})
    seen = set()
    for each in contents:
        if each.language != language:
            continue
        click = re.escape(personal(each.marker, Slot.CLICK))
        followed = re.findall(rf"{click}/(\d+)", each.text)
        urls = [each.links[int(number) - 1] for number in followed]
        assert sorted(set(re.findall(r"Headline(\d)", each.text))) == sorted(url[-1] for url in set(urls))
        voted = {int(place) for place in re.findall(rf"{click}/r(\d+)", each.text)}
        assert {places[url] for url in urls} == voted
        assert set(re.findall(rf"{click}/r?\d+", each.text)) == set(re.findall(rf"{click}/r?\d+", each.html))
        seen.add((each.sections, frozenset(urls)))
    assert {"", "Sport", "Politics"} == {sections for sections, _ in seen}


def test_who_gets_everything_is_noted(editing: Editing) -> None:
    """More ways to choose than contents: the edition says how many readers that meets."""
    editing.set(max_per_source=30, top_stories=20, min_articles=1, section_share=100)
    choices = [((f"Section {number}",), 20 - number) for number in range(14)]
    for number in range(14):
        editing.lists(number, section=f"Section {number}")

    def wishes(_: sa.Connection, __: Edition) -> list[tuple[tuple[str, ...], int]]:
        return list(choices)

    editing.workshop = replace(editing.workshop, section_wishes=wishes)
    edition = get_edition(editing.connection, editing.make())
    assert EditionState.READY is edition.state
    told = f"15 readers who chose sections get the whole edition: {MOST} selections are made of it at most."
    assert told in edition.notes
    contents = get_contents(editing.connection, edition.id, with_sections=True)
    assert MOST == sum(bool(each.sections) for each in contents)
