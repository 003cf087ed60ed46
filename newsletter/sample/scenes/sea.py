"""Scenes of the sea: the harbour at dusk, a lighthouse in a gale."""

import math

from newsletter.sample.scenes.canvas import HEIGHT, WIDTH, Canvas, Colour, Point, colour, mix, ridge
from newsletter.sample.scenes.figures import ripples, sail_boat, sun_path

_DUSKS = (
    ("1f2a52", "8a4f7d", "f2a65a", "ffe0a3"),
    ("16324f", "3f6c8e", "e8a87c", "fbe3c0"),
    ("2b1f4a", "a0476b", "f47f5b", "ffd58a"),
)


def _trawler(canvas: Canvas, at: Point, size: float, hull: Colour, lamp: Colour) -> None:
    x, y = at
    canvas.shape(
        [
            (x - 92 * size, y - 30 * size),
            (x - 60 * size, y - 18 * size),
            (x + 52 * size, y - 18 * size),
            (x + 98 * size, y - 42 * size),
            (x + 78 * size, y + 12 * size),
            (x - 76 * size, y + 12 * size),
        ],
        hull,
    )
    canvas.box(x - 66 * size, y - 62 * size, (54 * size, 46 * size), mix(hull, (255, 255, 255), 0.12))
    canvas.box(x - 72 * size, y - 68 * size, (68 * size, 7 * size), hull)
    for step in range(3):
        canvas.box(x - 60 * size + step * 16 * size, y - 54 * size, (11 * size, 13 * size), lamp, 0.95)
    for mast, height in ((-38, 150), (44, 122)):
        canvas.line([(x + mast * size, y - 20 * size), (x + mast * size, y - height * size)], hull, 3.2 * size)
    canvas.line([(x + 44 * size, y - 118 * size), (x + 94 * size, y - 44 * size)], hull, 1.4 * size)
    canvas.line([(x + 44 * size, y - 60 * size), (x + 4 * size, y - 112 * size)], hull, 2.4 * size)
    canvas.line([(x - 38 * size, y - 148 * size), (x + 44 * size, y - 118 * size)], hull, 1.2 * size)
    canvas.glow((x - 38 * size, y - 46 * size), 90 * size, lamp, 0.5)


