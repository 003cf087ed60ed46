"""A newsletter's one colour, kept readable on paper and in the dark."""

import re

from newsletter.errors import ContentError

_PAPER = (255, 255, 255)
_NIGHT = (27, 28, 31)
_READABLE = 4.6  # WCAG 2.2 asks for 4.5 : 1; the rest is for rounding
_STEPS = 20

_Rgb = tuple[int, int, int]


def on_paper(accent: str) -> str:
    """Return the accent, darkened until it can be read on white. Raises ContentError if it is no #rrggbb."""
    return _readable(_parse(accent), _PAPER, (0, 0, 0))


def in_the_dark(accent: str) -> str:
    """Return the accent, lightened until it can be read on the dark page. Raises as ``on_paper``."""
    return _readable(_parse(accent), _NIGHT, _PAPER)


def contrast(one: _Rgb, other: _Rgb) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _parse(accent: str) -> _Rgb:
    if not re.fullmatch("#[0-9a-fA-F]{6}", accent):
        raise ContentError(f"{accent!r} is not a colour.", "Write it as #rrggbb.")
    return int(accent[1:3], 16), int(accent[3:5], 16), int(accent[5:7], 16)


def _readable(colour: _Rgb, ground: _Rgb, towards: _Rgb) -> str:
    for step in range(_STEPS + 1):
        share = step / _STEPS
        mixed = tuple(round(a + (b - a) * share) for a, b in zip(colour, towards, strict=True))
        red, green, blue = mixed
        if contrast((red, green, blue), ground) >= _READABLE:
            break
    return f"#{red:02x}{green:02x}{blue:02x}"


def _luminance(colour: _Rgb) -> float:
    low_end = 0.04045
    red, green, blue = (
        part / 12.92 if part <= low_end else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
