"""The sample's pictures, drawn by code when first asked for."""

from functools import lru_cache
from io import BytesIO

from newsletter.errors import NotFoundError
from newsletter.sample.article import Picture, all_articles
from newsletter.sample.scenes import amusements, coast, land, room, sea, square, town, works
from newsletter.sample.scenes.canvas import Canvas

_QUALITY = 82
_SCENES = {
    "cliffs": coast.cliffs,
    "cranes": works.cranes,
    "harbour": sea.harbour,
    "hills": land.hills,
    "islands": coast.islands,
    "library": square.library,
    "lighthouse": sea.lighthouse,
    "market": square.market,
    "nightsky": land.nightsky,
    "pitch": amusements.pitch,
    "skyline": town.skyline,
    "stage": amusements.stage,
    "street": town.street,
    "table": room.table,
    "train": works.train,
}


@lru_cache(maxsize=64)
def draw(picture: Picture) -> bytes:
    """Return the picture as a JPEG of 1200 × 675 points; the same picture always gives the same bytes.

    Raises NotFoundError for a scene that nobody can draw.
    """
    scene = _SCENES.get(picture.scene)
    if scene is None:
        raise NotFoundError(f"There is no scene named {picture.scene!r}.", f"Choose from {', '.join(_SCENES)}.")
    canvas = Canvas(picture.seed)
    scene(canvas)
    stream = BytesIO()
    canvas.finish().save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return stream.getvalue()


def picture_named(name: str) -> Picture | None:
    """Return the picture of that name if one of our articles has it."""
    return next((one.picture for one in all_articles() if one.picture.name == name), None)
