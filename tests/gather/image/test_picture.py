"""Images: what is shown is ours, small enough to mail, and never a logo."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from newsletter.gather.image.picture import HEAVIEST, LARGE, SMALL, UnfitImageError, recode


def a_file(width: int, height: int, kind: str = "JPEG", mode: str = "RGB", **how: object) -> bytes:
    """Draw something with detail in it, as a photograph has."""
    image = Image.effect_noise((width, height), 40).convert(mode)
    if "A" in mode:
        image.putalpha(255)
    file = BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def size_of(jpeg: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(jpeg)) as image:
        assert image.format == "JPEG"
        image.load()
        return image.size


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_every_usual_kind_becomes_two_jpegs(kind: str) -> None:
    """Whatever a site uses, every mail program can show it."""
    picture = recode(a_file(1600, 900, kind))
    assert (1200, 675) == (picture.width, picture.height)
    assert SMALL == size_of(picture.small)[0]
    assert LARGE >= size_of(picture.large)[0]


@pytest.mark.parametrize(("width", "height"), [(3000, 2000), (1200, 675), (600, 400)])
def test_no_jpeg_is_heavy(width: int, height: int) -> None:
    """Noise is the worst there is, and even that is mailed light."""
    picture = recode(a_file(width, height, quality=95))
    assert HEAVIEST >= max(len(picture.small), len(picture.large))


@pytest.mark.parametrize(("width", "height"), [(1000, 1500), (700, 3000), (2400, 700)])
def test_other_shapes_are_cut_to_three_by_two(width: int, height: int) -> None:
    """A portrait would push the story off a phone's screen, a strip would be too thin to see."""
    picture = recode(a_file(width, height))
    assert pytest.approx(1.5, abs=0.01) == picture.width / picture.height


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no JPEG"),
        (a_file(599, 400), "599 pixels wide"),
        (a_file(2500, 600), "banner"),
        (a_file(1600, 900)[:3000], "damaged"),
        (a_file(6000, 5000, "PNG", "L", compress_level=1), "more than"),
    ],
    ids=["nothing", "svg", "narrow", "banner", "cut", "huge"],
)
def test_what_is_unfit_is_refused_with_a_reason(content: bytes, why: str) -> None:
    """An editor reads in the console why an article has no picture."""
    with pytest.raises(UnfitImageError, match=why):
        recode(content)


def test_a_logo_is_refused() -> None:
    """A site's mark on a transparent ground stands in for every article without a picture."""
    image = Image.new("RGBA", (800, 450), (0, 0, 0, 0))
    image.paste((200, 0, 0, 255), (200, 100, 500, 300))
    file = BytesIO()
    image.save(file, "PNG")
    with pytest.raises(UnfitImageError, match="transparent"):
        recode(file.getvalue())


def test_a_bomb_is_not_unpacked() -> None:
    """A small file can claim the size of a city; what it claims is looked at first."""
    file = BytesIO()
    Image.new("1", (40_000, 30_000)).save(file, "PNG")
    with pytest.raises(UnfitImageError):
        recode(file.getvalue())


def test_nothing_that_came_along_is_kept() -> None:
    """Where a photograph was taken is its photographer's business."""
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    picture = recode(a_file(1200, 800, exif=exif))
    assert b"taken at home" not in picture.small + picture.large


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    """Whatever a site sends, it is a picture or it is unfit."""
    for start in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBP"):
        with pytest.raises(UnfitImageError):
            recode(start + content)


@pytest.mark.parametrize("width", [1600, 6000])
def test_a_photograph_is_turned_as_its_camera_was_held(width: int) -> None:
    """Also one that is made smaller before it is turned."""
    image = Image.new("RGB", (width, width * 2 // 3), "black")
    image.paste((255, 255, 255), (0, 0, width // 2, width))
    exif = Image.Exif()
    exif[0x112] = 3
    file = BytesIO()
    image.save(file, "PNG", exif=exif.tobytes())
    with Image.open(BytesIO(recode(file.getvalue()).small)) as small:
        assert small.convert("L").crop((SMALL - 20, 50, SMALL - 10, 60)).getextrema() == (255, 255)


def test_a_progressive_bomb_is_refused_before_it_is_unpacked() -> None:
    """Such a JPEG cannot be unpacked at the size it is needed: its 27 million pixels would all be held."""
    with pytest.raises(UnfitImageError, match="more than"):
        recode(a_file(6000, 4500, quality=10, progressive=True))
