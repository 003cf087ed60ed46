"""Scenes of the coast: islands at first light, the road under the cliffs."""

import math

from newsletter.sample.scenes.canvas import WIDTH, Canvas, Colour, Point, colour, mix
from newsletter.sample.scenes.figures import ripples, sail_boat, sun_path

_BEND = 800
"""Where the coast road stops climbing."""


def _hump(along: float, lean: float) -> float:
    """Return the height (0 to 1) of an island at -1 to 1 of its length."""
    shifted = along + lean * (1 - along * along)
    ridge_line: float = math.cos(shifted * math.pi / 2) ** 1.4
    return ridge_line * (0.86 + 0.14 * math.cos(shifted * 9 + lean * 8))


def islands(canvas: Canvas) -> None:
    """Draw islands one behind the other at first light."""
    codes = canvas.palette((("f7d9b0", "8fb8bd", "1f5560"), ("f3c6b5", "9a9fc4", "2b3466")))
    sky, haze, near = (colour(code) for code in codes)
    water = 360
    canvas.gradient([(0, haze), (0.7, sky), (1, mix(sky, (255, 255, 255), 0.4))], 0, water)
    sun = canvas.chance.uniform(300, 900)
    canvas.glow((sun, 250), 380, (255, 240, 205), 0.8)
    canvas.disc((sun, 250), 46, (255, 248, 226))
    canvas.gradient([(0, mix(sky, haze, 0.45)), (1, mix(haze, near, 0.75))], water)
    ripples(canvas, water, (255, 250, 235), 130)
    sun_path(canvas, sun, water, (255, 244, 214))
    for layer in range(5):
        base, shade = water + 4 + layer * layer * 10, mix(haze, near, 0.2 + layer * 0.19)
        centre, reach = canvas.chance.uniform(60, 1140), canvas.chance.uniform(150, 300) + layer * 26
        tall = canvas.chance.uniform(50, 108) + layer * 12
        lean = canvas.chance.uniform(-0.5, 0.5)
        crest = [
            (centre + reach * step / 40, base - tall * _hump(step / 40, lean) - canvas.chance.uniform(0, 3.5))
            for step in range(-40, 41)
        ]
        canvas.shape([*crest, (centre + reach, base + 2), (centre - reach, base + 2)], shade)
        canvas.shape([(x, base + (base - y) * 0.42 + 3) for x, y in crest], mix(shade, near, 0.2), 0.28)
    for _ in range(3):
        at = (canvas.chance.uniform(120, 1080), canvas.chance.uniform(500, 600))
        sail_boat(canvas, at, canvas.chance.uniform(0.45, 0.7), mix(near, (0, 0, 0), 0.4), (255, 246, 228))
    for _ in range(9):
        x, y = canvas.chance.uniform(100, 1100), canvas.chance.uniform(60, 220)
        canvas.line([(x - 12, y - 5), (x, y), (x + 12, y - 6)], near, 1.8, 0.7)


def _headland(canvas: Canvas, near: float, face: Colour, haze: Colour) -> None:
    """One of the heads behind each other: ``near`` is 0 for the farthest and 1 for the nearest."""
    left, top, foot = 170 + near * 430 + canvas.chance.uniform(-30, 30), 268 - near * 170, 346 + near * 240
    brow: list[Point] = [
        (x, top - 34 * math.sin((x - left) / 330) * (0.5 + near) - canvas.chance.uniform(0, 6))
        for x in range(int(left), WIDTH + 60, 26)
    ]
    canvas.shape([(left - 44 - near * 40, foot), (left - 18, (top + foot) / 2), *brow, (WIDTH + 60, foot)], face)
    x = left - 10
    while x < WIDTH:
        width = canvas.chance.uniform(16, 60) * (0.5 + near)
        start, slant = top + canvas.chance.uniform(10, 60) * (0.4 + near), canvas.chance.uniform(-26, 6)
        tone = (255, 240, 214) if canvas.happens(0.45) else (52, 28, 22)
        canvas.shape(
            [(x, start), (x + width * 0.6, start + 8), (x + width + slant, foot), (x - width * 0.3 + slant, foot)],
            tone,
            canvas.chance.uniform(0.05, 0.17),
        )
        x += width * 0.8
    for stratum in range(5):
        level = top + (foot - top) * (0.2 + stratum * 0.17)
        seam = [
            (x, level + 9 * math.sin(x / 90 + stratum) + (x - left) * 0.03)
            for x in range(int(left) - 6, WIDTH, 24)
        ]
        canvas.line(seam, mix(face, (60, 30, 22), 0.5), 1 + near * 2.4, 0.3)
    turf = mix(mix(colour("6f8256"), haze, 0.55), colour("5f7748"), near)
    drop = [(x, y + (8 + 9 * near) + 5 * math.sin(x / 17) * (0.4 + near)) for x, y in reversed(brow)]
    canvas.shape([*brow, *drop], turf)


def cliffs(canvas: Canvas) -> None:
    """Draw the coast road under the cliff."""
    codes = canvas.palette((("a9c6d3", "eadfc8", "2f6070"), ("b7b9cf", "f0d3bd", "36547a")))
    sky, glow, sea = (colour(code) for code in codes)
    canvas.gradient([(0, sky), (1, glow)], 0, 330)
    canvas.glow((250, 300), (520, 240), (255, 246, 222), 0.7)
    canvas.gradient([(0, mix(glow, sea, 0.45)), (1, mix(sea, (0, 0, 0), 0.25))], 330)
    ripples(canvas, 330, (255, 255, 255), 130)
    clay = colour("b98a62")
    for layer in range(4):
        _headland(canvas, layer / 3, mix(mix(clay, glow, 0.6), mix(clay, (60, 32, 20), 0.12), layer / 3), glow)
    road = [(-20, 640), (260, 596), (520, 572), (800, 566), (1220, 580)]
    canvas.land([(-20, 616), (260, 570), (520, 548), (800, 540), (1220, 548)], colour("7b7461"))
    canvas.line(road, colour("4a4a50"), 46)
    canvas.line([(x, y - 23) for x, y in road], colour("efe9da"), 2.4)
    for step in range(14):
        x = -10.0 + step * 88
        y = 640 - 74 * (1 - (1 - min(x, _BEND) / _BEND) ** 1.9) if x < _BEND else 566 + (x - _BEND) * 0.033
        canvas.line([(x, y), (x + 36, y - 3)], colour("efe9da"), 3, 0.8)
    for _ in range(70):
        spread = canvas.chance.gauss(0, 1)
        x, reach = 850 + spread * 74, canvas.chance.uniform(5, 26)
        y = 588 - abs(canvas.chance.gauss(0, 1)) * max(0, 46 - abs(spread) * 22)
        stone = mix(clay, (50, 34, 26), canvas.chance.uniform(0.05, 0.6))
        canvas.shape(
            [
                (x - reach, y + reach * 0.5),
                (x - reach * 0.5, y - reach * 0.7),
                (x + reach * 0.6, y - reach * 0.6),
                (x + reach, y + reach * 0.5),
            ],
            stone,
        )
    for x in (560.0, 610.0, 660.0):
        canvas.box(x, 566, (34, 13), colour("d9482b"))
        canvas.shape([(x + 8, 566), (x + 17, 566), (x + 11, 579), (x + 2, 579)], (250, 244, 232))
        canvas.box(x + 4, 579, (3, 14), (60, 60, 60))
        canvas.box(x + 27, 579, (3, 14), (60, 60, 60))
    canvas.land([(x, 650 - 14 * math.sin(x / 160)) for x in range(-20, WIDTH + 30, 20)], colour("4b5a3d"))
