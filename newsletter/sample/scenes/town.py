"""Scenes of streets: painted houses, and a capital by night."""

from newsletter.sample.scenes.canvas import WIDTH, Canvas, Colour, Point, colour, mix
from newsletter.sample.scenes.figures import LAMP, person, stars

_POINTED, _STEPPED, _DOMED, _FLAT = range(4)


def _house(canvas: Canvas, left: float, width: float, wall: Colour) -> None:
    top, base = canvas.chance.uniform(190, 280), 560
    roof = mix(wall, (70, 40, 40), 0.62)
    trim = mix(wall, (255, 252, 240), 0.75)
    if canvas.happens(0.6):
        canvas.shape([(left, top), (left + width / 2, top - 92), (left + width, top)], wall)
        canvas.line([(left - 6, top + 6), (left + width / 2, top - 92), (left + width + 6, top + 6)], roof, 11)
        canvas.disc((left + width / 2, top - 26), 15, trim)
        canvas.disc((left + width / 2, top - 26), 11, mix(roof, (30, 40, 60), 0.5))
    else:
        canvas.shape(
            [(left - 7, top), (left + 18, top - 66), (left + width - 18, top - 66), (left + width + 7, top)], roof
        )
        canvas.box(left + width * 0.68, top - 102, (22, 56), mix(roof, (0, 0, 0), 0.2))
    canvas.box(left, top, (width, base - top), wall)
    canvas.box(left + width - 14, top, (14, base - top), (0, 0, 0), 0.07)
    floors = int((base - top - 96) // 84)
    for floor in range(floors):
        for number in range(2):
            x, y = left + width * (0.16 + 0.42 * number), top + 22 + floor * 84
            canvas.box(x - 5, y - 5, (width * 0.26 + 10, 60), trim)
            canvas.box(x, y, (width * 0.26, 50), mix((60, 84, 104), LAMP, canvas.chance.choice((0, 0.1, 0.85))))
            canvas.box(x + width * 0.13 - 1.5, y, (3, 50), trim)
            canvas.box(x, y + 20, (width * 0.26, 3), trim)
            if canvas.happens(0.4):
                canvas.box(x - 6, y + 50, (width * 0.26 + 12, 9), roof)
                for _ in range(12):
                    centre = (
                        x + canvas.chance.uniform(-4, width * 0.26 + 4),
                        y + 48 - canvas.chance.uniform(0, 9),
                    )
                    canvas.disc(centre, 4.4, canvas.chance.choice(((202, 76, 84), (90, 128, 76), (236, 180, 90))))
    door, x = (
        mix(canvas.chance.choice(((40, 92, 96), (160, 52, 48), (214, 160, 60))), wall, 0.1),
        left + width * 0.38,
    )
    canvas.box(x - 6, base - 92, (width * 0.24 + 12, 92), trim)
    canvas.box(x, base - 86, (width * 0.24, 86), door)
    canvas.box(x + 5, base - 80, (width * 0.24 - 10, 22), mix(door, LAMP, 0.5))
    canvas.disc((x + width * 0.2, base - 40), 2.6, (250, 226, 160))


def street(canvas: Canvas) -> None:
    """Draw a row of painted houses."""
    codes = canvas.palette((("8fb7c9", "f6e3c4"), ("c3a6bd", "fbdcb8"), ("86aeb4", "f4d9b4")))
    sky, low = (colour(code) for code in codes)
    canvas.gradient([(0, sky), (1, low)], 0, 560)
    for _ in range(16):
        centre = (canvas.chance.uniform(0, WIDTH), canvas.chance.uniform(30, 130))
        canvas.disc(centre, (canvas.chance.uniform(50, 150), canvas.chance.uniform(8, 20)), (255, 252, 244), 0.28)
    walls = [
        colour(code) for code in ("d98a66", "e6c27a", "8fae9c", "c9726b", "7f9db3", "ead9bb", "b48a9b", "d7a45a")
    ]
    canvas.chance.shuffle(walls)
    x, number = canvas.chance.uniform(-90, -20), 0
    while x < WIDTH:
        width = canvas.chance.uniform(132, 178)
        _house(canvas, x, width, walls[number % len(walls)])
        x, number = x + width, number + 1
    canvas.gradient([(0, colour("b9aa98")), (1, colour("94887c"))], 556, 590)
    canvas.gradient([(0, colour("8a8078")), (1, colour("655d5a"))], 588)
    for row in range(7):
        for step in range(30):
            y = 594 + row * 12
            x = step * (34 + row * 3) + (row % 2) * 18 - row * 14
            canvas.disc(
                (x, y), (15 + row * 1.4, 3.4 + row * 0.3), (255, 244, 228), canvas.chance.uniform(0.03, 0.11)
            )
    lamp = canvas.chance.uniform(160, 1000)
    iron = colour("2f3338")
    canvas.box(lamp - 4, 330, (8, 270), iron)
    canvas.box(lamp - 11, 586, (22, 14), iron)
    canvas.shape([(lamp - 15, 330), (lamp - 20, 290), (lamp + 20, 290), (lamp + 15, 330)], (255, 240, 200))
    canvas.shape([(lamp - 26, 290), (lamp, 268), (lamp + 26, 290)], iron)
    canvas.glow((lamp, 310), 110, LAMP, 0.6)
    for _ in range(3):
        at = (canvas.chance.uniform(100, 1100), canvas.chance.uniform(596, 632))
        person(canvas, at, 1.15, mix(canvas.chance.choice(walls), (40, 44, 60), 0.55))


def _towers(canvas: Canvas, base: float, tall: Point, tints: tuple[Colour, float]) -> None:
    shade, lit = tints
    x = -20.0
    while x < WIDTH:
        width, height = canvas.chance.uniform(44, 104), canvas.chance.uniform(*tall)
        top = base - height
        canvas.box(x, top, (width, height), shade)
        crown = canvas.chance.choice((_POINTED, _STEPPED, _DOMED, _FLAT))
        if crown == _POINTED:
            canvas.shape([(x, top), (x + width / 2, top - width * 0.55), (x + width, top)], shade)
        elif crown == _STEPPED:
            canvas.box(x + width * 0.2, top - 20, (width * 0.6, 20), shade)
            canvas.line([(x + width / 2, top - 20), (x + width / 2, top - 66)], shade, 3)
        elif crown == _DOMED:
            canvas.disc((x + width / 2, top), (width * 0.4, width * 0.34), shade)
        for column in range(int((width - 12) // 13)):
            for row in range(int((height - 16) // 17)):
                if canvas.happens(lit):
                    at = (x + 9 + column * 13, top + 12 + row * 17)
                    canvas.box(*at, (7, 9), mix(LAMP, (255, 255, 255), canvas.chance.random() * 0.4), 0.85)
        x += width + canvas.chance.choice((0, 0, 3, 16))


def skyline(canvas: Canvas) -> None:
    """Draw a capital by night, seen across its river."""
    codes = canvas.palette(
        (("0e1636", "3a3f7d", "d97b72"), ("101b33", "234e70", "e59f6a"), ("1b1436", "5a3a78", "e0797b"))
    )
    high, middle, low = (colour(code) for code in codes)
    water = 478
    canvas.gradient([(0, high), (0.55, middle), (1, low)], 0, water)
    stars(canvas, 150, 260)
    moon = (canvas.chance.uniform(160, 1040), canvas.chance.uniform(84, 140))
    canvas.glow(moon, 190, (255, 244, 220), 0.55)
    canvas.disc(moon, 34, (255, 246, 226))
    for across, down, size in ((-9, -7, 8), (10, 4, 6), (-4, 13, 5), (13, -13, 4)):
        canvas.disc((moon[0] + across, moon[1] + down), size, mix((255, 246, 226), middle, 0.16))
    _towers(canvas, water, (120, 240), (mix(middle, low, 0.35), 0.06))
    _towers(canvas, water, (90, 290), (mix(high, middle, 0.75), 0.22))
    _towers(canvas, water, (40, 170), (mix(high, middle, 0.2), 0.42))
    canvas.glow((WIDTH / 2, water), (1500, 120), LAMP, 0.3)
    canvas.gradient([(0, mix(middle, low, 0.35)), (0.4, mix(high, middle, 0.6)), (1, high)], water)
    for _ in range(260):
        y = water + 8 + canvas.chance.random() ** 1.7 * 180
        tint = canvas.chance.choice((LAMP, low, (255, 255, 255)))
        canvas.disc((canvas.chance.uniform(0, WIDTH), y), (canvas.chance.uniform(5, 42), 1.5), tint, 0.26)
    dark = mix(high, (0, 0, 0), 0.35)
    canvas.box(-10, water - 12, (WIDTH + 20, 14), dark)
    for arch in range(7):
        x = arch * 190 + canvas.chance.uniform(-8, 8) - 60
        canvas.box(x - 2, water - 46, (4, 36), dark)
        canvas.disc((x, water - 48), 4.5, (255, 244, 212))
        canvas.glow((x, water - 48), 56, LAMP, 0.7)
