"""How each kind of source is asked and read: the one place that knows them all.

A poll fetches `request_url`, with `accepted` as its Accept header, and hands the answer to `read_source`.
"""

from newsletter.errors import NotAFeedError
from newsletter.gather.article import Feed
from newsletter.gather.formats.drupal import drupal_url, parse_drupal
from newsletter.gather.formats.feed import parse_feed
from newsletter.gather.formats.section import parse_section
from newsletter.gather.formats.sitemap import parse_sitemap
from newsletter.gather.formats.wordpress import parse_wordpress, wordpress_url
from newsletter.gather.http.fetch import Fetched
from newsletter.gather.polling.sources import Source
from newsletter.gather.tables import SourceKind

_FEED = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
_ACCEPTED = {
    SourceKind.SITEMAP: "application/xml, text/xml;q=0.9, */*;q=0.5",
    SourceKind.PAGE: "text/html, application/xhtml+xml;q=0.9, */*;q=0.5",
    SourceKind.WORDPRESS: "application/json, */*;q=0.5",
    SourceKind.DRUPAL: "application/vnd.api+json, application/json;q=0.9, */*;q=0.5",
}


def address_of(kind: SourceKind, url: str) -> str:
    """Return what to fetch for a source of this kind whose operator gave this URL."""
    match kind:
        case SourceKind.WORDPRESS:
            return wordpress_url(url)
        case SourceKind.DRUPAL:
            return drupal_url(url)
        case _:
            return url


def request_url(origin: Source) -> str:
    """Return what to fetch for a source."""
    return address_of(origin.kind, origin.url)


def accepted(kind: SourceKind) -> str:
    """Return the Accept header for a source of this kind (RFC 9110 §12.5.1)."""
    return _ACCEPTED.get(kind, _FEED)


def read_source(origin: Source, fetched: Fetched) -> Feed:
    """Read what a source answered, by its kind. Raises NotAFeedError, and nothing else, whatever the bytes."""
    return read_as(origin.kind, fetched, origin.selector)


def read_as(kind: SourceKind, fetched: Fetched, selector: str = "") -> Feed:
    """Read an answer as a source of this kind; ``selector`` is a page's alone. Raises NotAFeedError."""
    content, url, content_type = fetched.content, fetched.url, fetched.content_type
    match kind:
        case SourceKind.FEED | SourceKind.FILE:
            return parse_feed(content, url, content_type)
        case SourceKind.SITEMAP:
            return parse_sitemap(content, url, content_type)
        case SourceKind.PAGE:
            return parse_section(content, url, content_type, selector)
        case SourceKind.WORDPRESS:
            return parse_wordpress(content, url, content_type)
        case SourceKind.DRUPAL:
            return parse_drupal(content, url, content_type)
        case SourceKind.PUSH:
            raise NotAFeedError("This source is not read: its site pushes articles to us.")
