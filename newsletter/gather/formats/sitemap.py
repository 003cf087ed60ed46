"""News sitemaps: every article of the last two days, with its headline and its date.

Sites without a feed have one for Google (https://developers.google.com/search/docs/crawling-indexing/sitemaps),
and it is complete where a feed is short. A sitemap of addresses alone says neither what an article is called
nor when it appeared, so it is refused; so is an index of sitemaps, with the names of those to add instead: one
source is one document.
"""

from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree

from newsletter.errors import FetchError, NotAFeedError
from newsletter.gather.article import Feed
from newsletter.gather.formats.draft import Draft, finished, language_tag, later, written_date
from newsletter.gather.formats.markup import MOST_ARTICLES, decode, disarm, is_crowded
from newsletter.gather.http.decoding import Decoder
from newsletter.gather.memory.canonical import absolute_url
from newsletter.gather.text.plaintext import plain_text

_NEWS = "sitemap-news"
"""In the name of Google's namespace, which sites write with http or https and in two versions."""
_IMAGE = "sitemap-image"
_GZIP_MAGIC = b"\x1f\x8b"
_LARGEST = 10_000_000
"""Bytes of a sitemap that its site keeps packed; Google's own limit is a thousand articles."""
_MOST_NAMED = 3
"""Sitemaps of an index that its error names."""


def parse_sitemap(content: bytes, base_url: str, content_type: str = "") -> Feed:
    """Read a news sitemap, with Google's image extension.

    Never fails in another way than NotAFeedError, whatever the bytes; never touches the network or a file.
    """
    text = disarm(decode(_unpacked(content), content_type))
    if is_crowded(text):
        raise NotAFeedError("This is no news sitemap: it has far too many tags.", "News sitemaps hold two days.")
    root = _root(text)
    kind = _name(root)
    if kind == "sitemapindex":
        raise NotAFeedError("This is no news sitemap: it is an index of others.", _others(root, base_url))
    if kind != "urlset":
        raise NotAFeedError(
            "This is no news sitemap: it has no <urlset>.", "Look in the site's robots.txt for its sitemaps."
        )
    pages = [(page, _child(page, "news", _NEWS)) for page in root if _name(page) == "url"][:MOST_ARTICLES]
    articles = [(page, news) for page, news in pages if news is not None]
    if pages and not articles:
        raise NotAFeedError(
            "This is no news sitemap: it lists addresses without headlines or dates.",
            "Look for the site's news sitemap, often /news-sitemap.xml or /sitemap-news.xml.",
        )
    paper = next((each for _, news in articles if (each := _child(news, "publication", _NEWS)) is not None), None)
    return Feed(
        title=plain_text(_text(paper, "name", _NEWS), 300),
        language=language_tag(_text(paper, "language", _NEWS)),
        articles=finished(_draft(page, news, base_url) for page, news in articles),
    )


def _unpacked(content: bytes) -> bytes:
    """Return a sitemap out of the gzip that its site keeps it in; what HTTP packed is unpacked already."""
    if not content.startswith(_GZIP_MAGIC):
        return content
    decoder = Decoder("The sitemap", "gzip", _LARGEST)
    try:
        decoder.feed(content)
        return decoder.finish()
    except FetchError as error:
        raise NotAFeedError(f"This is no news sitemap: {error.what}") from None


def _root(text: str) -> etree._Element:
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise NotAFeedError("This is no news sitemap: it is no XML.")
    return root


def _draft(page: etree._Element, news: etree._Element, base_url: str) -> Draft:
    published_at = _date(news, "publication_date", _NEWS)
    image = _child(page, "image", _IMAGE)
    link = _text(page, "loc", "sitemap")
    return Draft(
        base=base_url,
        title=_text(news, "title", _NEWS),
        links=(link,),
        guid=link,
        published_at=published_at,
        updated_at=later(_date(page, "lastmod", "sitemap"), published_at),
        categories=tuple(_text(news, "keywords", _NEWS).split(",")),
        image=_text(image, "loc", _IMAGE),
        image_alt=_text(image, "caption", _IMAGE) or _text(image, "title", _IMAGE),
        language=_text(_child(news, "publication", _NEWS), "language", _NEWS),
    )


def _others(index: etree._Element, base_url: str) -> str:
    """Name the sitemaps of an index that are worth adding: news first, then the ones that changed last."""
    named = [
        (absolute_url(_text(each, "loc", "sitemap"), base_url), _text(each, "lastmod", "sitemap"))
        for each in index
    ]
    named = sorted(
        (each for each in named if each[0]),
        key=lambda each: ("news" in urlsplit(each[0]).path, each[1]),
        reverse=True,
    )
    if not named:
        return "It names none."
    return f"Add one of these instead: {', '.join(url for url, _ in named[:_MOST_NAMED])}."


def _name(node: etree._Element) -> str:
    # Comments and the like have a function for a tag; a prefix that nobody declared stays in the name.
    return node.tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(node.tag, str) else ""


def _is_of(node: etree._Element, namespace: str) -> bool:
    """Whether an element is of Google's namespace, or of none but with its usual prefix."""
    declared, _, name = str(node.tag).rpartition("}")
    return namespace in (declared or f"sitemap-{name.rpartition(':')[0]}")


def _child(node: etree._Element | None, name: str, namespace: str) -> etree._Element | None:
    for child in () if node is None else node:
        if _name(child) == name and _is_of(child, namespace):
            return child
    return None


def _text(node: etree._Element | None, name: str, namespace: str) -> str:
    child = _child(node, name, namespace)
    return "" if child is None else "".join(str(piece) for piece in child.itertext()).strip()


def _date(node: etree._Element, name: str, namespace: str) -> datetime | None:
    return written_date(_text(node, name, namespace))
