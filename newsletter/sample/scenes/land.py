"""Scenes of the land: hills with a mill, a night sky."""

import math

from newsletter.sample.scenes.canvas import HEIGHT, WIDTH, Canvas, Colour, Point, colour, mix, ridge

_MILL_HILL = 3
"""The range of hills on which the mill stands; mist lies behind it and at its foot."""

# A mountain's outlines, each point as (distance from the peak, distance from the top of the sheet).
_SUMMIT: tuple[Point, ...] = ((-34, 210), (22, 218))
_SLOPE: tuple[Point, ...] = ((-420, 490), (-230, 392), (-96, 270), *_SUMMIT, (104, 286), (260, 404), (440, 490))
_FAR_SIDE: tuple[Point, ...] = ((22, 218), (104, 286), (260, 404), (440, 490), (60, 490), (40, 330))
_SNOW_EDGE: tuple[Point, ...] = ((70, 274), (48, 318), (16, 280), (-12, 326), (-42, 282), (-66, 300))
_SNOW: tuple[Point, ...] = ((-96, 270), *_SUMMIT, (104, 286), *_SNOW_EDGE)
_SNOW_IN_SHADE: tuple[Point, ...] = ((22, 218), (104, 286), (70, 274), (48, 318), (30, 290))


def _trees(canvas: Canvas, crest: list[Point], tint: Colour, size: float) -> None:
    for x, y in crest[:: canvas.chance.randint(7, 11)]:
        for _ in range(canvas.chance.randint(0, 4)):
            wide = canvas.chance.uniform(7, 15) * size
            centre = (x + canvas.chance.uniform(-22, 22) * size, y - wide * 0.55)
            canvas.disc(centre, (wide * 0.8, wide), tint)


def _sails(canvas: Canvas, hub: Point, size: float, tint: Colour) -> None:
    turn = canvas.chance.uniform(0, math.pi / 2)
    for sail in range(4):
        angle = turn + sail * math.pi / 2
        along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
        tip = (hub[0] + along[0] * 98 * size, hub[1] + along[1] * 98 * size)
        root = (hub[0] + along[0] * 18 * size, hub[1] + along[1] * 18 * size)
        wide = 21 * size
        cloth = [
            root,
            tip,
            (tip[0] + across[0] * wide, tip[1] + across[1] * wide),
            (root[0] + across[0] * wide, root[1] + across[1] * wide),
        ]
        canvas.shape(cloth, (255, 250, 238), 0.88)
        canvas.line([hub, tip], tint, 3.6 * size)
        for bar in range(1, 6):
            share = bar / 6
            start = (root[0] + (tip[0] - root[0]) * share, root[1] + (tip[1] - root[1]) * share)
            canvas.line([start, (start[0] + across[0] * wide, start[1] + across[1] * wide)], tint, 1.2 * size, 0.7)


def _mill(canvas: Canvas, at: Point, size: float, tint: Colour) -> None:
    x, y = at
    pale = mix(tint, (255, 246, 226), 0.8)
    canvas.shape(
        [
            (x - 34 * size, y + 14),
            (x - 21 * size, y - 112 * size),
            (x + 21 * size, y - 112 * size),
            (x + 34 * size, y + 14),
        ],
        pale,
    )
    canvas.shape(
        [
            (x + 4 * size, y + 14),
            (x + 4 * size, y - 112 * size),
            (x + 21 * size, y - 112 * size),
            (x + 34 * size, y + 14),
        ],
        tint,
        0.22,
    )
    canvas.shape(
        [(x - 25 * size, y - 110 * size), (x, y - 142 * size), (x + 25 * size, y - 110 * size)],
        mix(tint, (120, 52, 40), 0.6),
    )
    canvas.box(x - 8 * size, y - 20 * size, (16 * size, 34 * size), tint)
    _sails(canvas, (x, y - 114 * size), size, tint)


def _furrows(canvas: Canvas, crest: list[Point], share: float, tint: Colour) -> None:
    for furrow in range(9):
        drop = 10 + furrow * (7 + 3 * share)
        canvas.line([(x, y + drop + (x - 600) * 0.012 * furrow) for x, y in crest], tint, 1.3, 0.16)


def _grass(canvas: Canvas, near: Colour, far: Colour) -> None:
    for _ in range(420):
        x, tall = canvas.chance.uniform(0, WIDTH), canvas.chance.uniform(12, 44)
        lean = canvas.chance.uniform(-9, 9)
        canvas.line(
            [(x, HEIGHT + 4), (x + lean * 0.4, HEIGHT - tall * 0.6), (x + lean, HEIGHT - tall)],
            mix(near, far, canvas.chance.random() * 0.5),
            1.8,
            0.9,
        )


