"""Pictures in an edition are ours, and say what is on them."""

from dataclasses import replace

import pytest

from newsletter.edition.rendering.illustrate import described, illustrate
from newsletter.edition.rendering.selection import Selection
from newsletter.gather.image.images import StoredImage
from tests.edition.rendering import builders

ARTICLE = replace(
    builders.ARTICLE, title="Cranes return to the bay", image_alt="Cranes over the mudflats (AFP photo)"
)
HOME = "https://mail.paper.example"


def test_only_our_own_pictures_are_shown() -> None:
    """What a site shows at its own address may be another picture by the time the mail is read."""
    second = replace(ARTICLE, article_id=2)
    shown = illustrate(Selection((ARTICLE, second), ()), {2: StoredImage("abc", 1200, 800)}, HOME)
    assert ["", f"{HOME}/image/abc.jpg"] == [each.image_url for each in shown.articles]
    assert ["", "Cranes over the mudflats"] == [each.image_alt for each in shown.articles]
    assert ["", "AFP"] == [each.image_credit for each in shown.articles]
    assert [(0, 0), (1200, 800)] == [(each.image_width, each.image_height) for each in shown.articles]


def test_the_lead_has_the_large_one() -> None:
    """It stands across the whole mail; the others are thumbnails."""
    images = {number: StoredImage(f"n{number}", 1200, 800) for number in (1, 2, 3)}
    articles = tuple(replace(ARTICLE, article_id=number) for number in (1, 2, 3))
    shown = illustrate(Selection(articles[:2], articles[2:]), images, f"{HOME}/")
    assert [f"{HOME}/image/{name}.jpg" for name in ("n1-large", "n2", "n3")] == [
        each.image_url for each in shown.articles
    ]


@pytest.mark.parametrize(
    ("alt", "expected"),
    [
        ("", ("", "")),
        ("IMG_2041.jpeg", ("", "")),
        ("crane-at-dawn.jpg", ("", "")),
        ("DSC00017", ("", "")),
        ("Cranes return to the bay!", ("", "")),
        ("A crane. (Reuters)", ("A crane.", "Reuters")),
        ("Families flee  the town", ("Families flee the town", "")),
    ],
)
def test_a_screen_reader_is_told_what_is_to_be_seen(alt: str, expected: tuple[str, str]) -> None:
    """Neither a file's name nor the headline once more; whose it is stands elsewhere."""
    assert expected == described(replace(ARTICLE, image_alt=alt))


def test_a_long_description_ends_at_a_word() -> None:
    """Screen readers stop about there."""
    words, _ = described(replace(ARTICLE, image_alt="crane " * 60))
    assert len(words) <= 125
    assert words.rstrip("…").endswith("crane")
