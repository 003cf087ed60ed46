"""From what a source claims about an article to what we are willing to repeat.

Sources of every kind are read into the same drafts; whatever is checked, cleaned or left out of an article is
decided here, once for all of them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from html import unescape
from itertools import islice

from newsletter.gather.article import Article
from newsletter.gather.formats.markup import MOST_ARTICLES
from newsletter.gather.memory.canonical import LONGEST_URL, absolute_url
from newsletter.gather.text.blurb import summarise
from newsletter.gather.text.plaintext import LONGEST_MARKUP, plain_text, shortened

LONGEST_TITLE = 300
LONGEST_NAME = 120
"""Characters of an author, a section or an image's description; longer ones are misplaced text."""
LONGEST_CORRECTION = 500
MOST_CATEGORIES = 20
"""Words that one article is filed under; more are a search engine's bait."""
_LONGEST_DATE = 60
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An article as its source words it: markup, relative links and all; empty means not said.

    ``links`` stand in the order they are preferred in, the first that can be opened wins. The first of
    ``categories`` is the section. ``embargo`` is the date as it is written: what cannot be read must not be taken
    for "no embargo".
    """

    base: str
    title: str
    links: tuple[str, ...]
    guid: str = ""
    description: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    author: str = ""
    categories: tuple[str, ...] = ()
    image: str = ""
    image_alt: str = ""
    credit: str = ""
    language: str = ""
    votes: int | None = None
    comments: int | None = None
    correction: str = ""
    embargo: str = ""
    is_featured: bool = False
    is_withdrawn: bool = False


def finished(drafts: Iterable[Draft]) -> tuple[Article, ...]:
    """Return the articles that can be shown and opened, numbered from 1 in the source's order.

    One under an embargo whose end cannot be read is left out until it can.
    """
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
    embargo_ends_at = written_date(draft.embargo)
    if not url or not title or (draft.embargo.strip() and embargo_ends_at is None):
        return None
    image_url = absolute_url(draft.image, draft.base or url)
    categories = _names(draft.categories)
    return Article(
        title=title,
        url=url,
        guid=_guid(draft.guid) or url,
        published_at=draft.published_at,
        updated_at=draft.updated_at,
        author=plain_text(_ADDRESS.sub(" ", draft.author[: 4 * LONGEST_NAME]).strip(" ()"), LONGEST_NAME),
        section=next(iter(categories), ""),
        image_url=image_url,
        image_alt=plain_text(draft.image_alt, LONGEST_NAME) if image_url else "",
        summary=summary,
        language=language_tag(draft.language),
        position=position,
        votes=draft.votes,
        comments=draft.comments,
        credit=plain_text(draft.credit, LONGEST_NAME) if image_url else "",
        categories=categories,
        correction=plain_text(draft.correction, LONGEST_CORRECTION),
        embargo_ends_at=embargo_ends_at,
        is_featured=draft.is_featured,
        is_withdrawn=draft.is_withdrawn,
    )


def _guid(guid: str) -> str:
    """Return a guid as text; an endless one, which no index holds, as a number made of all of it."""
    text = plain_text(guid)
    return text if len(text.encode()) <= LONGEST_URL else sha256(guid.encode("utf-8", "replace")).hexdigest()


def _names(categories: Iterable[str]) -> tuple[str, ...]:
    names = (plain_text(each, LONGEST_NAME) for each in islice(categories, MOST_CATEGORIES))
    return tuple(dict.fromkeys(name for name in names if name))


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


def written_date(text: str) -> datetime | None:
    """Read a date as ISO 8601 or RFC 5322 writes it, in UTC where it names no zone; None if it is none."""
    text = text.strip()[:_LONGEST_DATE]
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        try:
            date = parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError):
            return None
    return trusted_date(date if date.tzinfo else date.replace(tzinfo=UTC))


def later(date: datetime | None, published_at: datetime | None) -> datetime | None:
    """Return a date of change that a program sets for every article, where it tells of a change: else None."""
    return date if date and (published_at is None or date > published_at) else None


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
