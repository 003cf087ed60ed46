"""The draughtsman's tools: gradients, ridges, glows and grain.

Scenes think in points of a 1200 × 675 sheet. The sheet itself is drawn twice as large and reduced at the end,
which is what makes the edges smooth: Pillow draws shapes without antialiasing.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import TypeVar

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1200, 675
_SCALE = 2
_GLOW_SHRINK = 8
_GLOW_SHEET = (WIDTH * _SCALE // _GLOW_SHRINK + 1, HEIGHT * _SCALE // _GLOW_SHRINK + 1)
_GRAIN = 0.028

Colour = tuple[int, int, int]
Point = tuple[float, float]
_Palette = TypeVar("_Palette")


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Return the colour that lies ``share`` (0 to 1) of the way from one to the other."""
    red, green, blue = (round(first + (second - first) * share) for first, second in zip(one, other, strict=True))
    return red, green, blue


def colour(code: str) -> Colour:
    """Read a colour written as six hexadecimal digits."""
    red, green, blue = bytes.fromhex(code)
    return red, green, blue


def ridge(chance: Random, base: float, height: float, waves: int = 5) -> list[Point]:
    """Return the line of a hill range across the sheet: a sum of sines, never the same twice."""
    parts = [
        (chance.uniform(0.4, 1.0) / (wave + 1), (wave + 1) * chance.uniform(0.6, 1.3), chance.uniform(0, 7))
        for wave in range(waves)
    ]
    return [
        (x, base - height * sum(size * math.sin(x / WIDTH * 4.2 * pace + phase) for size, pace, phase in parts))
        for x in range(-10, WIDTH + 11, 6)
    ]


class Canvas:
    """One sheet. Every method draws over what is there already."""

    def __init__(self, seed: int) -> None:
        # A text seeds better than a small number: neighbouring numbers throw alike.
        self.chance = Random(f"sheet {seed}")  # noqa: S311 — the same dice each time, not secret ones
        self._seed = seed
        self._sheet = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE))
        self._pen = ImageDraw.Draw(self._sheet, "RGBA")

    def palette(self, palettes: Sequence[_Palette]) -> _Palette:
        """Take the palettes in turn, so that neighbouring seeds differ."""
        return palettes[self._seed % len(palettes)]

    def happens(self, share: float) -> bool:
        """Throw the dice: true in ``share`` (0 to 1) of all cases."""
        return self.chance.random() < share

    def gradient(self, stops: Sequence[tuple[float, Colour]], top: float = 0, bottom: float = HEIGHT) -> None:
        """Fill a band of the sheet from top to bottom; each stop is (share of the way down, colour)."""
        rows = round((bottom - top) * _SCALE)
        column = Image.new("RGB", (1, rows))
        for row in range(rows):
            share = row / max(rows - 1, 1)
            for (start, above), (end, below) in pairwise(stops):
                if start <= share <= end:
                    column.putpixel((0, row), mix(above, below, (share - start) / (end - start or 1)))
        self._sheet.paste(column.resize((WIDTH * _SCALE, rows)), (0, round(top * _SCALE)))

    def shape(self, points: Sequence[Point], fill: Colour, opacity: float = 1) -> None:
        """Fill a polygon."""
        self._pen.polygon([(x * _SCALE, y * _SCALE) for x, y in points], (*fill, round(opacity * 255)))

    def box(self, left: float, top: float, size: Point, fill: Colour, opacity: float = 1) -> None:
        """Fill a rectangle of ``size`` (width, height)."""
        width, height = size
        right, bottom = left + width, top + height
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], fill, opacity)

    def disc(self, centre: Point, radius: float | Point, fill: Colour, opacity: float = 1) -> None:
        """Fill a circle, or an ellipse when ``radius`` is a pair."""
        across, down = radius if isinstance(radius, tuple) else (radius, radius)
        x, y = centre
        corners = [(x - across) * _SCALE, (y - down) * _SCALE, (x + across) * _SCALE, (y + down) * _SCALE]
        self._pen.ellipse(corners, (*fill, round(opacity * 255)))

    def line(self, points: Sequence[Point], fill: Colour, width: float = 2, opacity: float = 1) -> None:
        """Draw a line through the points."""
        stroke = max(round(width * _SCALE), 1)
        path = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._pen.line(path, (*fill, round(opacity * 255)), stroke, joint="curve")

    def land(self, crest: Sequence[Point], fill: Colour, opacity: float = 1) -> None:
        """Fill everything below a crest line."""
        self.shape([*crest, (WIDTH + 20, HEIGHT + 20), (-20, HEIGHT + 20)], fill, opacity)

    def glow(self, centre: Point, radius: float | Point, fill: Colour, strength: float = 0.6) -> None:
        """Add light that fades out from a centre."""
        across, down = radius if isinstance(radius, tuple) else (radius, radius)
        shrink = _SCALE / _GLOW_SHRINK
        light = Image.new("L", _GLOW_SHEET)
        x, y = centre[0] * shrink, centre[1] * shrink
        wide, high = across * shrink / 2, down * shrink / 2
        ImageDraw.Draw(light).ellipse((x - wide, y - high, x + wide, y + high), round(255 * strength))
        self._light(light.filter(ImageFilter.GaussianBlur(max(wide, high) / 1.6)), fill)

    def beam(self, points: Sequence[Point], fill: Colour, strength: float = 0.4, blur: float = 12) -> None:
        """Add light inside a polygon with soft edges."""
        shrink = _SCALE / _GLOW_SHRINK
        light = Image.new("L", _GLOW_SHEET)
        outline = [(x * shrink, y * shrink) for x, y in points]
        ImageDraw.Draw(light).polygon(outline, round(255 * strength))
        self._light(light.filter(ImageFilter.GaussianBlur(blur * shrink)), fill)

    def _light(self, mask: Image.Image, fill: Colour) -> None:
        found = mask.getbbox()
        if found is None:
            return
        left, top, right, bottom = (edge * _GLOW_SHRINK for edge in found)
        under = self._sheet.crop((left, top, right, bottom))
        lit = ImageChops.screen(under, Image.new("RGB", under.size, fill))
        self._sheet.paste(lit, (left, top), mask.crop(found).resize(under.size, Image.Resampling.BICUBIC))

    def finish(self) -> Image.Image:
        """Return the picture at its real size, with the grain of printed paper."""
        small = self._sheet.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        noise = Image.frombytes("L", (WIDTH, HEIGHT), self.chance.randbytes(WIDTH * HEIGHT))
        return Image.blend(small, Image.merge("RGB", (noise,) * 3), _GRAIN)
