"""Pictures are drawn, small, the same each time, and as different as their seeds."""

from io import BytesIO

import pytest
from PIL import Image

from newsletter.errors import NotFoundError
from newsletter.sample.article import Picture, all_articles
from newsletter.sample.pictures import draw, picture_named

PICTURES = tuple(article.picture for article in all_articles())
ONE_OF_EACH_SCENE = tuple({picture.scene: picture for picture in PICTURES}.values())


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_every_picture_is_a_small_jpeg(picture: Picture) -> None:
    """Each article's picture is 1200 by 675 points and below 150 kB."""
    content = draw(picture)
    assert len(content) < 150_000
    with Image.open(BytesIO(content)) as image:
        assert (image.format, image.size) == ("JPEG", (1200, 675))


@pytest.mark.parametrize("picture", ONE_OF_EACH_SCENE, ids=lambda picture: picture.scene)
def test_a_picture_is_always_the_same(picture: Picture) -> None:
    """Drawn anew, a picture has the same bytes."""
    assert draw(picture) == draw.__wrapped__(picture)


def test_no_two_articles_share_a_picture() -> None:
    """There are at least eight scenes, and every article has its own picture."""
    assert len(ONE_OF_EACH_SCENE) >= 8
    assert len({picture.name for picture in PICTURES}) == len(PICTURES)


def test_another_seed_is_another_picture() -> None:
    """A scene drawn with another number looks different."""
    assert draw(Picture("harbour", 22)) != draw(Picture("harbour", 26))


def test_an_unknown_scene_is_refused_with_the_known_ones() -> None:
    """The error names the scenes that can be drawn."""
    with pytest.raises(NotFoundError, match="lighthouse"):
        draw(Picture("volcano", 1))


def test_only_pictures_of_articles_have_names() -> None:
    """A made-up name is no picture, so nobody can make us draw without end."""
    assert picture_named("harbour-22") == Picture("harbour", 22)
    assert picture_named("harbour-23") is None
    assert picture_named("../harbour-22") is None
