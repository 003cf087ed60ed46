"""Articles that a feed takes back: RFC 6721's ``at:deleted-entry``, which feedparser does not read.

<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="ID" when="2026-11-22T06:00:00Z"/>
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from lxml import etree

from newsletter.gather.article import Article
from newsletter.gather.formats.draft import web_guid, written_date
from newsletter.gather.formats.markup import MOST_ARTICLES
from newsletter.gather.memory.canonical import absolute_url

_NAMESPACE = "http://purl.org/atompub/tombstones/1.0"


def tombstones(content: bytes) -> dict[str, datetime | None]:
    """Return the ids that a feed has taken back, with the moment it did: the latest where it says so twice.

    ``content`` is XML that `markup.disarm` has passed; what is damaged is read as far as it goes.
    """
    if _NAMESPACE.encode() not in content:
        return {}
    found: dict[str, datetime | None] = {}
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return {}
    for each in () if root is None else root.iter(f"{{{_NAMESPACE}}}deleted-entry"):
        ref, when = each.get("ref", "").strip(), written_date(each.get("when", ""))
        before = found.get(ref)
        if ref and len(found) < MOST_ARTICLES:
            found[ref] = max(before, when) if before and when else when or before
    return found


def bury(articles: tuple[Article, ...], taken_back: Mapping[str, datetime | None]) -> tuple[Article, ...]:
    """Mark the articles that their feed has taken back, and add those that it lists no longer.

    What is added has nothing but its guid, and an address where the guid is one; it has no place (position 0).
    An article that changed after it was taken back stands again (RFC 6721 §3).
    """
    listed = {each.guid for each in articles}
    marked = tuple(replace(each, is_withdrawn=True) if _is_dead(each, taken_back) else each for each in articles)
    gone = [guid for guid in taken_back if guid not in listed]
    return (
        *marked,
        *(Article(title="", url=absolute_url(web_guid(guid)), guid=guid, is_withdrawn=True) for guid in gone),
    )


def _is_dead(article: Article, taken_back: Mapping[str, datetime | None]) -> bool:
    if article.guid not in taken_back:
        return article.is_withdrawn
    when, changed_at = taken_back[article.guid], article.updated_at or article.published_at
    return article.is_withdrawn or when is None or changed_at is None or changed_at <= when
