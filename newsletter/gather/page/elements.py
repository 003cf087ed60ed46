"""What a page's own markup says, on any site: headings, <time>, microdata, breadcrumbs, and lines of a known form.

The least trusted of the certain readers: it knows no more than how pages are usually made.
"""

import re
from datetime import tzinfo

from lxml.html import HtmlElement

from newsletter.gather.formats.draft import language_tag, whole_number
from newsletter.gather.memory.canonical import absolute_url
from newsletter.gather.page.dates import find_date, read_date
from newsletter.gather.page.facts import Claims, Dated, Origin
from newsletter.gather.page.heading import page_heading, page_title, shown_title
from newsletter.gather.page.names import (
    author_line,
    author_name,
    section_of_address,
    section_of_path,
)
from newsletter.gather.page.places import in_article, is_home
from newsletter.gather.page.tree import path_of, text_of

_LONGEST_LINE = 240
"""Characters of a line that only says who and when."""
_UPDATED_WORDS = re.compile(
    r"(?:last\s+)?(?:updated|modified|update)(?:\s+(?:at|on))?\s*:?|aktualisiert(?:\s+am)?\s*:?|mis(?:e)?\s+à\s+jour(?:\s+le)?\s*:?"
    r"|actualizado(?:\s+el)?\s*:?|آخر\s+تحديث\s*:?",
    re.IGNORECASE,
)
_PUBLISHED_CLASS = re.compile(
    r"(?:^|[-_\s])(?:entry-date|published|publish(?:ed)?-?(?:date|time)|pub-?date|date-published|post-date|posted-on|dateline|timestamp|article-date|submitted|created)|(?:^|\s)(?:date|datum)(?:$|\s)",
    re.IGNORECASE,
)
_UPDATED_CLASS = re.compile(r"(?:^|[-_\s])(?:updated|modified|last-?update|date-modified)", re.IGNORECASE)
_AUTHOR_CLASS = re.compile(
    r"(?:^|[\s_-])(?:byline|author(?:-?name|s)?|entry-author|post-author|article-author|fn|autor(?:en)?|username)(?:$|[\s_])",
    re.IGNORECASE,
)
_MOST_NAME_WORDS = 8
_MOST_AUTHORS = 4
"""More links to authors are a list of other articles'."""
_BY = re.compile(
    r"\b(?:by|von|par|por)\s+(\w[^|·•–—]{1,60}?)(?=\s+(?:[-|·•–—]|on|am|le|el)\s|\s*\||,?\s+\w+\s\d{1,2})",
    re.IGNORECASE,
)
_VOTED = re.compile(r"\s*(\d[\d.,]{0,12}) (?:users?|readers?|people) ha(?:s|ve) voted\b", re.IGNORECASE)
_CRUMBS = re.compile(r"bread-?crumb", re.IGNORECASE)
_URL_DAY = re.compile(r"/((?:19|20)\d{2})[/-](\d{1,2})[/-](\d{1,2})(?=[/-])")


def read_canonical(root: HtmlElement, url: str) -> Claims:
    """Return the page's own address where it names one that is not merely the front page."""
    link = canonical_link(root, url)
    is_front = path_of(link).strip("/") == "" and path_of(url).strip("/") != ""
    return Claims(Origin.HTML, url="" if is_front else link)


def read_elements(root: HtmlElement, reading: tuple[tzinfo, str], site: str) -> Claims:
    """Return what the usual elements say, apart from <time>; ``reading`` is the zone and language of dates."""
    zone, language = reading
    heading = page_heading(root, site)
    title = shown_title(heading, page_title(root))
    published, updated, byline = _dated_line(root, zone, language)
    return Claims(
        Origin.HTML,
        title=title,
        published=published or _itemprop_date(root, "datePublished", zone, language),
        updated=updated or _itemprop_date(root, "dateModified", zone, language),
        author=_author(root) or byline,
        section=section_of_path(_crumbs(root), title),
        votes=_votes(root),
    )


def read_times(root: HtmlElement, zone: tzinfo, language: str) -> Claims:
    """Return the dates of the <time> elements near the headline, told apart by what they are called."""
    published: Dated | None = None
    updated: Dated | None = None
    for element in in_article(root, "time"):
        date = read_date(element.get("datetime") or "", zone, language) or find_date(
            text_of(element, 100), zone, language
        )
        if date is None:
            continue
        called = _called(element)
        if _UPDATED_CLASS.search(called) and not _PUBLISHED_CLASS.search(called):
            updated = updated or date
        else:
            published = published or date
    return Claims(Origin.TIME, published=published, updated=updated)


