"""What a newsletter's mails say of the newsletter itself."""

from dataclasses import replace

import pytest

from newsletter.edition.look.theme import read_theme
from newsletter.edition.rendering.paper import Paper, lay_out_paper
from newsletter.edition.rendering.selection import Masthead
from tests.edition.rendering.builders import MASTHEAD, OURS

THEME = read_theme("broadsheet", [OURS])


def as_it_is(value: str, /, *, may_shrink: bool = False) -> str:
    return value


def printed(masthead: Masthead) -> Paper:
    return lay_out_paper(masthead, THEME, "https://news.example", as_it_is)


def test_the_paper_is_mirrored_for_arabic() -> None:
    """Start and end are the reader's, not the compass's."""
    english = printed(MASTHEAD)
    arabic = printed(replace(MASTHEAD, language="ar-JO"))

    assert (english.dir, english.start, english.end) == ("ltr", "left", "right")
    assert (arabic.dir, arabic.start, arabic.end) == ("rtl", "right", "left")
    assert english.postal_address == ("12 Quay Street", "0150 Oslo")


@pytest.mark.parametrize(("expected", "letters"), [("large", 10), ("medium", 20), ("small", 40)])
def test_a_long_name_is_set_smaller(expected: str, letters: int) -> None:
    """The masthead fits a phone."""
    assert expected == printed(replace(MASTHEAD, name="n" * letters)).name_size
