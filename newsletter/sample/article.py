"""One article of the sample publication, as its file tells it."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from newsletter.gather.article import Genre

_SUBHEADING = "## "


@dataclass(frozen=True, slots=True)
class Picture:
    """Which scene is drawn, and the number that makes it this picture and no other."""

    scene: str
    seed: int

    @property
    def name(self) -> str:
        """The picture's name in its address, for example ``harbour-22``."""
        return f"{self.scene}-{self.seed}"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of an article, or one of its sub-headings."""

    text: str
    is_subheading: bool


@dataclass(frozen=True, slots=True)
class SampleArticle:
    """An article without a date: the same words can stand in any day's paper.

    ``days`` says in which papers: those of "even" or of "odd" days. ``place`` counts from 1 in the editors' order.
    ``hours_ago`` is the article's age in hours at the midnight (UTC) that ends its day: 0 < hours_ago < 24.
    ``event`` is shared by articles about one event, ``layout`` is "classic" for the page in the older shape.
    """

    slug: str
    days: str
    place: int
    genre: Genre
    section: str
    headline: str
    summary: str
    author: str
    hours_ago: float
    votes: int
    comments: int
    caption: str
    credit: str
    picture: Picture
    text: str
    dateline: str = ""
    event: str = ""
    layout: str = ""

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """The text in reading order."""
        lines = (line.strip() for line in self.text.splitlines())
        return tuple(
            Paragraph(line.removeprefix(_SUBHEADING), line.startswith(_SUBHEADING)) for line in lines if line
        )


def parse_article(text: str) -> SampleArticle:
    """Read one article's file.

    Raises tomllib.TOMLDecodeError, KeyError or TypeError for a file that is not an article.
    """
    fields = tomllib.loads(text)
    picture, genre = Picture(**fields.pop("picture")), Genre(fields.pop("genre"))
    return SampleArticle(**fields, picture=picture, genre=genre)


@lru_cache(maxsize=1)
def all_articles() -> tuple[SampleArticle, ...]:
    """Return every article we wrote, in the editors' order."""
    folder = files("newsletter.sample").joinpath("articles")
    found = [parse_article(file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".toml")]
    return tuple(sorted(found, key=lambda article: (article.place, article.slug)))
