"""A page's headline: which of its headings it is, and what <title> says of it."""

import re

from lxml.html import HtmlElement

from newsletter.gather.formats.draft import LONGEST_TITLE
from newsletter.gather.page.facts import Claims, Origin
from newsletter.gather.page.names import last_part_dropped, without_site_name
from newsletter.gather.page.places import is_home, is_margin
from newsletter.gather.page.tree import text_of

_TITLE_CLASS = re.compile(
    r"(?:entry|post|article|page|node|story)[-_]{0,2}(?:title|headline)|(?:^|\s)headline", re.IGNORECASE
)
_LOGO_CLASS = re.compile(
    r"logo|brand|site-?(?:title|name)|blog-?title|element-invisible|noscreen|sr-only", re.IGNORECASE
)
_SHORTEST_TITLE = 10


def page_heading(root: HtmlElement, site: str = "") -> str:
    """Return the article's main heading: one marked as such, else one that <title> repeats, else the first.

    The site's own name in an <h1> is a logo.
    """
    title = page_title(root)
    found = [
        (element, text)
        for element in root.iter("h1", "h2", "h3")
        if (text := text_of(element, LONGEST_TITLE))
        and not is_margin(element)
        and not _is_logo(element, text, site)
    ]
    marked = [text for element, text in found if _is_marked_heading(element)]
    inside = sorted((text for _, text in found if len(text) >= _SHORTEST_TITLE and text in title), key=len)
    first = [text for element, text in found if element.tag == "h1"]
    return (marked or inside[-1:] or first or [""])[0]


def page_title(root: HtmlElement) -> str:
    """Return the text of <title>; the page's own, for pictures in SVG have one as well."""
    element = root.find("./head/title")
    return text_of(element if element is not None else root.find(".//title"), LONGEST_TITLE)


def _is_marked_heading(element: HtmlElement) -> bool:
    called = f"{element.get('class') or ''} {element.get('id') or ''}"
    return (element.get("itemprop") or "").lower() == "headline" or bool(_TITLE_CLASS.search(called))


def _is_logo(element: HtmlElement, text: str, site: str) -> bool:
    called = f"{element.get('class') or ''} {element.get('id') or ''}"
    if _LOGO_CLASS.search(called) or (site and text.casefold() == site.casefold()):
        return True
    link = next(element.iter("a"), None)
    return link is not None and is_home(link)


def read_title(root: HtmlElement, site: str) -> Claims:
    """Return the text of <title> without the site's name."""
    title = page_title(root)
    stripped = without_site_name(title, site)
    return Claims(Origin.TITLE, title=stripped if stripped != title else last_part_dropped(title))


def shown_title(heading: str, title: str) -> str:
    """Return the heading, unless <title> speaks of something else altogether: then it heads a box of the page."""
    spoken, shown = set(heading.casefold().split()), set(title.casefold().split())
    return heading if not title or len(spoken & shown) >= min(3, len(spoken) / 3) or heading in title else ""
