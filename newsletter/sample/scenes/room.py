"""A scene indoors: the table by the window."""

import math

from newsletter.sample.scenes.canvas import HEIGHT, WIDTH, Canvas, Colour, Point, colour, mix


def _cup(canvas: Canvas, at: Point, fill: Colour, shadow: Colour) -> None:
    x, y = at
    canvas.disc((x + 16, y + 96), (116, 24), shadow, 0.35)
    canvas.disc((x, y + 90), (104, 21), mix(fill, (255, 255, 255), 0.5))
    canvas.disc((x, y + 87), (90, 16), mix(fill, shadow, 0.12))
    for tone, wide in ((0.0, 13), (0.4, 7)):
        ring = [
            (x + 62 + 34 * math.cos(step / 12 * math.pi - 1.4), y + 36 + 26 * math.sin(step / 12 * math.pi - 1.4))
            for step in range(12)
        ]
        canvas.line(ring, mix(fill, (255, 255, 255), tone), wide)
    canvas.shape(
        [(x - 70, y), (x + 70, y), (x + 58, y + 64), (x + 32, y + 88), (x - 32, y + 88), (x - 58, y + 64)], fill
    )
    canvas.shape([(x + 26, y), (x + 70, y), (x + 58, y + 64), (x + 32, y + 88), (x + 14, y + 88)], shadow, 0.2)
    canvas.disc((x, y), (70, 15), mix(fill, (255, 255, 255), 0.45))
    canvas.disc((x, y + 2), (61, 11), colour("5a3322"))
    for wisp in range(3):
        steam = [(x - 26 + wisp * 26 + 9 * math.sin(step / 4 + wisp * 2), y - 10 - step * 6) for step in range(20)]
        canvas.line(steam, (255, 255, 255), 5, 0.24)


def _pear(canvas: Canvas, at: Point, size: float, skin: Colour) -> None:
    x, y = at
    canvas.disc((x + 12 * size, y + 50 * size), (54 * size, 12 * size), (40, 20, 20), 0.3)
    for step in range(26):
        share = step / 25
        radius = (17 + 31 * share**1.5) * size
        canvas.disc((x + 5 * size * math.sin(share * 2), y - 62 * size + share * 66 * size), radius, skin)
    canvas.disc((x - 15 * size, y - 6 * size), (10 * size, 20 * size), (255, 250, 220), 0.3)
    canvas.disc((x + 20 * size, y + 12 * size), (20 * size, 28 * size), (80, 40, 20), 0.13)
    canvas.line([(x + 2 * size, y - 78 * size), (x + 9 * size, y - 102 * size)], (84, 58, 40), 5 * size)


def _notebook(canvas: Canvas, at: Point, cover: Colour) -> None:
    x, y = at
    canvas.shape([(x - 166, y + 76), (x + 196, y + 76), (x + 150, y - 22), (x - 128, y - 22)], (30, 16, 16), 0.28)
    canvas.shape([(x - 178, y + 66), (x + 178, y + 66), (x + 136, y - 30), (x - 136, y - 30)], cover)
    for side in (-1, 1):
        canvas.shape(
            [(x + side * 4, y + 56), (x + side * 166, y + 58), (x + side * 128, y - 34), (x + side * 3, y - 36)],
            (250, 244, 230),
        )
        for row in range(8):
            level, reach = y - 22 + row * 9.6, (112 + row * 5) * canvas.chance.uniform(0.6, 0.95)
            canvas.line(
                [(x + side * 14, level), (x + side * (14 + reach), level + 0.5)], (110, 120, 140), 1.8, 0.7
            )
    canvas.line([(x, y - 36), (x, y + 58)], (120, 104, 90), 2.4, 0.7)
    canvas.line([(x + 30, y + 40), (x + 196, y - 46)], colour("d8a03c"), 9)
    canvas.line([(x + 30, y + 40), (x + 16, y + 47)], (60, 44, 36), 5)


def _window(canvas: Canvas, left: float, wall: Colour, blue: Colour) -> None:
    canvas.box(left - 18, 12, (436, 330), mix(wall, (255, 255, 255), 0.72))
    canvas.box(left, 30, (400, 294), mix(blue, (190, 220, 230), 0.72))
    canvas.glow((left + 280, 110), 210, (255, 246, 220), 0.85)
    horizon = [(left + step * 10.0, 236 - 22 * math.sin(step / 6 + left)) for step in range(41)]
    canvas.shape([*horizon, (left + 400, 324), (left, 324)], mix(blue, (160, 190, 190), 0.45))
    canvas.box(left, 268, (400, 56), mix(blue, (120, 160, 180), 0.25))
    for glint in range(12):
        canvas.disc((left + 30 + glint * 31, 276 + glint * 7 % 40), (16, 1.5), (255, 255, 255), 0.4)
    for bar in (left + 194, left - 2, left + 390):
        canvas.box(bar, 30, (12, 294), mix(wall, (255, 255, 255), 0.72))
    canvas.box(left, 150, (400, 9), mix(wall, (255, 255, 255), 0.72))
    canvas.box(left - 34, 336, (468, 20), mix(wall, (255, 255, 255), 0.6))


