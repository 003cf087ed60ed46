"""What an edition is made of: the newsletter's own particulars and the articles chosen for one day."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.edition.reasons import Reason
from newsletter.edition.words.reasoned import why_line


@dataclass(frozen=True, slots=True)
class AlsoIn:
    """Another source's article about the same event."""

    source: str
    url: str
    title: str
    article_id: int = 0


@dataclass(frozen=True, slots=True)
class ChosenArticle:
    """An article as it stands in an edition, in plain text.

    ``published_at`` is aware, or None where the source gives no date to trust. ``reasons`` say
    why the article is here; ``parts`` add up to ``points``. ``votes`` is None where the source counts none;
    ``language`` is a BCP 47 tag, or empty for the newsletter's own. ``is_update`` says that it was sent before
    and has changed since. ``image_credit`` names whose the picture is; ``words`` counts those of the whole
    article, where its page was read.
    """

    article_id: int
    title: str
    url: str
    summary: str
    section: str
    source: str
    author: str
    published_at: datetime | None
    image_url: str
    image_alt: str
    reasons: tuple[Reason, ...]
    points: float
    parts: dict[str, float]
    votes: int | None
    also_in: tuple[AlsoIn, ...]
    language: str
    is_update: bool = False
    image_credit: str = ""
    words: int | None = None
    image_width: int = 0
    image_height: int = 0

    @property
    def why(self) -> str:
        """The reasons in English, for receipts and the console."""
        return why_line(self.reasons)


@dataclass(frozen=True, slots=True)
class Correction:
    """What was wrong in an article that readers were sent before."""

    article_id: int
    title: str
    text: str
    url: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """A day's articles in the order they are shown, and the corrections of earlier ones."""

    top_stories: tuple[ChosenArticle, ...]
    blog_posts: tuple[ChosenArticle, ...]
    corrections: tuple[Correction, ...] = ()

    @property
    def articles(self) -> tuple[ChosenArticle, ...]:
        """Both parts, the lead first."""
        return self.top_stories + self.blog_posts


@dataclass(frozen=True, slots=True)
class Masthead:
    """What every edition of a newsletter carries.

    ``language`` is a BCP 47 tag, ``zone`` an IANA name, ``accent`` a colour as ``#rrggbb``;
    ``postal_address`` may hold several lines. ``track_clicks`` gives articles an address of ours, ``recommend`` a
    button that lets readers vote. ``show_why``
    prints why each article is here; ``quiet`` keeps headlines out of the subject, and counts and reasons out of
    the mail. ``theme`` names a file in ``themes/``.
    """

    slug: str
    name: str
    publisher: str
    tagline: str
    language: str
    zone: str
    site_url: str
    postal_address: str
    accent: str
    track_clicks: bool = False
    show_why: bool = True
    quiet: bool = False
    recommend: bool = False
    theme: str = "broadsheet"
