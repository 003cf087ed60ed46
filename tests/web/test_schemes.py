"""A preview in the dark is the same on every screen."""

import pytest

from newsletter.edition.words.wording import plain
from newsletter.web.schemes import Scheme, in_scheme

YES, NO = "(min-width: 0px)", "(max-width: 0px)"


@pytest.mark.parametrize(
    ("given", "light", "dark"),
    [
        ("(prefers-color-scheme: dark)", NO, YES),
        ("( Prefers-Color-Scheme :DARK )", NO, YES),
        ("(prefers-color-scheme: light)", YES, NO),
        ("print, screen and (prefers-color-scheme: dark)", f"print, screen and {NO}", f"print, screen and {YES}"),
    ],
)
def test_a_style_sheets_question_is_answered(given: str, light: str, dark: str) -> None:
    """What a browser would decide by its own device is decided here."""
    for scheme, expected in ((Scheme.LIGHT, light), (Scheme.DARK, dark)):
        html = "<style>@media {} {{ p {{ color: red }} }}</style>"
        assert html.format(expected) == in_scheme(html.format(given), scheme)


def test_what_is_declared_is_one_scheme() -> None:
    """Neither canvas nor scroll bars follow the device any more."""
    html = (
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        "<style>:root { color-scheme: light dark; supported-color-schemes: light dark }</style>"
    )
    assert html.replace("light dark", "dark") == in_scheme(html, Scheme.DARK)
    assert html.replace("light dark", "light") == in_scheme(html, Scheme.LIGHT)


def test_a_logo_for_the_dark_is_chosen() -> None:
    """A picture may ask as a style sheet does."""
    html = (
        '<picture><source media="(prefers-color-scheme: dark)" srcset="dark.png"><img src="light.png"></picture>'
    )
    assert html.replace("(prefers-color-scheme: dark)", YES) == in_scheme(html, Scheme.DARK)


def test_an_articles_words_stay() -> None:
    """A headline about style sheets is a headline."""
    headline = plain("Why (prefers-color-scheme: dark) and color-scheme: light dark matter")
    html = f"<style>p {{ margin: 0 }}</style><p>{headline}</p>"
    for scheme in Scheme:
        assert html == in_scheme(html, scheme)
