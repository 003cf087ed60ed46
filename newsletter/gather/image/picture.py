"""From a stranger's bytes to two JPEGs of ours: checked by content, bounded in size. Pure.

Re-coding is what makes an image safe to serve: nothing of the file as it came is kept, no metadata, no script in
an SVG, no second file behind the first. No image is better than a logo, so what looks like one is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

SMALL, LARGE = 600, 1_200
"""Pixels of width: a thumbnail on a sharp screen, and the lead's picture on one."""

HEAVIEST = 100_000
"""Bytes of either JPEG."""

MOST_PIXELS = 24_000_000
"""Pixels unpacked at once, some 70 MB; a JPEG is unpacked at the size it is needed."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_QUALITIES = (82, 72, 62, 52, 42)
_SMALLER = (1.0, 0.8, 0.65)
_WIDEST, _TALLEST = 2.4, 1.2
"""Width by height that is kept as it is; beyond, it is cut to 3:2 about a point above the middle."""
_BANNER = 4.0
_CUT = (3, 2)
_EYES = 0.35
_SEE_THROUGH = 0.25
"""Part of the pixels: an image with that much of nothing is a logo or a drawing for another background."""


class UnfitImageError(Exception):
    """An image that is not to be shown; the text says why, in words for the console."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as we serve it: its size in pixels as ``large`` has it, and both JPEGs."""

    width: int
    height: int
    small: bytes
    large: bytes


def recode(content: bytes) -> Picture:
    """Return the picture in an image file. Raises UnfitImageError, and nothing else, whatever the bytes."""
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as opened:
            return _recoded(opened)
    except UnfitImageError:
        raise
    except UnidentifiedImageError:
        raise UnfitImageError("it is no JPEG, PNG, WebP, GIF or AVIF image") from None
    except Exception as error:  # noqa: BLE001 — decoders fail in any way on damaged files
        raise UnfitImageError(f"it is damaged ({type(error).__name__})") from None


def _recoded(opened: Image.Image) -> Picture:
    width, height = opened.size
    if width < SMALL:
        raise UnfitImageError(f"it is {width} pixels wide; {SMALL} are needed")
    if height < 1 or width / height > _BANNER:
        raise UnfitImageError("it is a banner")
    if opened.format == "JPEG" and not opened.info.get("progressive"):
        # A progressive one is unpacked whole before it is made smaller.
        opened.draft("RGB", (2 * LARGE, 2 * LARGE))
    if opened.width * opened.height > MOST_PIXELS:
        raise UnfitImageError(f"it has {width} × {height} pixels, more than {MOST_PIXELS:,}")
    shaped = _shaped(_on_white(_upright(opened)))
    large = shaped.resize(_size(shaped, min(LARGE, shaped.width)), Image.Resampling.LANCZOS)
    small = large.resize(_size(large, SMALL), Image.Resampling.LANCZOS)
    return Picture(large.width, large.height, _jpeg(small), _jpeg(large))


def _upright(opened: Image.Image) -> Image.Image:
    """Return the image as its camera was held, at most a few times as large as needed: each step makes a copy."""
    opened.load()
    factor = min(opened.width, opened.height) // (2 * LARGE)
    small = opened.reduce(factor) if factor > 1 and opened.mode in {"L", "RGB", "RGBA"} else opened
    small.info.setdefault("exif", opened.info.get("exif", b""))
    return ImageOps.exif_transpose(small)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in {"RGBA", "LA", "PA"} and "transparency" not in image.info:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    alpha = layered.getchannel("A")
    empty = sum(alpha.histogram()[:128])
    if empty > _SEE_THROUGH * layered.width * layered.height:
        raise UnfitImageError("much of it is transparent, as of a logo")
    white = Image.new("RGB", layered.size, "white")
    white.paste(layered, mask=alpha)
    return white


def _shaped(image: Image.Image) -> Image.Image:
    if _TALLEST <= image.width / image.height <= _WIDEST:
        return image
    across, down = _CUT
    width = min(image.width, image.height * across // down)
    if width < SMALL:
        raise UnfitImageError("too little of it is left at the shape of a picture")
    # Faces are in the upper half of tall photographs.
    return ImageOps.fit(image, (width, width * down // across), centering=(0.5, _EYES))


def _size(image: Image.Image, width: int) -> tuple[int, int]:
    return width, max(1, round(image.height * width / image.width))


def _jpeg(image: Image.Image) -> bytes:
    """Return the best JPEG that is not too heavy. Raises UnfitImageError when there is none."""
    for attempt in _attempts(image):
        if len(attempt) <= HEAVIEST:
            return attempt
    raise UnfitImageError("it cannot be made light enough to mail")


def _attempts(image: Image.Image) -> Iterator[bytes]:
    for share in _SMALLER:
        smaller = image if share == 1 else image.resize(_size(image, round(image.width * share)))
        for quality in _QUALITIES:
            file = BytesIO()
            smaller.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
            yield file.getvalue()
