"""Images of articles, served by us: a name never changes what it shows, so a copy may be kept for ever."""

from fastapi import APIRouter
from starlette.responses import Response

from newsletter.gather.image.images import read_image
from newsletter.web.doorway import Door

router = APIRouter()

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@router.get("/image/{file}")
def show(door: Door, file: str) -> Response:
    """Return one JPEG."""
    with door.services.database.transaction() as connection:
        content = read_image(connection, file)
    return Response(content, media_type="image/jpeg", headers=_FOR_EVER)
