"""A theme's logo: a file beside it, served by us at an address that names its content."""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from newsletter.edition.look.themefile import Said, ThemeFault, Values

HEAVIEST = 100_000
"""Bytes of a logo's file: it is in every mail."""

USUAL_WIDTH = 280
_TALLEST = 160
_FORMATS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif"}
"""What every mail program shows; classic Outlook shows no SVG and no WebP."""


@dataclass(frozen=True, slots=True)
class LogoFile:
    """One file of a logo. ``name`` is made of its content: it changes with every change."""

    path: Path
    name: str
    kind: str
    shape: float
    """Height by width."""

    def address(self, public_url: str, theme: str) -> str:
        """Return where readers' mail programs fetch it."""
        return f"{public_url.rstrip('/')}/theme/{theme}/{self.name}"


@dataclass(frozen=True, slots=True)
class Logo:
    """What stands in the place of the paper's name; ``dark`` in mail programs that say that they are dark.

    ``width`` and ``height`` are pixels of a page; ``alt`` is what it says, empty for the paper's name.
    """

    light: LogoFile
    dark: LogoFile | None
    alt: str
    width: int
    height: int


def read_logo(values: Values) -> Logo | None:
    """Return a theme's logo, or None where it has none. Raises ContentError for a file that cannot be used."""
    light, dark = values.get("logo.light"), values.get("logo.dark")
    if light is None or not light.value:
        return None
    alt, width = values.get("logo.alt"), values.get("logo.width")
    day = _file(light)
    wide = int(width.value) if width else USUAL_WIDTH
    high = round(wide * day.shape)
    if high > _TALLEST:
        high, wide = _TALLEST, max(1, round(_TALLEST / day.shape))
    night = _file(dark) if dark and dark.value else None
    return Logo(day, night, str(alt.value) if alt else "", wide, max(1, high))


def _file(said: Said) -> LogoFile:
    name = str(said.value)
    path = said.path.parent / name
    if Path(name).name != name or not path.is_file():
        raise ThemeFault(said, f"there is no file {name!r} beside the theme", "Put it into the same folder.")
    content = path.read_bytes()
    if len(content) > HEAVIEST:
        raise ThemeFault(
            said,
            f"{name} has {len(content):,} bytes, more than {HEAVIEST:,}",
            "Save it smaller: it is in every mail.",
        )
    try:
        with Image.open(BytesIO(content), formats=tuple(_FORMATS)) as opened:
            kind, (width, height) = _FORMATS[str(opened.format)], opened.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ThemeFault(said, f"{name} is no PNG, JPEG or GIF", "Save it as a PNG.") from error
    digest = hashlib.blake2b(content, digest_size=12).hexdigest()
    return LogoFile(path, f"{digest}.{kind}", kind, height / width)
