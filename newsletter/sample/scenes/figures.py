"""Figures that stand in several scenes: boats, people, trees, windows, and the light on water."""

from newsletter.sample.scenes.canvas import HEIGHT, WIDTH, Canvas, Colour, Point, mix

LAMP = (255, 221, 150)
"""The colour of lamplight."""


def ripples(canvas: Canvas, top: float, tint: Colour, count: int = 90) -> None:
    for _ in range(count):
        depth = canvas.chance.random() ** 1.4
        y = top + 6 + depth * (HEIGHT - top - 6)
        width = 14 + depth * 120 * canvas.chance.uniform(0.4, 1)
        x = canvas.chance.uniform(-40, WIDTH)
        canvas.disc((x, y), (width / 2, 0.8 + depth * 1.6), tint, 0.10 + 0.16 * canvas.chance.random())


def sun_path(canvas: Canvas, x: float, top: float, tint: Colour) -> None:
    for step in range(46):
        y = top + 4 + step * (HEIGHT - top) / 46
        spread = 16 + step * 2.6
        across = canvas.chance.uniform(0.25, 1) * spread
        shift = canvas.chance.uniform(-0.5, 0.5) * spread
        canvas.disc((x + shift, y), (across, 1.1 + step * 0.06), tint, 0.5 - step * 0.007)


def sail_boat(canvas: Canvas, at: Point, size: float, hull: Colour, sail: Colour) -> None:
    x, y = at
    canvas.shape(
        [
            (x - 52 * size, y - 12 * size),
            (x + 56 * size, y - 14 * size),
            (x + 40 * size, y + 8 * size),
            (x - 38 * size, y + 8 * size),
        ],
        hull,
    )
    canvas.line([(x, y - 12 * size), (x, y - 150 * size)], hull, 3 * size)
    canvas.shape(
        [(x + 4 * size, y - 144 * size), (x + 50 * size, y - 26 * size), (x + 4 * size, y - 22 * size)], sail
    )
    canvas.shape(
        [(x - 4 * size, y - 128 * size), (x - 40 * size, y - 24 * size), (x - 4 * size, y - 22 * size)],
        mix(sail, hull, 0.25),
    )
    canvas.shape(
        [(x - 36 * size, y + 9 * size), (x + 38 * size, y + 9 * size), (x + 6 * size, y + 74 * size)],
        hull,
        0.22,
    )


def person(canvas: Canvas, at: Point, size: float, coat: Colour) -> None:
    x, y = at
    skin = mix(coat, (214, 168, 136), 0.75)
    canvas.shape([(x - 8 * size, y), (x - 5 * size, y - 34 * size), (x, y - 4 * size)], mix(coat, (0, 0, 0), 0.45))
    canvas.shape([(x + 8 * size, y), (x + 5 * size, y - 34 * size), (x, y - 4 * size)], mix(coat, (0, 0, 0), 0.45))
    canvas.shape(
        [
            (x - 11 * size, y - 24 * size),
            (x - 9 * size, y - 62 * size),
            (x - 4 * size, y - 69 * size),
            (x + 4 * size, y - 69 * size),
            (x + 9 * size, y - 62 * size),
            (x + 11 * size, y - 24 * size),
        ],
        coat,
    )
    canvas.disc((x, y - 77 * size), 8 * size, skin)
    canvas.disc((x, y - 81 * size), (8.4 * size, 5.4 * size), mix(coat, (30, 20, 16), 0.7))


def tree(canvas: Canvas, at: Point, size: float, leaf: Colour) -> None:
    x, y = at
    canvas.box(x - 5 * size, y - 90 * size, (10 * size, 90 * size), mix(leaf, (40, 26, 20), 0.75))
    for _ in range(26):
        centre = (x + canvas.chance.gauss(0, 28) * size, y - (128 + canvas.chance.gauss(0, 27)) * size)
        canvas.disc(
            centre, canvas.chance.uniform(16, 34) * size, mix(leaf, (12, 16, 30), canvas.chance.random() * 0.4)
        )


def window(canvas: Canvas, left: float, top: float, size: Point, frame: Colour) -> None:
    width, height = size
    canvas.box(left - 4, top - 4, (width + 8, height + 8), frame)
    canvas.box(left, top, size, LAMP, canvas.chance.choice((0.95, 0.8, 0.35)))
    canvas.box(left + width / 2 - 1, top, (2, height), frame)
    canvas.box(left, top + height * 0.4, (width, 2), frame)


def stars(canvas: Canvas, count: int, lowest: float) -> None:
    for _ in range(count):
        centre = (canvas.chance.uniform(0, WIDTH), canvas.chance.uniform(0, lowest))
        canvas.disc(centre, canvas.chance.uniform(0.5, 1.7), (255, 250, 235), canvas.chance.uniform(0.3, 0.9))
