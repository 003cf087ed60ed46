"""Colours that can be read, whatever a publisher chose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.edition.look.colour import contrast, is_readable, mixed, parse, readable
from newsletter.errors import ContentError

PAPER, NIGHT = ("#ffffff", "#f6f2ea", "#ecebe8"), ("#1b1c1f", "#25262a", "#101113")
HEX = st.integers(min_value=0, max_value=0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(colour=HEX)
def test_every_colour_becomes_readable_on_every_ground(colour: str) -> None:
    """WCAG's 4.5 to 1 holds on paper and in the dark, on each of the grounds that text stands on."""
    for grounds in (PAPER, NIGHT):
        shown = readable(colour, grounds)
        assert all(contrast(parse(shown), parse(ground)) >= 4.5 for ground in grounds)
        assert all(is_readable(shown, ground) for ground in grounds)


def test_a_readable_colour_stays_as_it_is() -> None:
    """A publisher's own red is printed in that red."""
    assert "#9b1c1f" == readable("#9b1c1f", PAPER)


def test_the_known_ends_of_contrast() -> None:
    """Black on white is 21 to 1, and nothing on itself 1 to 1 (WCAG 2.2)."""
    assert pytest.approx(21) == contrast((0, 0, 0), (255, 255, 255))
    assert pytest.approx(1) == contrast((12, 34, 56), (12, 34, 56))


def test_a_mixture_has_its_share_of_both() -> None:
    """Half of black in white is the middle grey; nothing of it leaves white."""
    assert ("#808080", "#ffffff") == (mixed("#ffffff", "#000000", 0.5), mixed("#ffffff", "#000000", 0))


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "", "#1234567", "url(x)"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    """Nothing else can get into a style sheet."""
    with pytest.raises(ContentError, match="not a colour"):
        readable(colour, PAPER)
