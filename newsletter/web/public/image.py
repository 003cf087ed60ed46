"""Images of articles, served by us: a name never changes what it shows, so a copy may be kept for ever."""

import re

from fastapi import APIRouter
from starlette.responses import Response

from newsletter.errors import NotFoundError
from newsletter.gather.image.images import read_image
from newsletter.web.doorway import Door

router = APIRouter()

_NAME = re.compile(r"([0-9a-f]{24})(-large)?\.jpg")
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@router.get("/image/{file}")
def show(door: Door, file: str) -> Response:
    """Return one JPEG."""
    found = _NAME.fullmatch(file)
    if not found:
        raise NotFoundError("There is no such image.", "Copy the whole address.")
    with door.services.database.transaction() as connection:
        content = read_image(connection, found[1], large=bool(found[2]))
    return Response(content, media_type="image/jpeg", headers=_FOR_EVER)
