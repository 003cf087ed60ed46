"""What one source says about one article."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Genre(StrEnum):
    """Which part of the edition an article can stand in."""

    NEWS = "news"
    BLOG = "blog"


class Form(StrEnum):
    """What an article is, where that decides about its place: some never lead, some never go out."""

    PLAIN = "plain"
    LIVE = "live"
    SPONSORED = "sponsored"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Article:
    """An article as a source gives it: plain text, absolute links, dates in UTC or none.

    ``published_at`` and ``updated_at`` are None where the source gives no date that can be trusted: a date is
    never invented. ``position`` counts from 1 in the order of the source. ``votes`` and ``comments`` are None
    where the source does not count them. ``categories`` are all the words it files the article under, ``section``
    the first of them; ``credit`` is the image's. An article is not to be shown before ``embargo_ends_at``, nor
    ever when ``is_withdrawn``.
    """

    title: str
    url: str
    guid: str
    published_at: datetime | None = None
    updated_at: datetime | None = None
    author: str = ""
    section: str = ""
    image_url: str = ""
    image_alt: str = ""
    summary: str = ""
    language: str = ""
    position: int = 0
    votes: int | None = None
    comments: int | None = None
    credit: str = ""
    categories: tuple[str, ...] = ()
    correction: str = ""
    embargo_ends_at: datetime | None = None
    is_featured: bool = False
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """What a source answered: its own title and language, and its articles in its own order.

    ``ttl`` is how long the answer may be kept before it is asked for again, None where the source does not say;
    ``skip_hours`` (0 to 23, in UTC) and ``skip_days`` (0 for Monday to 6) are when it asks to be left alone.
    """

    title: str
    language: str
    articles: tuple[Article, ...]
    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
