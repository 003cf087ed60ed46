"""What a page says in JSON-LD (schema.org): the fullest description of an article, where a site gives one.

Read as sites write it: one object or a list, in a @graph or nested in a WebPage, split over several scripts that
refer to each other by @id, with comments and raw line breaks in it. Unknown shapes are passed over, never guessed.
"""

import json
import re
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

from lxml.html import HtmlElement

from newsletter.gather.formats.draft import LONGEST_NAME, LONGEST_TITLE, language_tag, whole_number
from newsletter.gather.memory.canonical import absolute_url, canonical_url
from newsletter.gather.page.dates import read_date
from newsletter.gather.page.facts import Claims, Origin
from newsletter.gather.page.names import author_line, section_of_path
from newsletter.gather.page.tree import clean

MOST_NODES = 5_000
"""Objects of all scripts: a shop's page has hundreds, an article's a dozen."""
LONGEST_SCRIPT = 1_000_000
LONGEST_SUMMARY_CLAIM = 1_000
LONGEST_BODY = 200_000

_ARTICLES = (
    *("NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle", "BackgroundNewsArticle"),
    *(
        "ReviewNewsArticle",
        "AskPublicNewsArticle",
        "LiveBlogPosting",
        "BlogPosting",
        "Article",
        "SocialMediaPosting",
    ),
    *("Report", "TechArticle", "ScholarlyArticle", "AdvertiserContentArticle", "SatiricalArticle"),
)
_LIKES = {"likeaction", "voteaction", "endorseaction", "agreeaction"}
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?://\s*)?(?:\]\]>|-->)\s*$"
)

Node = dict[str, Any]


def read_jsonld(root: HtmlElement, url: str, zone: tzinfo) -> Claims:
    """Return what the page's article says of itself; dates without an offset are read in the site's ``zone``.

    Of several articles the one whose address is the page's own is meant, else the first with a headline and date.
    """
    nodes = list(_nodes(root))
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    article = _article(nodes, url)
    if article is None:
        return Claims(Origin.JSON_LD, section=_breadcrumb(nodes, by_id, ""))
    kinds = set(_kinds(article))
    language = language_tag(_text(article.get("inLanguage"), by_id, "alternateName", "name"))
    title = clean(_text(article.get("headline")) or _text(article.get("name")), LONGEST_TITLE)
    image_url, caption, credit = _image(article, by_id, url)
    return Claims(
        Origin.JSON_LD,
        title=title,
        url=absolute_url(_address(article), url),
        published=read_date(
            _text(article.get("datePublished")) or _text(article.get("dateCreated")), zone, language
        ),
        updated=read_date(_text(article.get("dateModified")), zone, language),
        author=author_line([_text(each, by_id, "name") for each in _list(article.get("author"))]),
        section=_section(article) or _breadcrumb(nodes, by_id, title),
        image_url=image_url,
        caption=caption,
        credit=credit,
        dateline=clean(_text(article.get("dateline")), LONGEST_NAME),
        votes=_votes(article),
        summary=clean(_text(article.get("description")) or _text(article.get("abstract")), LONGEST_SUMMARY_CLAIM),
        text=_text(article.get("articleBody"))[:LONGEST_BODY],
        language=language,
        correction=clean(_correction(article, by_id), LONGEST_SUMMARY_CLAIM),
        is_free=_truth(article.get("isAccessibleForFree")),
        is_live=True if "LiveBlogPosting" in kinds else None,
    )


def _nodes(root: HtmlElement) -> Iterator[Node]:
    """Yield every object of every script, outermost first, as many as are allowed."""
    count = 0
    for script in root.iterfind(".//script"):
        if (script.get("type") or "").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        for document in _documents(script.text or ""):
            waiting = [document]
            while waiting and count < MOST_NODES:
                value = waiting.pop(0)
                if isinstance(value, dict):
                    count += 1
                    yield value
                    waiting.extend(each for each in value.values() if isinstance(each, dict | list))
                elif isinstance(value, list):
                    waiting[:0] = value[:MOST_NODES]


