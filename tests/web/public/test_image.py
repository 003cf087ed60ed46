"""Images of articles come from us, and may be kept for ever."""

from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from newsletter.gather.tables import ImageState, image

NAME = "0123456789abcdef01234567"


@pytest.fixture
def stored(scene: Any) -> dict[str, bytes]:
    """Store an image in both sizes."""
    sizes = {}
    for name, width in (("small", 600), ("large", 1200)):
        file = BytesIO()
        Image.new("RGB", (width, width // 2), "navy").save(file, "JPEG")
        sizes[name] = file.getvalue()
    with scene.database.transaction() as connection:
        connection.execute(
            sa.insert(image).values(url="https://a.example/1.jpg", state=ImageState.READY, name=NAME, **sizes)
        )
    return sizes


@pytest.mark.parametrize(("ending", "size"), [("", "small"), ("-large", "large")])
def test_an_image_is_a_jpeg_that_never_changes(
    scene: Any, stored: dict[str, bytes], ending: str, size: str
) -> None:
    """Mail programs and their proxies may keep it as long as they like."""
    answer = scene.browser().get(f"/image/{NAME}{ending}.jpg")
    assert (200, stored[size]) == (answer.status_code, answer.content)
    assert "image/jpeg" == answer.headers["content-type"]
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("file", [f"{NAME}.png", f"{'0' * 24}.jpg", "x.jpg", f"{NAME}-huge.jpg", NAME])
def test_any_other_name_is_not_found(scene: Any, stored: dict[str, bytes], file: str) -> None:
    """Nothing else is behind that door."""
    assert stored
    assert 404 == scene.browser().get(f"/image/{file}").status_code
