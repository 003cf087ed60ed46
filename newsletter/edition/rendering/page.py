"""What an edition's templates can print: plain values, each cleaned and cut to its place before it is here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """A link to another source's article; ``link`` is empty where there is none to trust."""

    source: str
    link: str
    number: int


@dataclass(frozen=True, slots=True)
class PrintedArticle:
    """An article as the template prints it; what is missing is empty. ``facts`` is its small print.

    ``update`` is the word that stands before the headline of one that was sent before; ``recommend`` is where
    its reader votes for it. ``hue`` is the place of its section's colour among the page's ``hues``, from 1; 0 is
    the newsletter's accent. ``credit`` says whose the picture is. ``image_width`` and
    ``image_height`` are the file's pixels, 0 where nobody knows.
    """

    number: int
    title: str
    link: str
    summary: str
    section: str
    facts: tuple[str, ...]
    why: str
    image: str
    image_alt: str
    also_in: tuple[Reference, ...]
    lang: str
    dir: str
    update: str = ""
    recommend: str = ""
    hue: int = 0
    credit: str = ""
    image_width: int = 0
    image_height: int = 0

    def height_at(self, width: int) -> int:
        """Return the picture's height when it is shown at a width, in pixels; 0 where its shape is not known."""
        return round(self.image_height * width / self.image_width) if self.image_width else 0


@dataclass(frozen=True, slots=True)
class PrintedCorrection:
    """A correction of an article that was sent before."""

    title: str
    text: str
    link: str
    lang: str
    dir: str


@dataclass(frozen=True, slots=True)
class Hue:
    """A section's colour by day and in the dark, readable on every ground of the theme."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything an edition prints: the lead, the stories that follow it, the briefs, the blog posts.

    ``hues`` are the colours of the sections that are on the page.
    """

    lead: PrintedArticle | None
    top_stories: tuple[PrintedArticle, ...]
    briefs: tuple[PrintedArticle, ...]
    blog_posts: tuple[PrintedArticle, ...]
    corrections: tuple[PrintedCorrection, ...] = ()
    hues: tuple[Hue, ...] = ()

    @property
    def articles(self) -> tuple[PrintedArticle, ...]:
        """All of them, in the order in which they stand in the edition."""
        return (*([self.lead] if self.lead else []), *self.top_stories, *self.briefs, *self.blog_posts)
