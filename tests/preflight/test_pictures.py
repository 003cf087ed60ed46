"""Pictures that are not shown, jump, or say nothing."""

import pytest

from newsletter.preflight.finding import Outcome
from tests.preflight.mails import faults_of, with_html

SIZE = 'width="1" height="1"'


@pytest.mark.parametrize(
    ("src", "said"),
    [
        ("", "A picture has no address."),
        ("data:image/png;base64,AAAA", "A picture is written into the mail (data:)."),
        ("/a.jpg", "'/a.jpg' is no address of a picture."),
        ("cid:one", "'cid:one' is no address of a picture."),
    ],
)
def test_a_picture_needs_an_address(src: str, said: str) -> None:
    """A picture that no program can fetch blocks."""
    assert [(Outcome.BLOCK, said)] == faults_of("pictures", with_html(f'<img src="{src}" {SIZE} alt="">'))


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ('height="1" alt=""', "A picture has no width in numbers."),
        ('width="100%" height="auto" alt=""', "A picture has no width and no height in numbers."),
        (SIZE, "A picture has no alt text."),
        (f'{SIZE} alt="IMG_2031.JPG"', "The alt text 'IMG_2031.JPG' is a file's name."),
        (
            f'{SIZE} alt="The council opens a bridge"',
            "The alt text 'The council opens a bridge' is the headline once more.",
        ),
    ],
)
def test_a_picture_has_a_size_and_words(attributes: str, said: str) -> None:
    """A missing size, no words, a file's name and the headline once more are told."""
    picture = f'<img src="https://www.quay-paper.de/a.jpg" {attributes}>'
    assert [(Outcome.WARN, said)] == faults_of("pictures", with_html(picture))


def test_a_picture_that_adorns_may_be_silent() -> None:
    """An empty alt text is right for decoration."""
    assert [] == faults_of("pictures", with_html(f'<img src="https://a.de/b.png" {SIZE} alt="">'))
