"""Feeds: RSS, RDF, Atom and JSON Feed read into articles.

feedparser reads the XML because it forgives what publishers really write. It is given bytes in memory and
nothing else: a string it would take for a URL or a file name.

Dates follow its reading. A feed that gives an article one date only, under whatever name (an Atom ``updated``,
RSS 1.0's ``dc:date``), tells when the article appeared: that date is ``published_at``. ``updated_at`` is set
where a feed really names a time of change, and never copied from the publication.
"""

import io
import re
import warnings
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from time import struct_time
from typing import Any

import feedparser

from newsletter.errors import NotAFeedError
from newsletter.gather.article import Feed
from newsletter.gather.formats.draft import (
    Draft,
    finished,
    first_image,
    language_tag,
    trusted_date,
    web_guid,
    whole_number,
)
from newsletter.gather.formats.jsonfeed import parse_json_feed
from newsletter.gather.formats.markup import cut, decode, disarm, limited
from newsletter.gather.formats.quiet import read_skips, read_ttl
from newsletter.gather.formats.rights import Prefixes, rights_of
from newsletter.gather.formats.tombstones import bury, tombstones
from newsletter.gather.memory.canonical import absolute_url
from newsletter.gather.text.plaintext import plain_text

_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?(rss|rdf|feed|html|body|urlset|sitemapindex)(?=[\s>/])", re.IGNORECASE)
_LONGEST_DATE = 60
_LOOK_ELSEWHERE = "Look for the site's feed address, often /feed, /rss or /atom.xml."
_OTHER_KINDS = {
    "html": ("a web page", ""),
    "urlset": ("a sitemap", "Add it with --kind sitemap."),
    "sitemapindex": ("an index of sitemaps", "Add the news sitemap among them with --kind sitemap."),
}
_LONGEST_HEAD = 100_000
_LINK = re.compile(r"<link\s[^<>]{0,1000}>", re.IGNORECASE)
_FEED_TYPE = re.compile(r"""type\s*=\s*["']?application/(?:rss|atom|feed)\+(?:xml|json)""", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_IMAGE_NAME = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:\?|$)", re.IGNORECASE)


def parse_feed(content: bytes, base_url: str, content_type: str = "") -> Feed:
    """Read a feed of any kind; relative links are resolved against ``base_url``.

    Never fails in another way than NotAFeedError, whatever the bytes; never touches the network or a file.
    """
    text = decode(content, content_type)
    if text.lstrip("\ufeff \t\r\n").startswith(("{", "[{")):
        return parse_json_feed(text.lstrip("\ufeff"), base_url)
    text = disarm(cut(text))
    _check_root(text, base_url)
    return _parse_xml(limited(text).encode("utf-8", "replace"), base_url)


def _check_root(text: str, base_url: str) -> None:
    if not text:
        raise NotAFeedError("This is no feed: it is empty.", _LOOK_ELSEWHERE)
    root = _ROOT.search(text)
    if root is None:
        raise NotAFeedError("This is no feed: it has no <rss>, <feed> or <rdf:RDF>.", _LOOK_ELSEWHERE)
    name = root.group(1).lower().replace("body", "html")
    if name in _OTHER_KINDS:
        what, mend = _OTHER_KINDS[name]
        raise NotAFeedError(f"This is no feed: it is {what}.", mend or _named_feed(text, base_url))


def _named_feed(page: str, base_url: str) -> str:
    """Say where the feed is that a web page names for its readers' programs (HTML, rel=alternate)."""
    for tag in _LINK.findall(page[:_LONGEST_HEAD]):
        href = _HREF.search(tag) if _FEED_TYPE.search(tag) else None
        url = absolute_url(unescape(href.group(1) or href.group(2) or ""), base_url) if href else ""
        if url:
            return f"Its feed is at {url}."
    return f"{_LOOK_ELSEWHERE} To gather the links on the page, add it with --kind page."


def _parse_xml(content: bytes, base_url: str) -> Feed:
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": base_url}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # feedparser's own deprecations, and dates it cannot read
            read = feedparser.parse(
                io.BytesIO(content),
                response_headers=headers,
                resolve_relative_uris=False,
                sanitize_html=False,
            )
    except Exception as error:  # noqa: BLE001 — feedparser's fallback parser can fail in any way on damaged XML
        raise NotAFeedError(f"This is no feed: it is damaged ({type(error).__name__}).") from None
    if not read["version"]:
        raise NotAFeedError("This is no feed of a kind we know.", _LOOK_ELSEWHERE)
    language = language_tag(_text(read["feed"], "language"))
    prefixes = Prefixes.of(read["namespaces"])
    drafts = [_draft(entry, base_url, language, prefixes) for entry in read["entries"]]
    skip_hours, skip_days = read_skips(content[:_LONGEST_HEAD].decode("utf-8", "ignore"))
    return Feed(
        title=plain_text(_text(read["feed"], "title"), 300),
        language=language,
        articles=bury(finished(drafts), tombstones(content)),
        ttl=read_ttl(_text(read["feed"], "ttl")),
        skip_hours=skip_hours,
        skip_days=skip_days,
    )


