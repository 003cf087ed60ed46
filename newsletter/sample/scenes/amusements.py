"""Scenes of an evening out: a concert, a football match."""

import math

from newsletter.sample.scenes.canvas import HEIGHT, WIDTH, Canvas, Colour, Point, colour, mix


def _rig(canvas: Canvas, lights: tuple[Colour, Colour], steel: tuple[Colour, Colour]) -> None:
    warm, cool = lights
    dark, middle = steel
    for number in range(7):
        x, aim = 290 + number * 103, canvas.chance.uniform(250, 950)
        tint = (warm, cool, mix(warm, (255, 255, 255), 0.5))[number % 3]
        canvas.beam([(x - 5, 132), (x + 5, 132), (aim + 74, 492), (aim - 74, 492)], tint, 0.42, 9)
        canvas.disc((x, 132), 9, mix(tint, (255, 255, 255), 0.6))
    canvas.line([(222, 156), (600, 88), (978, 156)], dark, 13)
    for side in (222, 978):
        canvas.line([(side, 150), (side, 480)], dark, 15)
        for step in range(9):
            y = 166 + step * 34
            canvas.line([(side - 7, y), (side + 7, y + 17), (side - 7, y + 34)], mix(dark, middle, 0.5), 2)
        canvas.box(side - 52, 300, (46, 176), dark)
        for cone in range(4):
            canvas.disc((side - 29, 324 + cone * 42), 15, mix(dark, middle, 0.35))


def _band(canvas: Canvas, dark: Colour, warm: Colour) -> None:
    for number in range(5):
        x, tall = 360 + number * 120 + canvas.chance.uniform(-20, 20), canvas.chance.uniform(92, 112)
        canvas.shape([(x - 17, 476), (x - 14, 476 - tall * 0.7), (x + 14, 476 - tall * 0.7), (x + 17, 476)], dark)
        canvas.disc((x, 476 - tall * 0.84), 12, dark)
        if number % 2:
            canvas.disc((x + 13, 430), (25, 17), mix(dark, warm, 0.3))
            canvas.line([(x + 13, 430), (x + 66, 398)], dark, 5)
        else:
            canvas.line([(x + 28, 476), (x + 28, 398), (x + 12, 394)], dark, 3)


def _heads(canvas: Canvas, far: Colour, near: Colour) -> None:
    for row in range(5):
        base, size = 560 + row * 34, 15 + row * 4.5
        shade = mix(far, near, 0.5 + row * 0.12)
        x = canvas.chance.uniform(-40, 0)
        while x < WIDTH + 40:
            y = base + canvas.chance.uniform(-9, 9)
            canvas.disc((x, y), (size * 0.82, size), shade)
            canvas.disc((x, y + size * 2.3), (size * 1.7, size * 1.5), shade)
            if canvas.happens(0.13):
                canvas.line([(x + size, y + size), (x + size * 1.5, y - size * 2)], shade, size * 0.5)
            x += size * canvas.chance.uniform(2.5, 3.6)


def stage(canvas: Canvas) -> None:
    """Draw a concert out of doors: a lit stage and the audience's heads."""
    codes = canvas.palette((("171233", "6a2f73", "ff9e64", "5ad1e6"), ("0f1c38", "274f86", "ffb45e", "ff6f91")))
    high, middle, warm, cool = (colour(code) for code in codes)
    canvas.gradient([(0, high), (0.75, middle), (1, mix(middle, warm, 0.35))])
    for _ in range(90):
        centre = (canvas.chance.uniform(0, WIDTH), canvas.chance.uniform(0, 240))
        canvas.disc(centre, canvas.chance.uniform(0.5, 1.5), (255, 250, 240), canvas.chance.uniform(0.2, 0.8))
    dark = mix(high, (4, 4, 12), 0.6)
    canvas.shape([(230, 470), (230, 150), (600, 84), (970, 150), (970, 470)], mix(high, middle, 0.3))
    canvas.glow((600, 420), (640, 340), warm, 0.8)
    _rig(canvas, (warm, cool), (dark, middle))
    canvas.shape([(190, 470), (1010, 470), (1040, 508), (160, 508)], mix(warm, dark, 0.55))
    _band(canvas, dark, warm)
    canvas.box(146, 506, (910, 40), dark)
    _heads(canvas, mix(middle, warm, 0.25), dark)


def _stand(canvas: Canvas, tints: tuple[Colour, Colour]) -> None:
    dark, cloth = tints
    canvas.shape([(-10, 176), (1210, 176), (1210, 352), (-10, 352)], mix(dark, (40, 50, 70), 0.4))
    for row in range(11):
        for seat in range(112):
            coat = canvas.chance.choice((cloth, (232, 226, 214), (60, 76, 110), (150, 120, 96), (198, 158, 80)))
            at = (seat * 10.9 + row % 2 * 5 + canvas.chance.uniform(-2, 2), 196 + row * 14)
            canvas.disc((at[0], at[1] + 6), (4.6, 5), mix(coat, dark, 0.5 - row * 0.02))
            canvas.disc(at, 3, mix((222, 178, 146), dark, 0.4))
    canvas.shape([(-10, 122), (1210, 122), (1210, 184), (-10, 172)], mix(dark, (0, 0, 0), 0.3))
    for pillar in range(9):
        canvas.box(pillar * 146 + 10, 176, (6, 176), mix(dark, (0, 0, 0), 0.2))
    for board in range(10):
        canvas.box(board * 122 - 6, 346, (119, 24), mix(cloth, dark, 0.25) if board % 2 else (236, 230, 216))


