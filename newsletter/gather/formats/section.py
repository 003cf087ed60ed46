"""Pages of links: the editors' own ranking, read from a home page or a section page.

Where an article stands on such a page is the best sign, short of votes, of how much its editors make of it. The
operator may name the links by a CSS selector; without one, the headlines of the page's main part are taken.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from cssselect import SelectorError
from lxml import etree, html
from lxml.cssselect import CSSSelector

from newsletter.errors import NotAFeedError, SettingsError
from newsletter.gather.article import Feed
from newsletter.gather.formats.draft import LONGEST_TITLE, Draft, finished, language_tag
from newsletter.gather.formats.markup import MOST_ARTICLES, decode, is_crowded
from newsletter.gather.formats.teaser import image_beside
from newsletter.gather.memory.canonical import absolute_url, canonical_url
from newsletter.gather.text.plaintext import plain_text

LONGEST_PAGE = 5_000_000
"""Characters of HTML that are read; what editors put first stands in the first of them."""
LONGEST_SELECTOR = 500
_MOST_LINKS = 4 * MOST_ARTICLES
"""Links looked at: an article has one on its picture, one on its headline, and one that says "more"."""

_MOST_IN_ONE = 200
"""Links looked at in one element that was selected."""

_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_MAIN = etree.XPath("(//main | //*[@role = 'main'])[1]")
_BASE = etree.XPath("string(//base/@href)")
_PAGE_TITLE = etree.XPath("string(//title)")
_OUTSIDE_MENUS = (
    "[not(ancestor::nav or ancestor::footer or ancestor::aside or ancestor::header[not(ancestor::article)])]"
)
_HEADLINES = etree.XPath(
    ".//a[@href][ancestor::article or ancestor::h1 or ancestor::h2 or ancestor::h3"
    f" or descendant::h1 or descendant::h2 or descendant::h3]{_OUTSIDE_MENUS}"
)
_ALL_LINKS = etree.XPath(f".//a[@href]{_OUTSIDE_MENUS}")
_HEADING_INSIDE = etree.XPath("(.//h1 | .//h2 | .//h3 | .//h4)[1]")
_IS_IN_HEADING = etree.XPath("boolean(ancestor::h1 or ancestor::h2 or ancestor::h3 or ancestor::h4)")
_LEAST_TITLE = 15
"""Bytes of a headline taken without a selector: shorter texts name sections. Scripts that need fewer letters for
a word have more bytes for a letter."""
_LEAST_BARE_TITLE = 40
"""Likewise where no heading says what is a headline: older sites have none, and menus made of anything."""


@dataclass(frozen=True, slots=True)
class _Link:
    node: Any
    url: str
    title: str
    is_headline: bool


def check_selector(selector: str) -> None:
    """Raise SettingsError for what is no CSS selector; an empty one stands for the usual choice."""
    try:
        _selected(html.Element("html"), selector.strip() or "a")
    except NotAFeedError as error:
        raise SettingsError(error.what, error.mend) from None


def parse_section(content: bytes, base_url: str, content_type: str = "", selector: str = "") -> Feed:
    """Read a page's links to articles in their order: title, address, and the image beside; never a date.

    ``selector`` may name the links themselves or what stands around them: then their headlines, or the link with
    the most words. Never fails in another way than NotAFeedError, whatever the bytes.
    """
    page = _parsed(content, content_type)
    base = absolute_url(str(_BASE(page)), base_url) or base_url
    if selector.strip():
        made: dict[Any, _Link] = {}
        links = [link for node in _selected(page, selector) for link in _links_of(node, base, made)]
    else:
        links = _usual(next(iter(_MAIN(page)), page), base)
    drafts = _drafts(links, base)
    if not drafts:
        mend = "Compare --selector with the page." if selector.strip() else "Name its links with --selector."
        raise NotAFeedError("This page has no links that we can tell to be articles'.", mend)
    title = plain_text(str(_PAGE_TITLE(page)), LONGEST_TITLE)
    return Feed(title, language_tag(page.get("lang", "")), finished(drafts))


def _parsed(content: bytes, content_type: str) -> Any:
    if "charset" not in content_type.lower() and (found := _CHARSET.search(content[:4_000])):
        content_type = f"text/html; charset={found.group(1).decode('ascii', 'replace')}"
    text = decode(content, content_type)[:LONGEST_PAGE]
    if is_crowded(text):
        raise NotAFeedError("This is no page of links: it has far too many tags.")
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return html.document_fromstring(text.replace("\0", "").encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        raise NotAFeedError("This is no page of links: it is no HTML.") from None


def _selected(page: Any, selector: str) -> list[Any]:
    try:
        return list(CSSSelector(selector[:LONGEST_SELECTOR], translator="html")(page)[:_MOST_LINKS])
    except (SelectorError, etree.LxmlError, ValueError, RecursionError):
        what = " ".join(selector.split())[:80]
        raise NotAFeedError(
            f"{what!r} is no CSS selector that we can use.", "Try it in a browser's tools."
        ) from None


def _links_of(node: Any, base: str, made: dict[Any, _Link]) -> list[_Link]:
    """Return a link that was selected, or those of the headlines in what was, or its link with the most words.

    ``made`` keeps every link looked at, so that what was selected twice over is read once.
    """
    links = []
    for each in islice(node.iter("a"), _MOST_IN_ONE):
        if each not in made and len(made) < _MOST_LINKS:
            made[each] = _link(each, base)
        if each in made and made[each].url:
            links.append(made[each])
    headlines = [link for link in links if link.is_headline]
    return headlines or sorted(links, key=lambda link: len(link.title), reverse=True)[:1]


def _link(node: Any, base: str) -> _Link:
    heading = next(iter(_HEADING_INSIDE(node)), None)
    image = next(node.iter("img"), None)
    title = (
        _text(node if heading is None else heading)
        or ("" if image is None else image.get("alt", "").strip())
        or node.get("aria-label", "").strip()
        or node.get("title", "").strip()
    )
    is_headline = heading is not None or bool(_IS_IN_HEADING(node))
    url = absolute_url(node.get("href", ""), base).partition("#")[0]
    is_here = canonical_url(url) == canonical_url(base)
    return _Link(node, "" if is_here else url, title, is_headline and bool(title))


def _text(node: Any) -> str:
    return plain_text(html.tostring(node, encoding="unicode", with_tail=False))


def _usual(scope: Any, base: str) -> list[_Link]:
    """Return the links of a page's headlines; of a page without headings, those that have the words of one."""
    for path, least in ((_HEADLINES, _LEAST_TITLE), (_ALL_LINKS, _LEAST_BARE_TITLE)):
        found = [_link(node, base) for node in path(scope)[:_MOST_LINKS]]
        links = [link for link in _without_bylines(found) if link.url and _is_article(link, base, least)]
        if links:
            return links
    return []