def _shelf(canvas: Canvas, shelf: float, tints: tuple[Colour, Colour, Colour]) -> None:
    blue, accent, wood = tints
    canvas.box(shelf - 40, 196, (340, 13), wood)
    x = shelf - 24.0
    while x < shelf + 220:
        width, tall = canvas.chance.uniform(14, 30), canvas.chance.uniform(70, 112)
        spine = canvas.chance.choice((blue, accent, mix(wood, (255, 240, 210), 0.5), mix(blue, accent, 0.5)))
        canvas.box(x, 196 - tall, (width, tall), spine)
        canvas.box(x, 196 - tall + 12, (width, 4), (255, 240, 210), 0.6)
        x += width + 1.5
    canvas.disc((shelf + 268, 166), (22, 30), mix(accent, (255, 240, 220), 0.25))
    for leaf in range(7):
        angle = -2.7 + leaf * 0.38
        end = (shelf + 268 + 62 * math.cos(angle), 140 + 62 * math.sin(angle))
        canvas.line([(shelf + 268, 142), end], mix(blue, (70, 130, 70), 0.7), 5)
        canvas.disc(end, (10, 7), mix(blue, (84, 148, 76), 0.75))


def table(canvas: Canvas) -> None:
    """Draw a table by the window: a cup, a notebook, something to eat."""
    codes = canvas.palette(
        (
            ("e7c9a2", "2f5f6e", "b5533c", "8a5a3c"),
            ("c9d4c5", "34496f", "c8753a", "7a4e38"),
            ("e8bfae", "3f5c4c", "3c6c86", "92623f"),
        )
    )
    wall, blue, accent, wood = (colour(code) for code in codes)
    canvas.gradient([(0, mix(wall, (255, 255, 255), 0.12)), (1, mix(wall, (90, 60, 50), 0.18))], 0, 430)
    left = canvas.chance.choice((110, 690))
    _window(canvas, left, wall, blue)
    shelf = 800 if left < WIDTH / 2 else 130
    _shelf(canvas, shelf, (blue, accent, wood))
    canvas.gradient([(0, mix(wood, (255, 224, 180), 0.32)), (1, mix(wood, (40, 20, 14), 0.2))], 424)
    for plank in range(6):
        y = 432 + plank * plank * 8
        canvas.line([(-10, y), (1210, y)], mix(wood, (40, 20, 14), 0.5), 1.6, 0.4)
    canvas.beam(
        [(left + 60, 424), (left + 340, 424), (left + 430, HEIGHT), (left - 90, HEIGHT)], (255, 240, 205), 0.4, 26
    )
    order = [250.0, 560.0, 900.0]
    canvas.chance.shuffle(order)
    _notebook(canvas, (order[0], 560), blue)
    _cup(canvas, (order[1], 470), accent, (50, 24, 20))
    _fruit_bowl(canvas, order[2], mix(blue, (240, 236, 226), 0.75))


def _fruit_bowl(canvas: Canvas, x: float, glaze: Colour) -> None:
    canvas.disc((x + 22, 604), (160, 24), (40, 20, 16), 0.32)
    skins = [colour(code) for code in ("c9b64a", "b9a53a", "d07a3a", "b4493a")]
    for across, down, size in ((-62, 470, 1.05), (58, 474, 1.0), (0, 452, 1.15)):
        _pear(canvas, (x + across, down), size, canvas.chance.choice(skins))
    rim = [(x - 146 + step * 14.6, 500 + 13 * math.sin(step / 20 * math.pi)) for step in range(21)]
    curve = [
        (x + 146 * math.cos(step / 20 * math.pi), 502 + 100 * math.sin(step / 20 * math.pi)) for step in range(21)
    ]
    canvas.shape([*rim, *curve], glaze)
    canvas.shape([(px, py) for px, py in curve[:9]] + [(x + 40, 600), (x + 78, 512)], (40, 30, 50), 0.12)
    canvas.line(rim, mix(glaze, (255, 255, 255), 0.6), 5)
    band = [(x - 128 + step * 12.8, 536 + 15 * math.sin(step / 20 * math.pi)) for step in range(21)]
    canvas.line(band, mix(glaze, (40, 70, 110), 0.6), 6)
