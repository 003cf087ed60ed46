"""Colours as CSS writes them, and one laid over another. Pure."""

import re

from PIL import ImageColor

Rgb = tuple[int, int, int]

_FUNCTION = re.compile(
    r"rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)(?:[\s,/]+([\d.]+)(%?))?\s*\)", re.IGNORECASE
)
_WORD = re.compile(r"#[0-9a-fA-F]{3,8}\b|rgba?\([^()]*\)|hsl\([^()]*\)|[a-zA-Z]+")
_HIGHEST = 255


def read_colour(text: str) -> tuple[Rgb, float] | None:
    """Return a colour and how much it covers, from 0 to 1; None for what is no colour."""
    text = text.strip().lower()
    if text == "transparent":
        return (0, 0, 0), 0.0
    found = _FUNCTION.fullmatch(text)
    try:
        if found:
            red, green, blue = (min(round(float(each)), _HIGHEST) for each in found.group(1, 2, 3))
            share = float(found[4]) / (100 if found[5] else 1) if found[4] else 1.0
            return (red, green, blue), min(share, 1.0)
        parts: tuple[int, ...] = ImageColor.getrgb(text)
    except (ValueError, OverflowError):
        return None
    share = parts[3] / _HIGHEST if len(parts) > len("rgb") else 1.0
    return (parts[0], parts[1], parts[2]), share


def find_colour(text: str) -> tuple[Rgb, float] | None:
    """Return the first colour in a value that may say more, such as ``background``'s."""
    without_pictures = re.sub(r"(?:url|[\w-]*gradient)\((?:[^()]|\([^()]*\))*\)", " ", text, flags=re.IGNORECASE)
    for word in _WORD.findall(without_pictures):
        found = read_colour(word)
        if found is not None:
            return found
    return None


def laid_over(colour: tuple[Rgb, float], ground: Rgb) -> Rgb:
    """Return what is seen where a colour covers a ground in part."""
    (red, green, blue), share = colour
    mixed = [round(a * share + b * (1 - share)) for a, b in zip((red, green, blue), ground, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def as_hex(colour: Rgb) -> str:
    """Return #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