def _without_bylines(links: list[_Link]) -> list[_Link]:
    """Leave out what stands in an article beside its headline: authors, sections, comments."""
    nearest = [next(link.node.iterancestors("article"), None) for link in links]
    headed = {article for article, link in zip(nearest, links, strict=True) if link.is_headline} - {None}
    return [
        link for article, link in zip(nearest, links, strict=True) if link.is_headline or article not in headed
    ]


def _is_article(link: _Link, base: str, least: int) -> bool:
    """Whether a link taken without a selector leads to the site's own article, and not to a section of it."""
    here, there = (urlsplit(canonical_url(url)) for url in (base, link.url))
    ours, its = here.hostname or "", there.hostname or ""
    is_ours = not ours or its == ours or its.endswith(f".{ours}") or ours.endswith(f".{its}")
    return is_ours and there.path != "/" and len(link.title.encode()) >= least


def _drafts(links: Iterable[_Link], base: str) -> list[Draft]:
    """Make one draft of all links to one address: at the first one's place, with its headline's words."""
    by_url: dict[str, list[_Link]] = {}
    for link in links:
        by_url.setdefault(canonical_url(link.url), []).append(link)
    chosen = {link.node.get("href") for same in by_url.values() for link in same}
    drafts: list[Draft] = []
    for same in by_url.values():
        best = max(same, key=lambda link: (link.is_headline, len(link.title)))
        if best.title and len(drafts) < MOST_ARTICLES:
            image, alt = image_beside(best.node, chosen - {link.node.get("href") for link in same})
            drafts.append(Draft(base=base, title=best.title, links=(best.url,), image=image, image_alt=alt))
    return drafts