def _quay(canvas: Canvas, base: float, tint: Colour, lamp: Colour) -> None:
    x = -20.0
    while x < WIDTH + 20:
        width = canvas.chance.uniform(34, 74)
        wall = base - canvas.chance.uniform(26, 62)
        shade = mix(tint, (255, 255, 255), canvas.chance.uniform(0, 0.07))
        canvas.shape(
            [
                (x, base),
                (x, wall),
                (x + width / 2, wall - canvas.chance.uniform(12, 26)),
                (x + width, wall),
                (x + width, base),
            ],
            shade,
        )
        for pane in range(int(width // 18)):
            if canvas.happens(0.55):
                canvas.box(x + 7 + pane * 17, wall + canvas.chance.choice((7, 20)), (6, 8), lamp, 0.85)
        x += width


def harbour(canvas: Canvas) -> None:
    """Draw boats at their moorings as the lamps come on."""
    high, middle, low, lamp = (colour(code) for code in canvas.palette(_DUSKS))
    water = 395
    canvas.gradient([(0, high), (0.55, middle), (1, low)], 0, water)
    sun = canvas.chance.uniform(420, 860)
    canvas.glow((sun, water - 26), (620, 300), lamp, 0.75)
    canvas.disc((sun, water - 34), 44, mix(lamp, (255, 255, 255), 0.35))
    for layer in range(3):
        crest = ridge(canvas.chance, water - 74 + layer * 26, 26 - layer * 6)
        canvas.land(crest, mix(mix(middle, low, 0.55), high, 0.25 + layer * 0.24))
    _quay(canvas, water, mix(high, (10, 12, 26), 0.35), lamp)
    canvas.gradient([(0, mix(low, middle, 0.4)), (0.35, middle), (1, mix(high, (6, 8, 22), 0.3))], water)
    sun_path(canvas, sun, water, lamp)
    ripples(canvas, water, mix(low, (255, 255, 255), 0.2))
    dark = mix(high, (8, 8, 20), 0.6)
    for _ in range(3):
        sail_boat(canvas, (canvas.chance.uniform(80, 1120), water + 48), 0.5, mix(dark, middle, 0.3), low)
    left, right = canvas.chance.uniform(190, 360), canvas.chance.uniform(780, 1000)
    _trawler(canvas, (left, 560), canvas.chance.uniform(1.25, 1.5), dark, lamp)
    sail_boat(canvas, (right, 530), 1.25, dark, mix(lamp, (255, 255, 255), 0.3))


def _swell(canvas: Canvas, base: float, height: float, shades: tuple[Colour, Colour]) -> None:
    phase, pace = canvas.chance.uniform(0, 7), canvas.chance.uniform(0.008, 0.011)
    crest: list[Point] = []
    for step in range(-10, WIDTH // 3 + 11):
        x = step * 3.0
        turn = x * pace + phase
        tall = 0.72 + 0.28 * math.sin(turn * 0.37 + phase)
        rise = (1 - abs(math.sin(turn + 0.22 * math.cos(turn)))) ** 1.25
        crest.append((x + 20 * rise * tall, base - rise * tall * height - 4 * math.sin(x / 31 + phase)))
    water, foam = shades
    canvas.land(crest, water)
    for depth in range(1, 5):
        streak = [(x + depth * 5, y + depth * (9 + height * 0.1)) for x, y in crest]
        canvas.line(streak, foam, 1.4, 0.16 - depth * 0.03)
    canvas.line(crest, foam, 2.6, 0.55)
    for x, y in crest:
        if base - y > height * canvas.chance.uniform(0.42, 0.8):
            spray = canvas.chance.expovariate(1 / 7)
            centre = (x - canvas.chance.uniform(-3, 16), y - spray + 5)
            canvas.disc(centre, canvas.chance.uniform(1, 5.5), foam, 0.55)


def _tower(canvas: Canvas, x: float, rock: Colour, light: Colour) -> None:
    canvas.shape([(x - 34, 450), (x - 23, 206), (x + 23, 206), (x + 34, 450)], colour("efe8dc"))
    for band in (0.22, 0.62):
        top, foot = 206 + 244 * band, 206 + 244 * (band + 0.2)
        wide = [23 + 11 * band, 23 + 11 * (band + 0.2)]
        canvas.shape(
            [(x - wide[0], top), (x + wide[0], top), (x + wide[1], foot), (x - wide[1], foot)],
            colour("b5402f"),
        )
    canvas.shape([(x + 6, 206), (x + 23, 206), (x + 34, 450), (x + 10, 450)], (0, 0, 0), 0.2)
    canvas.box(x - 31, 198, (62, 9), rock)
    canvas.box(x - 16, 158, (32, 40), light)
    for bar in (-16, -1, 13):
        canvas.box(x + bar, 158, (3, 40), rock)
    canvas.shape([(x - 22, 159), (x, 128), (x + 22, 159)], colour("8d2f24"))


def lighthouse(canvas: Canvas) -> None:
    """Draw a gale at the outer light."""
    high, low = canvas.palette((("18222f", "6d8093"), ("1a2238", "7c7f9c"), ("14282e", "6f9490")))
    dark, pale = colour(high), colour(low)
    canvas.gradient([(0, dark), (1, pale)])
    for _ in range(34):
        centre = (canvas.chance.uniform(0, WIDTH), canvas.chance.uniform(-30, 250))
        radius = (canvas.chance.uniform(90, 260), canvas.chance.uniform(18, 52))
        canvas.disc(centre, radius, mix(dark, pale, canvas.chance.random() * 0.6), 0.28)
    x, lamp = canvas.chance.uniform(330, 860), 176.0
    light = colour("ffe9a8")
    canvas.beam([(x, lamp - 5), (-60, lamp - 130), (-60, lamp + 70), (x, lamp + 5)], light, 0.55)
    canvas.beam([(x, lamp - 5), (WIDTH + 60, lamp - 70), (WIDTH + 60, lamp + 120), (x, lamp + 5)], light, 0.35)
    for layer in range(2):
        _swell(canvas, 470 + layer * 34, 44, (mix(pale, dark, 0.35 + layer * 0.15), colour("dfe8ec")))
    rock = mix(dark, (0, 0, 0), 0.35)
    canvas.shape(
        [
            (x - 128, 500),
            (x - 84, 486),
            (x - 52, 446),
            (x + 50, 442),
            (x + 92, 478),
            (x + 150, 496),
            (x + 290, HEIGHT),
            (x - 260, HEIGHT),
        ],
        rock,
    )
    _tower(canvas, x, rock, light)
    canvas.glow((x, lamp), 190, light, 0.95)
    for layer in range(3):
        _swell(canvas, 566 + layer * 52, 92 - layer * 8, (mix(pale, dark, 0.6 + layer * 0.16), (236, 242, 244)))
    for _ in range(150):
        fall, drift = canvas.chance.uniform(0, HEIGHT), canvas.chance.uniform(0, WIDTH)
        canvas.line([(drift, fall), (drift - 12, fall + 26)], (255, 255, 255), 0.8, 0.13)
