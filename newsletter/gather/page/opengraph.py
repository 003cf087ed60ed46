"""What a page says in <meta>: OpenGraph and article:* for social networks, and the older names beside them.

https://ogp.me names the properties; Dublin Core, Parsely and Sailthru are what news systems write in addition.
"""

from collections.abc import Iterable
from datetime import tzinfo

from lxml.html import HtmlElement

from newsletter.gather.formats.draft import LONGEST_NAME, LONGEST_TITLE, language_tag
from newsletter.gather.memory.canonical import absolute_url
from newsletter.gather.page.dates import read_date
from newsletter.gather.page.facts import Claims, Origin
from newsletter.gather.page.names import author_line, without_site_name
from newsletter.gather.page.tree import clean

MOST_METAS = 500
_LONGEST_VALUE = 4_000
LONGEST_SUMMARY_CLAIM = 1_000

_AUTHOR = (
    "author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "dc.contributor",
    "byl",
    "article.author",
    "cxenseparse:author",
    "citation_author",
)
_PUBLISHED = (
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.created",
    "citation_publication_date",
    "publish-date",
    "publish_date",
    "publishdate",
    "publication_date",
    "pubdate",
    "article.published",
    "cxenseparse:recs:publishtime",
    "date.issued",
    "date",
    "dc.date",
    "dcterms.date",
    "datepublished",
    "created",
    "pdate",
)
_UPDATED = (
    "last-modified",
    "dcterms.modified",
    "dc.date.modified",
    "article.updated",
    "revised",
    "datemodified",
    "lastmod",
    "og:updated_time",
)
_SECTION = ("parsely-section", "article.section", "cxenseparse:section", "section", "dc.subject.section")

Metas = dict[str, list[str]]


def read_metas(root: HtmlElement) -> Metas:
    """Return the page's <meta> values by name in small letters, in their order."""
    metas: Metas = {}
    for number, meta in enumerate(root.iter("meta")):
        if number == MOST_METAS:
            break
        value = " ".join((meta.get("content") or "")[:_LONGEST_VALUE].split())
        for key in {(meta.get(name) or "").strip().lower() for name in ("property", "name", "itemprop")}:
            if key and value:
                metas.setdefault(key, []).append(value)
    return metas


def read_opengraph(metas: Metas, url: str, zone: tzinfo) -> Claims:
    """Return what OpenGraph's own properties say."""
    site = _first(metas, ("og:site_name", "application-name"))
    title = clean(_first(metas, ("og:title",)), LONGEST_TITLE)
    published = _first(
        metas,
        (
            "article:published_time",
            "og:article:published_time",
            "og:published_time",
            "article:published",
            "og:pubdate",
        ),
    )
    updated = _first(
        metas, ("article:modified_time", "og:article:modified_time", "article:modified", "og:updated_time")
    )
    return Claims(
        Origin.OPENGRAPH,
        title=without_site_name(title, site),
        url=absolute_url(_first(metas, ("og:url",)), url),
        published=read_date(published, zone),
        updated=read_date(updated, zone),
        author=author_line(
            _all(metas, ("article:author", "og:article:author", "og:author", "article:author_name"))
        ),
        section=clean(_first(metas, ("article:section", "og:article:section")), LONGEST_NAME),
        image_url=absolute_url(_first(metas, ("og:image:secure_url", "og:image", "og:image:url")), url),
        caption=clean(_first(metas, ("og:image:alt",)), LONGEST_SUMMARY_CLAIM),
        summary=clean(_first(metas, ("og:description",)), LONGEST_SUMMARY_CLAIM),
    )


def read_other_metas(metas: Metas, url: str, zone: tzinfo) -> Claims:
    """Return what the other <meta> elements say, which are older, and less often right."""
    site = _first(metas, ("og:site_name", "application-name"))
    title = clean(
        _first(metas, ("twitter:title", "parsely-title", "dc.title", "dcterms.title", "sailthru.title")),
        LONGEST_TITLE,
    )
    names = next((found for key in _AUTHOR if (found := author_line(metas.get(key, [])))), "")
    return Claims(
        Origin.META,
        title=without_site_name(title, site),
        published=next((date for each in _all(metas, _PUBLISHED) if (date := read_date(each, zone))), None),
        updated=next((date for each in _all(metas, _UPDATED) if (date := read_date(each, zone))), None),
        author=names,
        section=clean(_first(metas, _SECTION), LONGEST_NAME),
        image_url=absolute_url(
            _first(
                metas,
                ("twitter:image", "twitter:image:src", "sailthru.image.full", "parsely-image-url", "thumbnail"),
            ),
            url,
        ),
        summary=clean(
            _first(metas, ("description", "twitter:description", "dc.description", "sailthru.description")),
            LONGEST_SUMMARY_CLAIM,
        ),
    )


def site_name(metas: Metas) -> str:
    """Return what the site calls itself, "" if it does not say."""
    return clean(_first(metas, ("og:site_name", "application-name", "apple-mobile-web-app-title")), LONGEST_NAME)


def meta_language(metas: Metas) -> str:
    """Return og:locale or its older kin as a language tag."""
    return next(
        (
            tag
            for each in _all(metas, ("og:locale", "content-language", "dc.language", "language"))
            if (tag := language_tag(each))
        ),
        "",
    )


def is_indexable(metas: Metas, name: str = "newsletter") -> bool:
    """Tell whether the page lets itself be listed: no ``noindex`` or ``none`` for all robots or for us by name."""
    orders = ",".join(_all(metas, ("robots", name)))
    return not {"noindex", "none"} & {order.strip().lower() for order in orders.split(",")}


def _first(metas: Metas, keys: Iterable[str]) -> str:
    return next((value for key in keys for value in metas.get(key, [])), "")


def _all(metas: Metas, keys: Iterable[str]) -> list[str]:
    return [value for key in keys for value in metas.get(key, [])]
