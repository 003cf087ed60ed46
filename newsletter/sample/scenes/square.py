"""Scenes of the square: the library, the market."""

import math

from newsletter.sample.scenes.canvas import HEIGHT, WIDTH, Canvas, Colour, colour, mix, ridge
from newsletter.sample.scenes.figures import LAMP, person, stars, tree, window

_DOOR = 2
"""Which of the openings between the columns, from 0, is the door."""
_STALL_WIDTH = 250


def _columns(canvas: Canvas, left: float, width: float, stone: Colour) -> None:
    for number in range(6):
        x = left + 22 + number * (width - 68) / 5
        canvas.box(x, 300, (24, 190), mix(stone, (255, 255, 255), 0.25))
        canvas.box(x + 15, 300, (9, 190), (0, 0, 0), 0.14)
        canvas.box(x - 5, 294, (34, 9), stone)
        canvas.box(x - 5, 484, (34, 9), stone)
    for number in range(5):
        gap = (width - 68) / 5
        x = left + 22 + 24 + number * gap + (gap - 24) / 2
        window(canvas, x - 18, 340, (36, 130 if number == _DOOR else 92), mix(stone, (30, 20, 30), 0.6))


def _forecourt(canvas: Canvas, middle: float, night: Colour) -> None:
    for x in (middle - 520, middle + 520, middle - 620, middle + 640):
        tree(canvas, (x, 570), canvas.chance.uniform(1.2, 1.6), mix(night, (50, 84, 66), 0.45))
    for x in (middle - 350, middle + 350):
        canvas.box(x - 3, 410, (6, 160), mix(night, (0, 0, 0), 0.4))
        canvas.disc((x, 404), 12, (255, 240, 200))
        canvas.glow((x, 404), 120, LAMP, 0.8)
    for _ in range(6):
        at = (middle + canvas.chance.uniform(-420, 420), canvas.chance.uniform(575, 640))
        person(
            canvas, at, 0.9, mix(night, canvas.chance.choice(((170, 70, 60), (60, 110, 130), (190, 150, 80))), 0.5)
        )


def _pediment(canvas: Canvas, middle: float, shade: Colour, night: Colour) -> None:
    canvas.box(middle - 266, 270, (532, 24), mix(shade, (255, 240, 220), 0.22))
    canvas.shape([(middle - 276, 270), (middle, 176), (middle + 276, 270)], mix(shade, (255, 240, 220), 0.16))
    canvas.shape([(middle - 210, 260), (middle, 190), (middle + 210, 260)], mix(shade, night, 0.25))
    canvas.disc((middle, 234), 20, mix(shade, (255, 250, 235), 0.7))
    canvas.line([(middle, 234), (middle, 221)], night, 2)
    canvas.line([(middle, 234), (middle + 9, 239)], night, 2)
    canvas.box(middle - 34, 122, (68, 62), mix(shade, night, 0.15))
    canvas.shape([(middle - 42, 122), (middle, 66), (middle + 42, 122)], mix(night, (40, 90, 90), 0.35))
    canvas.disc((middle, 152), 15, LAMP, 0.9)


def library(canvas: Canvas) -> None:
    """Draw a public building with columns at closing time."""
    codes = canvas.palette(
        (("22305c", "d98f76", "c9a98a"), ("1f3d55", "e6a877", "cbb39a"), ("33294f", "d77f86", "b99c98"))
    )
    night, glow, stone = (colour(code) for code in codes)
    canvas.gradient([(0, night), (0.8, glow), (1, mix(glow, (255, 230, 190), 0.5))], 0, 560)
    stars(canvas, 60, 200)
    canvas.land(ridge(canvas.chance, 470, 40), mix(night, glow, 0.35))
    middle = WIDTH / 2 + canvas.chance.uniform(-120, 120)
    shade = mix(stone, night, 0.35)
    for side in (-1, 1):
        left = middle - 470 if side < 0 else middle + 250
        canvas.box(left, 330, (220, 170), mix(shade, night, 0.18))
        canvas.box(left - 8, 320, (236, 12), shade)
        for number in range(3):
            window(canvas, left + 26 + number * 66, 366, (34, 86), mix(shade, night, 0.6))
    canvas.box(middle - 250, 286, (500, 216), shade)
    canvas.glow((middle, 420), (560, 260), LAMP, 0.4)
    _columns(canvas, middle - 236, 472, mix(shade, (255, 240, 220), 0.12))
    _pediment(canvas, middle, shade, night)
    for step in range(5):
        canvas.box(
            middle - 280 - step * 16,
            500 + step * 11,
            (560 + step * 32, 12),
            mix(shade, (255, 240, 220), 0.3 - step * 0.06),
        )
    canvas.gradient([(0, mix(night, stone, 0.32)), (1, mix(night, (0, 0, 0), 0.3))], 552)
    canvas.glow((middle, 590), (700, 110), LAMP, 0.35)
    _forecourt(canvas, middle, night)


