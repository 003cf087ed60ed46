"""Only what we serve ourselves is printed."""

from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from newsletter.db import Database
from newsletter.edition.look.theme import read_theme
from newsletter.edition.printing.pictures import stored_pictures
from newsletter.errors import NotFoundError
from newsletter.gather.tables import ImageState, image

HOME = "https://news.example"
NAME = "0123456789abcdef01234567"


def test_articles_pictures_are_ours_alone(database: Database) -> None:
    """An address elsewhere, or one that nobody stored, is no picture."""
    with database.transaction() as connection:
        row = {"url": "https://a.example/1.jpg", "state": ImageState.READY, "name": NAME}
        connection.execute(sa.insert(image).values(small=b"small", large=b"large", **row))
    fetch = stored_pictures(database, f"{HOME}/", ())
    assert b"large" == fetch(f"{HOME}/image/{NAME}-large.jpg")
    assert b"small" == fetch(f"{HOME}/image/{NAME}.jpg")
    for url in (
        f"https://other.example/image/{NAME}.jpg",
        f"{HOME}/image/{NAME.replace('0123', '4567')}.jpg",
        f"{HOME}/image/../{NAME}.jpg",
        f"{HOME}.other.example/image/{NAME}.jpg",
        "file:///etc/hostname",
        "",
    ):
        with pytest.raises(NotFoundError):
            fetch(url)


def test_a_themes_logo_is_ours(database: Database, templates: tuple[Path, ...], tmp_path: Path) -> None:
    """It is read from the templates' folders, by the name that its address has."""
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "evening.toml").write_text('base = "broadsheet"\n[logo]\nlight = "evening.png"\n')
    file = BytesIO()
    Image.new("RGB", (280, 60), "navy").save(file, "PNG")
    (tmp_path / "themes" / "evening.png").write_bytes(file.getvalue())
    folders = (tmp_path, *templates)
    logo = read_theme("evening", folders).logo
    assert logo is not None
    fetch = stored_pictures(database, HOME, folders)
    assert file.getvalue() == fetch(logo.light.address(HOME, "evening"))
    for url in (f"{HOME}/theme/evening/evening.png", f"{HOME}/theme/nosuch/{logo.light.name}", f"{HOME}/theme/x"):
        with pytest.raises(NotFoundError):
            fetch(url)
