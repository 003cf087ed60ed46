"""From what a source claims about an article to what we are willing to repeat.

Feeds in XML and in JSON are read into the same drafts; whatever is checked, cleaned or left out of an article
is decided here, once for both.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape

from newsletter.gather.article import Article
from newsletter.gather.canonical import LONGEST_URL, absolute_url
from newsletter.gather.markup import MOST_ARTICLES
from newsletter.gather.plaintext import LONGEST_MARKUP, plain_text, shortened, summarise

LONGEST_TITLE = 300
LONGEST_NAME = 120
"""Characters of an author, a section or an image's description; longer ones are misplaced text."""
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before the Web there was no article; such dates are a program's zero (0001, 1970)."""
_LARGEST_COUNT = 1_000_000_000
_COUNT = re.compile(r"[0-9]{1,10}")

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}")
_IMAGE = re.compile(r"<img\s[^<>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![\w-])(src|alt|width|height)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*[(<\[]?\b(?:mailto:)?[\w.+-]+@[\w-]+\.[\w.-]+[)>\]]?\s*")
_SMALLEST_SIDE = 3
"""Pixels: smaller images count readers."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as its source words it: markup, relative links and all; empty means not said.

    ``links`` stand in the order they are preferred in, the first that can be opened wins.
    """

    base: str
    title: str
    links: tuple[str, ...]
    guid: str
    description: str
    published_at: datetime | None
    updated_at: datetime | None
    author: str
    section: str
    image: str
    image_alt: str
    language: str
    votes: int | None
    comments: int | None


def finished(drafts: Iterable[Draft]) -> tuple[Article, ...]:
    """Return the articles that can be shown and opened, numbered from 1 in the source's order."""
    articles: list[Article] = []
    for draft in drafts:
        article = _finish(draft, len(articles) + 1)
        if article is not None:
            articles.append(article)
        if len(articles) == MOST_ARTICLES:
            break
    return tuple(articles)


def _finish(draft: Draft, position: int) -> Article | None:
    url = next((found for link in draft.links if (found := absolute_url(link, draft.base))), "")
    title = plain_text(draft.title, LONGEST_TITLE)
    summary = summarise(draft.description, title)
    if not title:
        # Short notes come without a title; their first words say what they are.
        title, summary = shortened(summary, LONGEST_NAME), ""
    if not url or not title:
        return None
    image_url = absolute_url(draft.image, draft.base or url)
    return Article(
        title=title,
        url=url,
        guid=plain_text(draft.guid, LONGEST_URL) or url,
        published_at=draft.published_at,
        updated_at=draft.updated_at,
        author=plain_text(_ADDRESS.sub(" ", draft.author[: 4 * LONGEST_NAME]).strip(" ()"), LONGEST_NAME),
        section=plain_text(draft.section, LONGEST_NAME),
        image_url=image_url,
        image_alt=plain_text(draft.image_alt, LONGEST_NAME) if image_url else "",
        summary=summary,
        language=language_tag(draft.language),
        position=position,
        votes=draft.votes,
        comments=draft.comments,
    )


def web_guid(guid: str) -> str:
    """Return a guid that is a whole web address and may stand in for a link, else ""."""
    return guid if guid.startswith(("http://", "https://")) else ""


def trusted_date(date: datetime) -> datetime | None:
    """Return a date in UTC, or None if no article can be that old."""
    try:
        date = date.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return date if date >= _EARLIEST else None


def language_tag(value: str) -> str:
    """Return a language as BCP 47 writes it, "" if it is none."""
    value = value.strip().replace("_", "-")
    return value if _LANGUAGE.fullmatch(value) else ""


def whole_number(value: object) -> int | None:
    """Return a count as a source gives it (3, "3"), None if it is no count."""
    if isinstance(value, str) and _COUNT.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def first_image(markup: str) -> tuple[str, str]:
    """Return the link and description of the first image in HTML that is no tracker; empty without one."""
    for tag in _IMAGE.finditer(markup[: 10 * LONGEST_MARKUP]):
        facts = {name.lower(): unescape(value.strip("\"'")) for name, value in _ATTRIBUTE.findall(tag.group())}
        sides = (facts.get("width", ""), facts.get("height", ""))
        is_tracker = any(side.isdecimal() and int(side[:6]) < _SMALLEST_SIDE for side in sides)
        if facts.get("src", "").strip() and not facts["src"].startswith("data:") and not is_tracker:
            return facts["src"], facts.get("alt", "")
    return "", ""
