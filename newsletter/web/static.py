"""The style sheet and the one script, found like any other template."""

import re

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from newsletter.web.doorway import Door

router = APIRouter()
_NAME = re.compile(r"[a-z0-9-]+\.(?P<kind>css|js|svg)", re.ASCII)
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@router.get("/static/{name}")
def show_file(door: Door, name: str) -> FileResponse:
    """Return a file of ``web/static``, the publisher's own before ours."""
    match = _NAME.fullmatch(name)
    for folder in door.services.settings.template_folders if match else ():
        path = folder / "web" / "static" / name
        if match and path.is_file():
            headers = {"Cache-Control": "public, max-age=300"}
            return FileResponse(path, media_type=_TYPES[match["kind"]], headers=headers)
    raise HTTPException(404)
