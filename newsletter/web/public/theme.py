"""The logos of themes: a name is made of the file's content, so a copy may be kept for ever."""

from fastapi import APIRouter
from starlette.responses import Response

from newsletter.edition.look.theme import read_theme
from newsletter.errors import ContentError, NotFoundError
from newsletter.web.doorway import Door

router = APIRouter()

_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_A_WHILE = {"Cache-Control": "public, max-age=3600"}


@router.get("/theme/{theme}/{name}")
def show_logo(door: Door, theme: str, name: str) -> Response:
    """Return a theme's logo; under the name of an earlier one, which old mails still ask for, the present one."""
    try:
        logo = read_theme(theme, door.services.settings.template_folders).logo
    except ContentError:
        logo = None
    if logo is None:
        raise NotFoundError("There is no such logo.", "Copy the whole address.")
    files = {file.name: file for file in (logo.light, logo.dark) if file}
    shown = files.get(name, logo.light)
    headers = _FOR_EVER if name in files else _A_WHILE
    return Response(shown.path.read_bytes(), media_type=_TYPES[shown.kind], headers=headers)