def _documents(text: str) -> Iterator[Any]:
    """Yield the JSON documents of one script: some write several, one after the other."""
    text = _WRAPPING.sub("", text[:LONGEST_SCRIPT].strip()).strip().rstrip(";").strip()
    decoder = json.JSONDecoder(strict=False)
    while text:
        try:
            document, end = decoder.raw_decode(text)
        except (ValueError, RecursionError):
            # The commonest slip is a comma before a closing bracket.
            mended = re.sub(r",(\s*[}\]])", r"\1", text)
            if mended == text:
                return
            text = mended
            continue
        yield document
        text = text[end:].lstrip(" \t\r\n,;")


def _article(nodes: list[Node], url: str) -> Node | None:
    found = [node for node in nodes if any(kind in _ARTICLES for kind in _kinds(node))]
    here = canonical_url(url) if url else ""
    named = [node for node in found if here and canonical_url(absolute_url(_address(node), url)) == here]
    whole = [node for node in found if _text(node.get("headline")) and _text(node.get("datePublished"))]
    both = [node for node in named if node in whole]
    candidates = both or whole or named or found
    return candidates[0] if candidates else None


def _kinds(node: Node) -> list[str]:
    return [
        str(kind).rpartition("/")[2].rpartition(":")[2]
        for kind in _list(node.get("@type"))
        if isinstance(kind, str)
    ]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any, by_id: dict[str, Node] | None = None, *names: str) -> str:
    """Return a value's text: itself, its @value, or what its object calls itself under one of the names."""
    if isinstance(value, list):
        return next((text for each in value if (text := _text(each, by_id, *names))), "")
    if isinstance(value, dict):
        named = (by_id or {}).get(value["@id"], value) if isinstance(value.get("@id"), str) else value
        keys = ("@value", *names)
        found = (named.get(key) for key in keys)
        return next((each for each in found if isinstance(each, str) and each.strip()), "")
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _address(node: Node) -> str:
    """Return the address that an article gives as its own."""
    return _text(node.get("url")) or _text(node.get("mainEntityOfPage"), None, "@id", "url")


def _section(article: Node) -> str:
    """Return the first section; a text with several commas is a list of them."""
    named = next((text for each in _list(article.get("articleSection")) if (text := _text(each))), "")
    return clean(named.partition(",")[0] if named.count(",") > 1 else named, LONGEST_NAME)


def _image(article: Node, by_id: dict[str, Node], url: str) -> tuple[str, str, str]:
    for each in (*_list(article.get("image")), *_list(article.get("thumbnailUrl"))):
        node: Node = by_id.get(str(each.get("@id")), each) if isinstance(each, dict) else {"url": each}
        link = absolute_url(_text(node.get("url")) or _text(node.get("contentUrl")) or _text(node.get("@id")), url)
        if link:
            credit = _text(node.get("creditText"), by_id, "name") or author_line(
                [_text(who, by_id, "name") for who in _list(node.get("creator")) + _list(node.get("author"))]
            )
            caption = _text(node.get("caption"), by_id, "caption", "name") or _text(node.get("description"))
            return link, clean(caption, LONGEST_SUMMARY_CLAIM), clean(credit, LONGEST_NAME)
    return "", "", ""


def _votes(article: Node) -> int | None:
    for each in _list(article.get("interactionStatistic")):
        if isinstance(each, dict):
            kind = _text(each.get("interactionType"), None, "@type", "@id").rpartition("/")[2].lower()
            votes = whole_number(each.get("userInteractionCount"))
            if kind in _LIKES and votes is not None:
                return votes
    return None


def _correction(article: Node, by_id: dict[str, Node]) -> str:
    return _text(article.get("correction"), by_id, "text", "description", "name")


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(_text(value).rpartition("/")[2].lower())


def _breadcrumb(nodes: list[Node], by_id: dict[str, Node], title: str) -> str:
    """Return the last step of the way to the article that is a section: neither the first nor the article."""
    for node in nodes:
        if "BreadcrumbList" in _kinds(node):
            steps = [each for each in _list(node.get("itemListElement")) if isinstance(each, dict)]
            names = [_text(step.get("name")) or _text(step.get("item"), by_id, "name") for step in steps]
            return section_of_path([clean(name, LONGEST_NAME) for name in names], title)
    return ""
