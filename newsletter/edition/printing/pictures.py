"""Our own pictures by their addresses: what we serve ourselves, read without the network."""

from collections.abc import Callable, Sequence
from pathlib import Path

from newsletter.db import Database
from newsletter.edition.look.theme import read_theme
from newsletter.errors import ContentError, NotFoundError
from newsletter.gather.image.images import read_image

FetchImage = Callable[[str], bytes]
"""Returns the picture at an address. Raises NotFoundError for an address that is none of ours."""


def stored_pictures(database: Database, public_url: str, folders: Sequence[Path]) -> FetchImage:
    """Return what finds articles' pictures in the database, and themes' logos in the templates' folders."""
    home = f"{public_url.rstrip('/')}/"

    def fetch(url: str) -> bytes:
        match url.removeprefix(home).split("/") if url.startswith(home) else ():
            case "image", file:
                with database.transaction() as connection:
                    return read_image(connection, file)
            case "theme", theme, name:
                return _logo(folders, theme, name)
            case _:
                raise NotFoundError("This picture is not one of ours.", "Only our own are printed.")

    return fetch


def _logo(folders: Sequence[Path], theme: str, name: str) -> bytes:
    try:
        logo = read_theme(theme, folders).logo
    except ContentError:
        logo = None
    for file in (logo.light, logo.dark) if logo else ():
        if file and file.name == name:
            return file.path.read_bytes()
    raise NotFoundError("There is no such logo.", "Copy the whole address.")