def _player(canvas: Canvas, at: Point, size: float, shirt: Colour) -> None:
    x, y = at
    stride = canvas.chance.uniform(6, 18) * size * canvas.chance.choice((-1, 1))
    canvas.disc((x + 5 * size, y + 2), (26 * size, 4 * size), (0, 0, 0), 0.25)
    for foot, tone in ((stride, 0.0), (-stride, 0.2)):
        canvas.line(
            [(x, y - 34 * size), (x + foot * 0.8, y - 18 * size), (x + foot, y)],
            mix((212, 164, 132), (40, 20, 20), tone),
            5.5 * size,
        )
        canvas.line([(x + foot * 0.85, y - 13 * size), (x + foot, y)], shirt, 6 * size)
    canvas.shape(
        [
            (x - 11 * size, y - 30 * size),
            (x - 9 * size, y - 47 * size),
            (x + 9 * size, y - 47 * size),
            (x + 11 * size, y - 30 * size),
        ],
        (244, 240, 230),
    )
    canvas.shape(
        [
            (x - 10 * size, y - 44 * size),
            (x - 13 * size, y - 74 * size),
            (x + 13 * size, y - 74 * size),
            (x + 10 * size, y - 44 * size),
        ],
        shirt,
    )
    canvas.line(
        [(x - 12 * size, y - 71 * size), (x - 12 * size - stride, y - 52 * size)],
        mix(shirt, (0, 0, 0), 0.15),
        5.5 * size,
    )
    canvas.line([(x + 12 * size, y - 71 * size), (x + 12 * size + stride, y - 55 * size)], shirt, 5.5 * size)
    canvas.disc((x, y - 84 * size), 8.5 * size, (212, 164, 132))
    canvas.disc((x, y - 88 * size), (8.8 * size, 5.6 * size), (58, 38, 30))


def _field(canvas: Canvas) -> None:
    far, near = 370.0, HEIGHT + 10.0
    for stripe in range(12):
        edges = [(stripe - 6 + side) for side in (0, 1)]
        canvas.shape(
            [
                (600 + edges[0] * 132, far),
                (600 + edges[1] * 132, far),
                (600 + edges[1] * 232, near),
                (600 + edges[0] * 232, near),
            ],
            colour("3f8a4b") if stripe % 2 else colour("367d43"),
        )
    chalk = (238, 244, 232)
    canvas.line([(-10, 388), (1210, 388)], chalk, 2.4, 0.85)
    goal = canvas.chance.choice((150, 1050))
    lean = 1 if goal > WIDTH / 2 else -1
    canvas.line([(goal - lean * 250, 388), (goal - lean * 330, 470), (goal + lean * 170, 470)], chalk, 2.6, 0.85)
    canvas.line([(600, 388), (600, 690)], chalk, 3, 0.7)
    ring = [
        (600 + 150 * math.cos(step / 40 * math.tau), 560 + 52 * math.sin(step / 40 * math.tau))
        for step in range(41)
    ]
    canvas.line(ring, chalk, 3, 0.7)
    for mesh in range(13):
        canvas.line([(goal - 78 + mesh * 13, 318), (goal - 78 + mesh * 13, 388)], chalk, 0.8, 0.4)
    for mesh in range(6):
        canvas.line([(goal - 78, 322 + mesh * 13), (goal + 78, 322 + mesh * 13)], chalk, 0.8, 0.4)
    canvas.line([(goal - 80, 390), (goal - 80, 316), (goal + 80, 316), (goal + 80, 390)], (250, 250, 246), 5)


def _floodlights(canvas: Canvas, mast: Colour) -> None:
    for side in (70, 1130):
        canvas.line([(side, 40), (side, 350)], mast, 8)
        canvas.box(side - 46, 22, (92, 40), mast)
        for bulb in range(10):
            canvas.disc((side - 36 + bulb % 5 * 18, 33 + bulb // 5 * 18), 6.5, (255, 252, 235))
        canvas.glow((side, 42), 330, (230, 238, 255), 0.8)
        canvas.beam(
            [(side - 30, 50), (side + 30, 50), (600 + (side - 600) * -0.3, 660), (side, 600)],
            (220, 232, 255),
            0.16,
            50,
        )


def pitch(canvas: Canvas) -> None:
    """Draw a football match under floodlights."""
    night, low = colour("101b33"), colour("41578a")
    home, away = canvas.palette((((186, 44, 50), (240, 200, 70)), ((34, 92, 160), (236, 112, 54))))
    canvas.gradient([(0, night), (1, low)], 0, 360)
    _stand(canvas, (night, home))
    _field(canvas)
    _floodlights(canvas, mix(night, (120, 130, 150), 0.33))
    for number in range(8):
        at = (90 + number * 140 + canvas.chance.uniform(-40, 40), canvas.chance.uniform(450, 580))
        _player(canvas, at, at[1] / 470, home if number % 2 else away)
    striker = (canvas.chance.uniform(430, 740), 648)
    _player(canvas, striker, 1.9, home)
    canvas.disc((striker[0] + 70, 646), 13, (250, 248, 240))
    canvas.disc((striker[0] + 72, 644), 5, (40, 40, 48))
