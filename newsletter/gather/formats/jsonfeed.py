"""JSON Feed 1 and 1.1 (jsonfeed.org), which feedparser does not read."""

from typing import Any

from newsletter.errors import NotAFeedError
from newsletter.gather.article import Feed
from newsletter.gather.formats.draft import (
    Draft,
    finished,
    first_image,
    language_tag,
    web_guid,
    whole_number,
    written_date,
)
from newsletter.gather.formats.json_parts import load_json, objects_of, part_of, text_of, texts_of
from newsletter.gather.formats.markup import MOST_ARTICLES
from newsletter.gather.text.plaintext import plain_text

_VERSION = "https://jsonfeed.org/version/"
_EXTENSION = "_newsletter"
"""Our own object in an article: {"votes": 7, "comments": 2, "featured": true}."""


def parse_json_feed(text: str, base_url: str) -> Feed:
    """Read a JSON Feed; raises NotAFeedError for JSON that is none."""
    feed = load_json(text, "feed")
    if not isinstance(feed, dict) or _VERSION not in text_of(feed, "version").replace("http://", "https://"):
        raise NotAFeedError(
            "This is no feed: it is JSON without the version of a JSON Feed.", _look_elsewhere(feed)
        )
    base = text_of(feed, "home_page_url") or base_url
    language = language_tag(text_of(feed, "language"))
    drafts = [_draft(each, base, language, _byline(feed)) for each in objects_of(feed, "items")[:MOST_ARTICLES]]
    return Feed(plain_text(text_of(feed, "title"), 300), language, finished(drafts))


def _look_elsewhere(content: Any) -> str:
    """Say how to gather JSON that we know in another role."""
    if isinstance(content, dict) and "jsonapi" in content:
        return "It is Drupal's JSON:API: add it with --kind drupal."
    if isinstance(content, list):
        return "If it is WordPress's own interface, add it with --kind wordpress."
    return "Look for the site's feed address."


def _draft(each: dict[str, Any], base: str, language: str, byline: str) -> Draft:
    content = text_of(each, "content_html") or text_of(each, "content_text")
    image, alt = text_of(each, "image") or text_of(each, "banner_image"), ""
    if not image:
        image, alt = first_image(content)
    ours = part_of(each, _EXTENSION)
    return Draft(
        base=base,
        title=text_of(each, "title"),
        links=(text_of(each, "url"), text_of(each, "external_url"), web_guid(text_of(each, "id"))),
        guid=text_of(each, "id"),
        description=text_of(each, "summary") or content,
        published_at=written_date(text_of(each, "date_published")),
        updated_at=written_date(text_of(each, "date_modified")),
        author=_byline(each) or byline,
        categories=texts_of(each, "tags"),
        image=image,
        image_alt=alt,
        credit=text_of(ours, "credit"),
        language=text_of(each, "language") or language,
        votes=whole_number(ours.get("votes")),
        comments=whole_number(ours.get("comments")),
        correction=text_of(ours, "correction"),
        embargo=text_of(ours, "embargo-until"),
        is_featured=ours.get("featured") is True,
        is_withdrawn=ours.get("withdrawn") is True,
    )


def _byline(holder: dict[str, Any]) -> str:
    authors = objects_of(holder, "authors") or [part_of(holder, "author")]
    names = [text_of(author, "name") for author in authors]
    return ", ".join(name for name in names if name)
