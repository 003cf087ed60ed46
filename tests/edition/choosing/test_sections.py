"""The sections that readers may choose among."""

from datetime import timedelta

import pytest

from newsletter.edition.choosing.sections import LOOK_BACK, MOST, are_of_sections, list_sections, offered
from tests.edition.editing import Editing


def test_one_spelling_each() -> None:
    """Of several spellings the most usual is offered, in alphabetical order, whatever their case and spaces."""
    counted = [("sport", 2), ("Sport", 3), ("  World  news ", 1), ("world news", 1), ("Arts", 1), ("", 9)]
    assert ["Arts", "Sport", "World news"] == offered(counted)


def test_no_more_than_anybody_reads() -> None:
    """The most used are offered; a sentence or a control character is no section."""
    counted = [(f"Section {number:02}", number) for number in range(MOST + 3)]
    assert [name for name, _ in counted[3:]] == offered([*counted, ("x" * 61, 99), ("Sp\x07ort", 99)])


def test_what_came_in_lately(editing: Editing) -> None:
    """Sections of the newsletter's own sources, of the last days, and of nothing that was taken back."""
    editing.lists(1, 2, section="Sport")
    editing.lists(3, section="sport")
    editing.lists(4, section="Culture", source="blog")
    editing.lists(5, section="Gone")
    editing.change(5, withdrawn_at=editing.now)
    editing.lists(6, section="Old")
    editing.change(6, first_seen_at=editing.now - LOOK_BACK - timedelta(minutes=1))
    found = list_sections(editing.connection, editing.newsletter.id, editing.now)
    assert ["Culture", "Sport"] == found
    assert [] == list_sections(editing.connection, editing.newsletter.id + 1, editing.now)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(["sport"], [True, True, False, False]), ([], [False] * 4), (["SPORT", "Arts"], [True, True, True, False])],
)
def test_an_article_of_a_section(wanted: list[str], expected: list[bool]) -> None:
    """However it is spelt; an article without a section is of none."""
    assert expected == are_of_sections(["Sport", " sport ", "arts", ""], wanted)
