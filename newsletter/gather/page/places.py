"""Where on a page an element stands: in the article, or in the margins that every page of the site has."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from newsletter.gather.page.tree import path_of

_MOST_LINES = 3_000
_MARGINS = {"aside", "nav", "footer"}
_LATER = re.compile(
    r"comment|related|sidebar|footer|teaser|recommend|widget|latest|popular|most-read|recent", re.IGNORECASE
)


def in_article(root: HtmlElement, *tags: str) -> Iterator[HtmlElement]:
    """Yield elements of the page that belong to its main article, as far as can be told from outside."""
    for number, element in enumerate(root.iter(*tags)):
        if number == _MOST_LINES:
            return
        if not is_margin(element):
            yield element


def is_margin(element: HtmlElement) -> bool:
    """Tell whether an element is in a margin, or among what leads to other articles."""
    return any(
        each.tag in _MARGINS
        or (
            each.tag not in {"body", "html"} and _LATER.search(f"{each.get('class') or ''} {each.get('id') or ''}")
        )
        for each in (element, *element.iterancestors())
    )


def is_home(element: HtmlElement) -> bool:
    """Tell whether an element is a link to the front page: what it says is the site's name."""
    href = (element.get("href") or "").strip()
    return element.tag == "a" and bool(href) and not href.startswith("#") and path_of(href).strip("/") == ""
