"""A theme's logo: checked when it is read, shown by day and by night."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from newsletter.edition.look.logo import HEAVIEST
from newsletter.edition.look.theme import read_theme
from newsletter.errors import ContentError
from tests.edition.rendering.builders import MASTHEAD, OURS, digest, edition, parsed


def image(width: int, height: int, kind: str = "PNG") -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "navy").save(file, kind)
    return file.getvalue()


def own(folder: Path, variables: str, **files: bytes) -> Path:
    themes = folder / "themes"
    themes.mkdir(parents=True, exist_ok=True)
    (themes / "own.toml").write_text(f'base = "broadsheet"\n[logo]\n{variables}\n')
    for name, content in files.items():
        (themes / f"{name}.png").write_bytes(content)
    return folder


def test_a_logo_stands_in_the_place_of_the_name(tmp_path: Path) -> None:
    """With its size as attributes, our own address, and the newsletter's name for those who do not see it."""
    own(tmp_path, 'light = "day.png"\nwidth = 300', day=image(600, 100))
    page = parsed(digest(edition("a"), replace(MASTHEAD, theme="own"), tmp_path))
    (shown,) = page.xpath("//h1//img")
    logo = read_theme("own", [tmp_path, OURS]).logo
    assert logo
    assert f"https://news.example/theme/own/{logo.light.name}" == shown.get("src")
    assert ("300", "50", MASTHEAD.name) == (shown.get("width"), shown.get("height"), shown.get("alt"))
    assert "" == page.xpath("string(//h1)").strip()


def test_a_logo_by_night_shows_only_in_the_dark(tmp_path: Path) -> None:
    """It is hidden where no dark rules are read, and classic Outlook never sees it."""
    own(tmp_path, 'light = "day.png"\ndark = "night.png"\nalt = "Post"', day=image(560, 80), night=image(56, 8))
    html = digest(edition("a"), replace(MASTHEAD, theme="own"), tmp_path).html
    page = parsed(digest(edition("a"), replace(MASTHEAD, theme="own"), tmp_path))
    day, night = page.xpath("//h1//img")
    assert "display:none" in night.get("style")
    assert "display:inline-block" in day.get("style")
    assert ("Post", "Post") == (day.get("alt"), night.get("alt"))
    assert ".by-night { display: inline-block !important }" in html
    assert "<!--[if !mso]><!--><img" in html


def test_a_tall_logo_is_shown_smaller(tmp_path: Path) -> None:
    """It never pushes the lead below the first screen."""
    own(tmp_path, 'light = "day.png"', day=image(200, 400))
    logo = read_theme("own", [tmp_path, OURS]).logo
    assert logo
    assert (80, 160) == (logo.width, logo.height)


def test_another_file_has_another_name(tmp_path: Path) -> None:
    """Mail programs keep pictures for ever: a new logo is a new address."""
    names = set()
    for width in (300, 301):
        own(tmp_path, 'light = "day.png"', day=image(width, 50))
        logo = read_theme("own", [tmp_path, OURS]).logo
        assert logo
        names.add(logo.light.name)
    assert 2 == len(names)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG, JPEG or GIF"),
        (image(10, 10, "WEBP"), "no PNG, JPEG or GIF"),
        (b"\x00" * (HEAVIEST + 1), "more than 100,000"),
        (b"", "no PNG"),
    ],
)
def test_a_file_that_mail_cannot_show_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    """By its content, not by its name."""
    own(tmp_path, 'light = "day.png"', day=content)
    with pytest.raises(ContentError, match=told):
        read_theme("own", [tmp_path, OURS])


def test_without_an_address_of_ours_the_name_is_set(tmp_path: Path) -> None:
    """A theme without a logo has the name in type."""
    own(tmp_path, 'light = ""')
    assert None is read_theme("own", [tmp_path, OURS]).logo
    page = parsed(digest(edition("a"), replace(MASTHEAD, theme="own"), tmp_path))
    assert MASTHEAD.name == page.xpath("string(//h1)").strip()