def hills(canvas: Canvas) -> None:
    """Draw fields and hills with mist and a mill."""
    codes = canvas.palette(
        (
            ("9cc4c9", "fbe6bd", "5f8f6a", "1f4a3c"),
            ("e9b98f", "fdeac4", "9a8f4e", "3d4a2a"),
            ("b7b3d3", "fbdcc3", "6d8f86", "23424c"),
        )
    )
    sky, pale, far, near = (colour(code) for code in codes)
    canvas.gradient([(0, sky), (0.62, pale), (1, pale)])
    sun = (canvas.chance.uniform(260, 940), canvas.chance.uniform(150, 220))
    canvas.glow(sun, 430, (255, 246, 214), 0.8)
    canvas.disc(sun, 48, (255, 250, 230))
    for layer in range(6):
        share = layer / 5
        crest = ridge(canvas.chance, 300 + layer * 58, 62 - layer * 6, 4)
        shade = mix(mix(pale, far, 0.35 + 0.65 * min(share * 1.6, 1)), near, max(0, share - 0.35) * 1.25)
        canvas.land(crest, shade)
        _trees(canvas, crest, mix(shade, near, 0.35), 0.5 + share)
        if layer <= _MILL_HILL:
            low = sum(y for _, y in crest) / len(crest) + 52
            canvas.glow((canvas.chance.uniform(200, 1000), low), (900, 70), pale, 0.5)
        _furrows(canvas, crest, share, mix(shade, pale, 0.4))
        if layer == _MILL_HILL:
            spot = crest[canvas.chance.randint(36, len(crest) - 40)]
            _mill(canvas, spot, 1.15, near)
    for _ in range(7):
        x, y = sun[0] + canvas.chance.uniform(-260, 260), sun[1] + canvas.chance.uniform(-60, 90)
        canvas.line([(x - 11, y - 5), (x, y), (x + 11, y - 6)], near, 1.8, 0.75)
    _grass(canvas, near, far)


def _milky_way(canvas: Canvas, shore: float, tint: Colour) -> None:
    tilt, start = canvas.chance.uniform(-0.34, -0.2), canvas.chance.uniform(300, 380)
    for step in range(14):
        along = step * 90
        canvas.glow(
            (along, start + along * tilt + canvas.chance.uniform(-18, 18)),
            canvas.chance.uniform(130, 210),
            tint,
            0.2,
        )
    for _ in range(900):
        x = canvas.chance.uniform(0, WIDTH)
        band = canvas.happens(0.5)
        y = start + x * tilt + canvas.chance.gauss(0, 44) if band else canvas.chance.uniform(0, shore)
        canvas.disc(
            (x, y), canvas.chance.choice((0.5, 0.7, 0.9, 1.2, 1.9)), (255, 251, 240), canvas.chance.uniform(0.3, 1)
        )


def _mountain(canvas: Canvas, peak: float, rock: Colour, light: tuple[Colour, Colour]) -> list[Point]:
    middle, low = light

    def placed(outline: tuple[Point, ...]) -> list[Point]:
        return [(peak + across, y) for across, y in outline]

    canvas.shape(placed(_SLOPE), rock)
    canvas.shape(placed(_FAR_SIDE), (0, 0, 0), 0.2)
    canvas.shape(placed(_SNOW), mix(low, (255, 255, 255), 0.72))
    canvas.shape(placed(_SNOW_IN_SHADE), middle, 0.35)
    return placed(_SLOPE)


def _firs(canvas: Canvas, ink: Colour) -> None:
    for _ in range(40):
        x = canvas.chance.choice((canvas.chance.uniform(-20, 330), canvas.chance.uniform(880, 1220)))
        tall, foot = canvas.chance.uniform(70, 200), canvas.chance.uniform(650, 690)
        for tier in range(4):
            top, wide = foot - tall + tier * tall * 0.2, tall * (0.09 + tier * 0.045)
            canvas.shape([(x, top), (x + wide, top + tall * 0.34), (x - wide, top + tall * 0.34)], ink)


def nightsky(canvas: Canvas) -> None:
    """Draw the stars above a mountain and a lake."""
    codes = canvas.palette(
        (("0b1030", "27377a", "7d6fae"), ("071a2c", "1d4d6b", "69a39e"), ("150c2e", "47307a", "b0719a"))
    )
    high, middle, low = (colour(code) for code in codes)
    shore = 480
    canvas.gradient([(0, high), (0.6, middle), (1, low)], 0, shore)
    _milky_way(canvas, shore, mix(low, (255, 255, 255), 0.3))
    fall = (canvas.chance.uniform(500, 1000), canvas.chance.uniform(50, 120))
    canvas.beam(
        [fall, (fall[0] - 150, fall[1] + 62), (fall[0] - 150, fall[1] + 65), (fall[0], fall[1] + 3)],
        (255, 255, 255),
        0.8,
        3,
    )
    peak = canvas.chance.uniform(380, 820)
    canvas.land(ridge(canvas.chance, 430, 46), mix(middle, low, 0.2))
    rock = mix(high, middle, 0.55)
    slope = _mountain(canvas, peak, rock, (middle, low))
    canvas.land(ridge(canvas.chance, 468, 16), mix(high, middle, 0.3))
    canvas.gradient([(0, mix(middle, low, 0.45)), (0.3, middle), (1, high)], shore)
    canvas.shape([(x, 2 * shore - y) for x, y in slope], rock, 0.4)
    for _ in range(190):
        y = shore + 4 + canvas.chance.random() ** 1.5 * 190
        canvas.disc(
            (canvas.chance.uniform(0, WIDTH), y), (canvas.chance.uniform(8, 60), 1.1), (235, 238, 255), 0.11
        )
    ink = mix(high, (0, 0, 0), 0.55)
    canvas.land(ridge(canvas.chance, 654, 14), ink)
    _firs(canvas, ink)
