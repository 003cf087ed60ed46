"""Plain text in lines that a terminal can show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.edition.words.wording import isolate, plain
from newsletter.edition.words.wrapping import LINE, columns, wrap

LEFT, RIGHT = "\u200e", "\u200f"


@given(text=st.text(), indent=st.sampled_from(["", "   "]), direction=st.sampled_from(["", "ltr", "rtl"]))
def test_wrapped_lines_fit(text: str, indent: str, direction: str) -> None:
    """No line is wider than 72 columns, whatever the letters, and nothing but white space is lost."""
    wrapped = wrap(plain(text), indent, direction)
    assert all(columns(line) <= LINE for line in wrapped.split("\n"))
    kept = "".join(each for each in wrapped if each not in f" \n{LEFT}{RIGHT}")
    assert "".join(each for each in plain(text) if each not in f" \n{LEFT}{RIGHT}") == kept


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (5, "plain"),
        (4, "漢字"),
        (2, "👩"),
        (3, "كَتَ" + "ب"),
        (1, "e\u0301"),
        (2, isolate("GP")),
    ],
)
def test_letters_are_as_wide_as_a_terminal_shows_them(expected: int, text: str) -> None:
    """Ideographs and emoji take two columns; vowel marks, accents and isolates none."""
    assert expected == columns(text)


def test_ideographs_fill_half_as_many_places() -> None:
    """36 of them make a line."""
    assert ["漢" * 36, "漢" * 4] == wrap("漢" * 40).split("\n")


def test_vowel_marks_make_no_line_shorter() -> None:
    """Vocalised Arabic has as many words in a line as the same text without its marks."""
    bare = "كتب " * 30
    vocalised = bare.replace("ت", "تَ")
    assert len(wrap(bare.strip()).split("\n")) == len(wrap(vocalised.strip()).split("\n")) == 2


def test_a_word_is_not_cut_inside_a_letter() -> None:
    """An accent stays with its letter, and a joined emoji whole."""
    for letter in ("e\u0301", "👩\u200d🚀"):
        for line in wrap(letter * 90).split("\n"):
            assert "" == line.replace(letter, "")


@pytest.mark.parametrize(
    ("expected", "text", "direction"),
    [
        (f"{RIGHT}GPT 5 وصل", "GPT 5 وصل", "rtl"),
        ("وصل GPT 5", "وصل GPT 5", "rtl"),
        (f"{isolate('Ann')} كتبت", f"{isolate('Ann')} كتبت", "rtl"),
        (f"{LEFT}وصل, it said", "وصل, it said", "ltr"),
        ("It said وصل", "It said وصل", "ltr"),
        ("2026", "2026", "ltr"),
        (f"{RIGHT}2026", "2026", "rtl"),
        ("GPT 5 وصل", "GPT 5 وصل", ""),
    ],
)
def test_each_line_runs_as_its_text_does(expected: str, text: str, direction: str) -> None:
    """A mark stands only where a line's first letters would turn it around."""
    assert expected == wrap(text, direction=direction)


def test_the_second_line_runs_the_same_way() -> None:
    """Every line of a paragraph is a paragraph of its own to a program that shows plain text."""
    lines = wrap("كلمة " * 14 + "NATO " + "كلمة " * 3, "   ", "rtl").split("\n")
    assert ["كلمة"[0], RIGHT] == [line.lstrip()[0] for line in lines]


def test_ends_of_lines_stay() -> None:
    """A text of several lines keeps them."""
    assert "one\ntwo" == wrap("one\ntwo")


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_is_no_line(text: str) -> None:
    """An empty text leaves nothing behind."""
    assert "" == wrap(text, "   ").strip()