def read_address(url: str, zone: tzinfo) -> Claims:
    """Return what the page's address says: its day (/2020/02/28/) and its section's folder."""
    path = path_of(url)
    found = _URL_DAY.search(path)
    return Claims(
        Origin.ADDRESS,
        published=read_date("-".join(part.zfill(2) for part in found.groups()), zone) if found else None,
        section=section_of_address(path),
    )


def canonical_link(root: HtmlElement, url: str) -> str:
    """Return the address that the page says is its own (rel=canonical, RFC 6596), else ""."""
    for link in root.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split() and (
            found := absolute_url(link.get("href") or "", url)
        ):
            return found
    return ""


def page_language(root: HtmlElement) -> str:
    """Return the language that <html> names, else ""."""
    lang = root.get("lang") or root.get("xml:lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    return language_tag(lang)


def _called(element: HtmlElement) -> str:
    parent = element.getparent()
    named = (
        element.get("class"),
        element.get("itemprop"),
        element.get("id"),
        parent.get("class") if parent is not None else "",
    )
    return " ".join(each for each in named if each)


def _dated_line(root: HtmlElement, zone: tzinfo, language: str) -> tuple[Dated | None, Dated | None, str]:
    """Return the dates and the name in a line such as "By AFP - Feb 28,2020 - Last updated at Feb 28,2020"."""
    for element in in_article(
        root, "div", "span", "p", "td", "abbr", "small", "em", "i", "b", "strong", "li", "h5", "h6", "a"
    ):
        if not (_PUBLISHED_CLASS.search(element.get("class") or "") or _UPDATED_WORDS.search(_own_text(element))):
            continue
        line = text_of(element, _LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE:
            continue
        found = _UPDATED_WORDS.search(line)
        before, after = (line[: found.start()], line[found.end() :]) if found else (line, "")
        published, updated = find_date(before, zone, language), find_date(after, zone, language)
        if published:
            by = _BY.search(before)
            return published, updated, author_name(by.group(1)) if by else ""
    return None, None, ""


def _own_text(element: HtmlElement) -> str:
    return " ".join([element.text or "", *(child.tail or "" for child in element)])[:_LONGEST_LINE]


def _itemprop_date(root: HtmlElement, name: str, zone: tzinfo, language: str) -> Dated | None:
    for element in root.iterfind(f".//*[@itemprop='{name}']"):
        value = element.get("content") or element.get("datetime") or text_of(element, 100)
        if date := read_date(value, zone, language):
            return date
    return None


def _author(root: HtmlElement) -> str:
    for found in (
        [
            text_of(each, 200)
            for each in in_article(root, "a", "span")
            if "author" in (each.get("rel") or "").split() and not is_home(each)
        ],
        [_person(each) for each in root.iterfind(".//*[@itemprop='author']")],
        [
            text_of(each, 200)
            for each in in_article(root, "span", "div", "p", "a", "address", "li", "cite", "small", "h4", "h5")
            if _AUTHOR_CLASS.search(each.get("class") or "") and not _is_of_picture(each)
        ][:3],
    ):
        names = [name for text in found if (name := author_name(text)) and len(name.split()) <= _MOST_NAME_WORDS]
        if names:
            return author_line(names[:1] if len(found) > _MOST_AUTHORS else names)
    return ""


def _is_of_picture(element: HtmlElement) -> bool:
    return any(each.tag in {"figure", "figcaption"} for each in element.iterancestors())


def _person(element: HtmlElement) -> str:
    name = next(element.iterfind(".//*[@itemprop='name']"), None)
    return (
        (name.get("content") or text_of(name, 200))
        if name is not None
        else element.get("content") or text_of(element, 200)
    )


def _votes(root: HtmlElement) -> int | None:
    """Return the count in a line such as "7 users have voted.", on any site."""
    for element in root.iter("div", "span", "p", "li", "strong", "em"):
        if found := _VOTED.match(_own_text(element)):
            return whole_number("".join(char for char in found.group(1) if char.isdigit()))
    return None


def _crumbs(root: HtmlElement) -> list[str]:
    for element in root.iter("nav", "div", "ol", "ul", "p", "section", "span"):
        if _CRUMBS.search(
            f"{element.get('class') or ''} {element.get('id') or ''} {element.get('aria-label') or ''}"
        ):
            links = [text for link in element.iter("a") if (text := text_of(link, 120))]
            if links:
                return links
    return []
