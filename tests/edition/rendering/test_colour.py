"""The accent stays readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.edition.rendering.colour import contrast, in_the_dark, on_paper
from newsletter.errors import ContentError


def parts(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


@given(rgb=st.tuples(*[st.integers(0, 255)] * 3))
def test_any_accent_can_be_read(rgb: tuple[int, int, int]) -> None:
    """Small labels meet WCAG's 4.5 to 1 on white and on the dark page."""
    accent = f"#{bytes(rgb).hex()}"

    assert contrast(parts(on_paper(accent)), (255, 255, 255)) >= 4.5
    assert contrast(parts(in_the_dark(accent)), (27, 28, 31)) >= 4.5


def test_a_readable_accent_is_left_alone() -> None:
    """A publisher's colour changes only where it must."""
    assert on_paper("#b3261e") == "#b3261e"


@pytest.mark.parametrize("accent", ["red", "#fff", "#12345g", "#b3261e;}", ""])
def test_what_is_no_colour_is_refused(accent: str) -> None:
    """Nothing but a colour reaches the style sheet."""
    with pytest.raises(ContentError, match="colour"):
        on_paper(accent)
