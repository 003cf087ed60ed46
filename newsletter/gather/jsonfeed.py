"""JSON Feed 1 and 1.1 (jsonfeed.org), which feedparser does not read."""

import json
from datetime import UTC, datetime
from typing import Any

from newsletter.errors import NotAFeedError
from newsletter.gather.article import Feed
from newsletter.gather.draft import (
    Draft,
    finished,
    first_image,
    language_tag,
    trusted_date,
    web_guid,
    whole_number,
)
from newsletter.gather.markup import MOST_ARTICLES, MOST_TAGS
from newsletter.gather.plaintext import plain_text

_VERSION = "https://jsonfeed.org/version/"
_EXTENSION = "_newsletter"
"""Our own object in an article: {"votes": 7, "comments": 2}."""


def parse_json_feed(text: str, base_url: str) -> Feed:
    """Read a JSON Feed; raises NotAFeedError for JSON that is none."""
    if text.count("{") + text.count("[") > MOST_TAGS:
        raise NotAFeedError("This is no feed: it is JSON with far too many parts.")
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        raise NotAFeedError("This is no feed: it begins like JSON and is not.") from None
    if not isinstance(feed, dict) or _VERSION not in _text(feed, "version").replace("http://", "https://"):
        raise NotAFeedError(
            "This is no feed: it is JSON without the version of a JSON Feed.",
            "Look for the site's feed address.",
        )
    base = _text(feed, "home_page_url") or base_url
    language = language_tag(_text(feed, "language"))
    drafts = [_draft(each, base, language, _byline(feed)) for each in _objects(feed, "items")[:MOST_ARTICLES]]
    return Feed(plain_text(_text(feed, "title"), 300), language, finished(drafts))


def _draft(each: dict[str, Any], base: str, language: str, byline: str) -> Draft:
    content = _text(each, "content_html") or _text(each, "content_text")
    image, alt = _text(each, "image") or _text(each, "banner_image"), ""
    if not image:
        image, alt = first_image(content)
    ours = each.get(_EXTENSION)
    counts: dict[str, Any] = ours if isinstance(ours, dict) else {}
    return Draft(
        base=base,
        title=_text(each, "title"),
        links=(_text(each, "url"), _text(each, "external_url"), web_guid(_text(each, "id"))),
        guid=_text(each, "id"),
        description=_text(each, "summary") or content,
        published_at=_date(_text(each, "date_published")),
        updated_at=_date(_text(each, "date_modified")),
        author=_byline(each) or byline,
        section=_first_tag(each),
        image=image,
        image_alt=alt,
        language=_text(each, "language") or language,
        votes=whole_number(counts.get("votes")),
        comments=whole_number(counts.get("comments")),
    )


def _first_tag(each: dict[str, Any]) -> str:
    tags = each.get("tags")
    return next((tag for tag in tags if isinstance(tag, str)), "") if isinstance(tags, list) else ""


def _byline(holder: dict[str, Any]) -> str:
    authors = _objects(holder, "authors") or [author for author in [holder.get("author")] if author]
    names = [_text(author, "name") for author in authors if isinstance(author, dict)]
    return ", ".join(name for name in names if name)


def _objects(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = holder.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(holder: dict[str, Any], key: str) -> str:
    value = holder.get(key)
    # Version 1 allowed numbers as ids, and publishers send them.
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _date(value: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return trusted_date(date if date.tzinfo else date.replace(tzinfo=UTC))