def _draft(entry: dict[str, Any], base_url: str, language: str, prefixes: Prefixes) -> Draft:
    published, updated = _date(entry, "published"), _date(entry, "updated")
    content = "".join(_text(each, "value") for each in _each(entry, "content"))
    image, alt = _image(entry, content or _text(entry, "summary"))
    rights = rights_of(entry, prefixes)
    return Draft(
        base=base_url,
        title=_text(entry, "title"),
        # A guid is a link too where the feed does not say otherwise, so it may stand in for one.
        links=(_text(entry, "link"), web_guid(_text(entry, "id"))),
        guid=_text(entry, "id"),
        description=_text(entry, "summary") or content,
        published_at=published or _date(entry, "created") or updated,
        updated_at=updated,
        author=_author(entry),
        categories=tuple(_text(tag, "label") or _text(tag, "term") for tag in _each(entry, "tags")),
        image=image,
        image_alt=alt,
        credit=_credit(entry),
        language=_text(_part(entry, "title_detail"), "language") or language,
        votes=whole_number(rights.votes),
        comments=whole_number(_text(entry, "slash_comments")),
        correction=rights.correction,
        embargo=rights.embargo,
        is_featured=rights.is_featured,
        is_withdrawn=rights.is_withdrawn,
    )


def _author(entry: dict[str, Any]) -> str:
    whole, authors = _text(entry, "author"), _each(entry, "authors")
    names = [_text(each, "name") for each in authors]
    # feedparser takes "jo@a.media (Jo)" apart in the wrong place; the draft leaves addresses out.
    return whole if "@" in whole and len(authors) < 2 else ", ".join(name for name in names if name) or whole  # noqa: PLR2004 — "several"


def _image(entry: dict[str, Any], content: str) -> tuple[str, str]:
    """Return the image a feed names for an article and its description, or the first one in its content."""
    media = [each for each in _each(entry, "media_content") if _is_image(each, "url")]
    widest = sorted(media, key=lambda each: whole_number(_text(each, "width")) or 0, reverse=True)
    thumbnails = _each(entry, "media_thumbnail")
    enclosures = [
        each for each in _each(entry, "links") if each.get("rel") == "enclosure" and _is_image(each, "href")
    ]
    links = [_text(each, "url") for each in (*widest, *thumbnails)]
    links += [_text(each, "href") for each in (*enclosures, _part(entry, "image"))]
    named = next((link for link in links if link), "")
    return (named, "") if named else first_image(content)


def _is_image(each: dict[str, Any], key: str) -> bool:
    kind = _text(each, "type") or _text(each, "medium")
    return kind.startswith("image") or (not kind and bool(_IMAGE_NAME.search(_text(each, key))))


def _credit(entry: dict[str, Any]) -> str:
    """Return whom Media RSS names for the image, the first of several."""
    names = (_text(each, "content") for each in _each(entry, "media_credit"))
    return next((name for name in names if name), "")


def _date(entry: dict[str, Any], name: str) -> datetime | None:
    # dict.get: feedparser's own answers a missing updated with the publication.
    parsed = dict.get(entry, f"{name}_parsed")
    try:
        if not isinstance(parsed, struct_time):
            # feedparser gives up on an RFC 822 date without a zone.
            date = parsedate_to_datetime(_text(entry, name)[:_LONGEST_DATE])
            return trusted_date(date if date.tzinfo else date.replace(tzinfo=UTC))
        year, month, day, hour, minute, second = parsed[:6]
        return trusted_date(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC))
    except (ValueError, TypeError, OverflowError):
        return None


def _text(holder: dict[str, Any], key: str) -> str:
    value = dict.get(holder, key)
    return value if isinstance(value, str) else ""


def _part(holder: dict[str, Any], key: str) -> dict[str, Any]:
    value = dict.get(holder, key)
    return value if isinstance(value, dict) else {}


def _each(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = dict.get(holder, key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
