"""A theme's logo comes from us, and its address names its content."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from newsletter.edition.look.theme import read_theme


@pytest.fixture
def scene(make_scene: Callable[..., Any], tmp_path: Path) -> Any:
    """Give an app whose publisher has a theme with a logo."""
    themes = tmp_path / "own" / "themes"
    themes.mkdir(parents=True)
    file = BytesIO()
    Image.new("RGB", (280, 40), "navy").save(file, "PNG")
    (themes / "day.png").write_bytes(file.getvalue())
    (themes / "own.toml").write_text('base = "broadsheet"\n[logo]\nlight = "day.png"\n')
    return make_scene(templates_dir=tmp_path / "own")


def test_a_logo_may_be_kept_for_ever(scene: Any) -> None:
    """Under the name of its content it never changes."""
    logo = read_theme("own", scene.services.settings.template_folders).logo
    assert logo
    answer = scene.browser().get(f"/theme/own/{logo.light.name}")
    assert (200, logo.light.path.read_bytes()) == (answer.status_code, answer.content)
    assert "image/png" == answer.headers["content-type"]
    assert "immutable" in answer.headers["cache-control"]


def test_an_old_mail_shows_the_present_logo(scene: Any) -> None:
    """Under an earlier name there is no gap, and nobody keeps it for long."""
    answer = scene.browser().get("/theme/own/0123456789abcdef01234567.png")
    assert 200 == answer.status_code
    assert "immutable" not in answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["broadsheet/x.png", "none/x.png", "..%2f..%2fetc/passwd"])
def test_a_theme_without_a_logo_shows_none(scene: Any, path: str) -> None:
    """Nothing else is behind that door."""
    assert 404 == scene.browser().get(f"/theme/{path}").status_code
