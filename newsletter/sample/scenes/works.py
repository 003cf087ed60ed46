"""Scenes of work and travel: port cranes, a train on its viaduct."""

import math

from newsletter.sample.scenes.canvas import HEIGHT, WIDTH, Canvas, Colour, Point, colour, mix, ridge
from newsletter.sample.scenes.figures import LAMP


def _crane(canvas: Canvas, left: float, size: float, steel: Colour) -> None:
    base, top = 520, 520 - 250 * size
    span, reach = 120 * size, 230 * size
    dark = mix(steel, (10, 12, 24), 0.35)
    for leg in (0, span):
        canvas.box(left + leg, top, (13 * size, base - top), steel if leg else dark)
        canvas.box(left + leg - 10 * size, base - 10, (33 * size, 12), dark)
    canvas.box(left, top + 110 * size, (span + 10 * size, 10 * size), steel)
    canvas.line([(left + 6 * size, base - 8), (left + span + 6 * size, top + 116 * size)], dark, 5 * size)
    canvas.box(left - 90 * size, top - 12 * size, (90 * size + span + reach, 15 * size), steel)
    for step in range(int((span + reach + 80 * size) // (22 * size))):
        x = left - 86 * size + step * 22 * size
        canvas.line(
            [(x, top - 2 * size), (x + 11 * size, top - 11 * size), (x + 22 * size, top - 2 * size)], dark, 2
        )
    mast = (left + span + 6 * size, top - 120 * size)
    canvas.line([(left + span + 6 * size, top), mast], steel, 11 * size)
    canvas.line([(left + 6 * size, top), mast], steel, 7 * size)
    for far in (span + reach * 0.55, span + reach - 8 * size, -80 * size):
        canvas.line([mast, (left + far, top - 8 * size)], dark, 2.6 * size)
    canvas.box(left - 84 * size, top - 42 * size, (62 * size, 32 * size), dark)
    hook = left + span + reach * canvas.chance.uniform(0.3, 0.8)
    load = top + canvas.chance.uniform(60, 130) * size
    canvas.box(hook - 15 * size, top + 3 * size, (30 * size, 14 * size), dark)
    for cable in (-13, 13):
        canvas.line([(hook + cable * size, top + 14 * size), (hook + cable * size, load)], dark, 1.4)
    _container(canvas, hook - 42 * size, load, (84 * size, 32 * size))
    canvas.disc(mast, 4 * size, (255, 120, 100))
    canvas.glow(mast, 40 * size, (255, 110, 90), 0.8)


def _container(canvas: Canvas, left: float, top: float, size: Point) -> None:
    fill = colour(canvas.chance.choice(("b4483a", "2f6f86", "d19a3d", "4e7d59", "8a4a66", "c9c2b4", "375083")))
    canvas.box(left, top, size, fill)
    for rib in range(1, int(size[0] // 7)):
        canvas.box(left + rib * 7, top + 3, (2, size[1] - 6), (0, 0, 0), 0.15)
    canvas.box(left, top, (size[0], 2.5), (255, 255, 255), 0.22)


def cranes(canvas: Canvas) -> None:
    """Draw cranes and containers on the quay towards evening."""
    codes = canvas.palette((("2d4a6b", "e0936b", "ffd9a0", "c4553d"), ("35365f", "d98891", "ffdcb0", "2c7a86")))
    high, low, pale, steel = (colour(code) for code in codes)
    canvas.gradient([(0, high), (0.6, low), (1, pale)], 0, 520)
    sun = canvas.chance.uniform(320, 900)
    canvas.glow((sun, 420), 460, (255, 236, 190), 0.75)
    canvas.disc((sun, 420), 58, (255, 240, 206))
    canvas.land(ridge(canvas.chance, 470, 26), mix(low, high, 0.35))
    canvas.land(ridge(canvas.chance, 496, 14), mix(low, high, 0.55))
    for number, size in enumerate((0.72, 0.8)):
        _crane(canvas, 110 + number * 560 + canvas.chance.uniform(-60, 60), size, mix(steel, low, 0.6))
    _crane(canvas, canvas.chance.uniform(230, 330), 1.32, steel)
    _crane(canvas, canvas.chance.uniform(700, 790), 1.5, steel)
    for row in range(3):
        for column in range(14):
            if row < canvas.chance.choice((1, 2, 3, 3)):
                _container(canvas, column * 88 - 14 + canvas.chance.uniform(-1, 1), 486 - row * 35, (84, 33))
    canvas.box(-10, 519, (WIDTH + 20, 26), mix(high, (20, 18, 26), 0.55))
    for fender in range(20, WIDTH, 90):
        canvas.box(fender, 526, (26, 19), mix(high, (0, 0, 0), 0.75))
    canvas.gradient([(0, mix(high, low, 0.5)), (1, mix(high, (6, 10, 24), 0.45))], 545)
    for _ in range(210):
        y = 548 + canvas.chance.random() ** 1.3 * 126
        x = canvas.chance.uniform(0, WIDTH)
        near = 1 - min(abs(sun - x) / 500, 1)
        canvas.disc((x, y), (canvas.chance.uniform(8, 52), 1.7), mix(low, pale, near), 0.14 + 0.4 * near)


def _viaduct(canvas: Canvas, deck: float, stone: Colour) -> None:
    canvas.box(-10, deck, (WIDTH + 20, 24), mix(stone, (255, 255, 255), 0.1))
    shift = canvas.chance.uniform(-80, 0)
    for number in range(9):
        left = shift + number * 158
        crown = [
            (left + 36 + 122 * step / 24, deck + 84 - 58 * math.sin(step / 24 * math.pi)) for step in range(25)
        ]
        canvas.shape(
            [(left, deck + 22), (left + 158, deck + 22), (left + 158, deck + 86), *crown[::-1], (left, deck + 86)],
            stone,
        )
        canvas.shape([(left, deck + 80), (left + 36, deck + 80), (left + 42, HEIGHT), (left - 6, HEIGHT)], stone)
        canvas.box(left + 24, deck + 80, (12, HEIGHT), (0, 0, 0), 0.16)
        canvas.line(crown, mix(stone, (255, 255, 255), 0.16), 3)


def _coaches(canvas: Canvas, deck: float, nose: float, coach: Colour) -> None:
    for number in range(6):
        left = nose - 210 - number * 214
        canvas.box(left, deck - 62, (206, 50), coach)
        canvas.box(left, deck - 66, (206, 7), mix(coach, (0, 0, 0), 0.45))
        canvas.box(left, deck - 24, (206, 4), mix(coach, (255, 230, 180), 0.55))
        canvas.box(left + 206, deck - 46, (8, 30), mix(coach, (0, 0, 0), 0.7))
        for pane in range(7):
            lit = canvas.happens(0.75)
            canvas.box(left + 12 + pane * 27, deck - 54, (20, 20), LAMP if lit else mix(coach, (0, 0, 0), 0.55))
        for wheel in (28, 56, 150, 178):
            canvas.disc((left + wheel, deck - 7), 8, (22, 20, 26))
        canvas.glow((left + 103, deck - 40), (230, 60), LAMP, 0.28)


def _engine(canvas: Canvas, deck: float, nose: float, coach: Colour) -> None:
    canvas.shape(
        [
            (nose, deck - 66),
            (nose + 62, deck - 60),
            (nose + 96, deck - 26),
            (nose + 98, deck - 10),
            (nose, deck - 10),
        ],
        coach,
    )
    canvas.shape(
        [(nose + 48, deck - 56), (nose + 62, deck - 54), (nose + 80, deck - 36), (nose + 48, deck - 36)], LAMP, 0.9
    )
    canvas.beam(
        [(nose + 96, deck - 22), (nose + 420, deck - 74), (nose + 420, deck + 22), (nose + 96, deck - 14)],
        LAMP,
        0.5,
    )
    canvas.disc((nose + 92, deck - 18), 5, (255, 250, 225))


def _firs(canvas: Canvas, tint: Colour) -> None:
    for _ in range(34):
        x, foot, tall = (
            canvas.chance.uniform(0, WIDTH),
            canvas.chance.uniform(625, 690),
            canvas.chance.uniform(50, 120),
        )
        for tier in range(3):
            top, wide = foot - tall + tier * tall * 0.24, tall * (0.15 + tier * 0.07)
            canvas.shape([(x, top), (x + wide, top + tall * 0.42), (x - wide, top + tall * 0.42)], tint)


def train(canvas: Canvas) -> None:
    """Draw a train on a viaduct after dark."""
    codes = canvas.palette((("141c3d", "4a5590", "d99a8f"), ("10263a", "3f7186", "e3b78c")))
    high, middle, low = (colour(code) for code in codes)
    canvas.gradient([(0, high), (0.6, middle), (1, low)], 0, 500)
    for _ in range(150):
        centre = (canvas.chance.uniform(0, WIDTH), canvas.chance.uniform(0, 260))
        canvas.disc(centre, canvas.chance.uniform(0.5, 1.6), (255, 250, 236), canvas.chance.uniform(0.3, 0.9))
    for layer in range(4):
        crest = ridge(canvas.chance, 300 + layer * 44, 66 - layer * 9)
        canvas.land(crest, mix(mix(middle, low, 0.35), high, 0.15 + layer * 0.22))
    deck, stone = 396.0, mix(high, (150, 130, 130), 0.3)
    _viaduct(canvas, deck, stone)
    coach, nose = colour(canvas.chance.choice(("7b2f3b", "24566b", "2f5a48"))), canvas.chance.uniform(920, 1060)
    _coaches(canvas, deck, nose, coach)
    _engine(canvas, deck, nose, coach)
    ground = mix(high, (6, 14, 18), 0.55)
    canvas.land(ridge(canvas.chance, 622, 26), ground)
    _firs(canvas, mix(ground, middle, 0.08))