def _awning(canvas: Canvas, left: float, top: float, cloth: Colour) -> None:
    width = _STALL_WIDTH
    stripes = 10
    for stripe in range(stripes):
        fill = cloth if stripe % 2 else (246, 238, 222)
        x, wide = left - 16 + stripe * (width + 32) / stripes, (width + 32) / stripes
        slant = (left + width / 2 - x - wide / 2) * 0.14
        canvas.shape(
            [(x + slant, top - 26), (x + wide + slant * 0.9, top - 26), (x + wide, top + 34), (x, top + 34)], fill
        )
        canvas.disc((x + wide / 2, top + 34), (wide / 2, 12), fill)
    canvas.shape(
        [
            (left - 16, top + 26),
            (left + width + 16, top + 26),
            (left + width + 16, top + 34),
            (left - 16, top + 34),
        ],
        (0, 0, 0),
        0.12,
    )


def _stall(canvas: Canvas, left: float, base: float, tints: tuple[Colour, Colour]) -> None:
    cloth, dark = tints
    width, top = _STALL_WIDTH, base - 232
    for pole in (10, width - 18):
        canvas.box(left + pole, top + 20, (8, 212), dark)
    canvas.box(left + 14, top + 60, (width - 28, 110), mix(dark, LAMP, 0.22))
    canvas.glow((left + width / 2, top + 96), (210, 120), LAMP, 0.75)
    canvas.disc((left + width / 2, top + 72), 8, (255, 244, 210))
    canvas.box(left, base - 72, (width, 72), mix(cloth, dark, 0.55))
    for plank in range(6):
        canvas.box(left + plank * 42, base - 72, (2, 72), dark, 0.5)
    canvas.box(left - 8, base - 84, (width + 16, 14), mix(dark, (240, 220, 190), 0.5))
    for crate in range(5):
        x, tint = (
            left + 8 + crate * 48,
            canvas.chance.choice(("d9853b", "b9c4c9", "7c9a4c", "c2473d", "e3c15b", "93a9b5")),
        )
        for _ in range(16):
            centre = (x + canvas.chance.uniform(5, 36), base - 90 - canvas.chance.uniform(0, 13))
            canvas.disc(
                centre, canvas.chance.uniform(4.5, 7), mix(colour(tint), dark, canvas.chance.uniform(0, 0.3))
            )
        canvas.box(x, base - 94, (42, 12), mix(dark, (196, 150, 104), 0.6))
    _awning(canvas, left, top, cloth)


def market(canvas: Canvas) -> None:
    """Draw market stalls under striped awnings."""
    codes = canvas.palette((("273a5e", "e9a477", "f6d7a7"), ("3b3358", "db8a7a", "f7d3a0")))
    high, low, pale = (colour(code) for code in codes)
    canvas.gradient([(0, high), (0.7, low), (1, pale)], 0, 520)
    x = -30.0
    while x < WIDTH:
        width, wall = canvas.chance.uniform(90, 150), canvas.chance.uniform(150, 235)
        shade = mix(high, low, canvas.chance.uniform(0.22, 0.42))
        canvas.shape([(x, 540), (x, wall), (x + width / 2, wall - 62), (x + width, wall), (x + width, 540)], shade)
        for number in range(6):
            if canvas.happens(0.5):
                at = (x + 18 + number % 3 * width * 0.3, wall + 18 + number // 3 * 56)
                canvas.box(*at, (17, 26), LAMP, 0.7)
        x += width
    canvas.gradient([(0, mix(high, pale, 0.4)), (1, mix(high, (10, 10, 20), 0.35))], 520)
    for _ in range(120):
        y = canvas.chance.uniform(530, HEIGHT)
        canvas.disc((canvas.chance.uniform(0, WIDTH), y), ((y - 500) * 0.22, (y - 500) * 0.04), pale, 0.05)
    rope = [(x, 148 + 46 * math.sin(x % 400 / 400 * math.pi)) for x in range(-10, WIDTH + 20, 10)]
    canvas.line(rope, mix(high, (0, 0, 0), 0.5), 2)
    for x, y in rope[3::5]:
        canvas.disc((x, y + 7), 5, (255, 240, 195))
        canvas.glow((x, y + 7), 34, LAMP, 0.7)
    clothes = canvas.chance.sample(
        [colour(code) for code in ("b5473c", "2f6f73", "d29a3a", "3f5a8c", "6c8a4e")], 4
    )
    start = canvas.chance.uniform(-60, 0)
    dark = mix(high, (16, 12, 20), 0.6)
    for number in range(4):
        _stall(canvas, start + number * 315, 560, (clothes[number], dark))
    for _ in range(9):
        at = (canvas.chance.uniform(40, 1160), canvas.chance.uniform(600, 668))
        coat = mix(canvas.chance.choice(clothes), dark, canvas.chance.uniform(0.25, 0.6))
        person(canvas, at, at[1] / 430, coat)
