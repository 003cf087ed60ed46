"""Colours kept readable: on paper and in the dark, whatever a publisher chose (WCAG 2.2)."""

import re
from collections.abc import Iterable

from newsletter.errors import ContentError

TEXT = 4.5
"""The contrast that WCAG 2.2 asks of text (success criterion 1.4.3)."""

_READABLE = 4.6  # a little more than is asked, for rounding
_STEPS = 20
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)

_Rgb = tuple[int, int, int]


def readable(colour: str, grounds: Iterable[str]) -> str:
    """Return the colour, darkened or lightened until it can be read on every one of the grounds.

    All are written #rrggbb. Where the grounds have no such colour between them, what comes nearest is returned.
    Raises ContentError for what is no colour.
    """
    start, behind = parse(colour), [parse(ground) for ground in grounds]
    towards = max((_BLACK, _WHITE), key=lambda end: min(contrast(end, ground) for ground in behind))
    mixed = start
    for step in range(_STEPS + 1):
        mixed = _between(start, towards, step / _STEPS)
        if all(contrast(mixed, ground) >= _READABLE for ground in behind):
            break
    return _written(mixed)


def mixed(one: str, other: str, share: float) -> str:
    """Return the first colour with a share, 0 to 1, of the other in it. Raises ContentError for no colour."""
    return _written(_between(parse(one), parse(other), share))


def is_readable(colour: str, ground: str) -> bool:
    """Whether text of the colour can be read on the ground. Raises ContentError for what is no colour."""
    return contrast(parse(colour), parse(ground)) >= TEXT


def contrast(one: _Rgb, other: _Rgb) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def parse(colour: str) -> _Rgb:
    """Return red, green and blue, 0 to 255 each. Raises ContentError for what is not written #rrggbb."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise ContentError(f"{colour!r} is not a colour.", "Write it as #rrggbb.")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _between(one: _Rgb, other: _Rgb, share: float) -> _Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _written(colour: _Rgb) -> str:
    red, green, blue = colour
    return f"#{red:02x}{green:02x}{blue:02x}"


def _luminance(colour: _Rgb) -> float:
    low_end = 0.04045
    red, green, blue = (
        part / 12.92 if part <= low_end else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
