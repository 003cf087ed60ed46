"""The article's own text, and its sub-headings: trafilatura's work, bounded and caught.

trafilatura costs a third of a second and thirty megabytes to import (with it justext, htmldate, dateparser), so
it is imported when the first page is read: ``newsletter --help`` and the web process never pay for it.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from lxml import html
from lxml.html import HtmlElement

from newsletter.gather.page.dates import read_date
from newsletter.gather.page.facts import Dated
from newsletter.gather.page.tree import letters
from newsletter.gather.text.credits import drop_furniture

LONGEST_TEXT = 200_000
"""Characters of a text that are kept."""
_LONGEST_GUESSED = 1_500_000
"""Bytes of a page that htmldate searches, some dozen times over."""
MOST_SUBHEADINGS = 50
_LONGEST_SUBHEADING = 90
_LONGEST_HEADLINE = 1_000
_MOST_WORDS = 14
_PARAGRAPH = 80
"""Characters: what stands between a paragraph and the next, and is shorter, may be a sub-heading."""
_STOP = re.compile(r"[.!?…:;,؟،۔。！？]['\"”’»)\]]*$")
_AGENCY = re.compile(
    r"/(?:[\w ]{1,20}via )?(?:AFP|AP|Reuters|Getty)|\bGetty Images\b|\d:\d\d min\b|^(?:photo|foto|bild)s?\s*:",
    re.IGNORECASE,
)
_LEADS_ELSEWHERE = re.compile(
    r"(?:read|see|watch|listen|join|get|sign up|subscribe|related|recommended|more on|follow)\b"
    r".*(?::|\bmore\b|newsletter|\balso\b|forum|podcast|news)"
    r"|(?:mehr (?:lesen|zum thema)|lesen sie auch|lire aussi|externer inhalt|leer más|advertisement|embed"
    r"|اقرأ أيضا)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Body:
    """Paragraphs, an empty line between two; the sub-headings stand among them, and on their own."""

    text: str = ""
    subheadings: tuple[str, ...] = ()


def read_body(root: HtmlElement, text_root: HtmlElement | None, title: str) -> Body:
    """Return the text of a page's article, without its headline; empty where none can be found. Never raises.

    ``text_root`` is the element that a profile says it stands in; without one, or where it holds too little, the
    whole page is searched.
    """
    # trafilatura tells of every page without a text; here it is an ordinary answer.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    body = _body(_alone(text_root), title) if text_root is not None else Body()
    whole = Body() if len(body.text) > _PARAGRAPH else _body(root, title)
    return body if len(body.text) >= len(whole.text) else whole


def guess_date(root: HtmlElement, url: str, zone: tzinfo) -> Dated | None:
    """Return what htmldate takes for the date of publication: a guess, never to be stored as a fact.

    Nothing of a page so long that the guess would take longer than everything else.
    """
    from htmldate import find_date

    if len(html.tostring(root)) > _LONGEST_GUESSED:
        return None
    try:
        found = find_date(deepcopy(root), original_date=True, url=url or None)
    except Exception:  # noqa: BLE001 — whatever a stranger's page breaks in a library means: no date
        return None
    return read_date(found, zone) if isinstance(found, str) else None


def _body(root: HtmlElement, title: str) -> Body:
    from trafilatura import bare_extraction

    try:
        document: Any = bare_extraction(
            deepcopy(root), include_comments=False, include_tables=False, with_metadata=False
        )
        blocks = [] if document is None or document.body is None else list(_blocks(document.body))
    except Exception:  # noqa: BLE001 — whatever a stranger's page breaks in a library means: no text
        return Body()
    kept = [(text, is_heading) for text, is_heading in blocks if drop_furniture(text)]
    if kept and letters(kept[0][0][:_LONGEST_HEADLINE]) == letters(title):
        kept = kept[1:]
    text = "\n\n".join(text for text, _ in kept)[:LONGEST_TEXT]
    return Body(text, tuple(_subheadings(kept, title)))


def _blocks(body: Any) -> Iterator[tuple[str, bool]]:
    """Yield each block's text on one line, and whether it is marked as a heading."""
    for element in body:
        if element.tag in {"list", "table", "row", "div"} or (element.tag == "quote" and len(element)):
            own = " ".join((element.text or "").split())
            if own:
                yield own, False
            yield from _blocks(element)
        elif text := " ".join(" ".join(_pieces(element)).split()):
            yield text, element.tag == "head"
        if tail := " ".join((element.tail or "").split()):
            yield tail, False


def _pieces(element: Any) -> Iterator[str]:
    return (piece for piece in element.itertext() if piece)


def _subheadings(blocks: list[tuple[str, bool]], title: str) -> Iterator[str]:
    """Yield what is marked as a heading, and short lines without a final stop between two paragraphs.

    What stands before the first paragraph introduces the article, and what stands there twice is furniture.
    """
    counts = Counter(text for text, _ in blocks)
    count = 0
    has_begun = False
    for number, (text, is_marked) in enumerate(blocks):
        before = blocks[number - 1][0] if number else ""
        after = blocks[number + 1][0] if number + 1 < len(blocks) else ""
        is_between = len(before) > _PARAGRAPH and len(after) > _PARAGRAPH and bool(_STOP.search(before))
        is_heading = bool(after) if is_marked else is_between and _is_short_line(text)
        if has_begun and is_heading and counts[text] == 1 and _is_title(text) and letters(text) != letters(title):
            count += 1
            if count > MOST_SUBHEADINGS:
                return
            yield text
        has_begun = has_begun or (len(text) > _PARAGRAPH and not is_marked)


def _is_short_line(text: str) -> bool:
    return len(text) <= _LONGEST_SUBHEADING and len(text.split()) <= _MOST_WORDS and not _STOP.search(text)


def _is_title(text: str) -> bool:
    """Tell whether a line heads something: it has words, and neither names a photographer nor leads elsewhere."""
    return bool(letters(text)) and not _AGENCY.search(text) and not _LEADS_ELSEWHERE.match(text)


def _alone(element: HtmlElement) -> HtmlElement:
    """Return a document with nothing but the element in it."""
    page = html.document_fromstring("<html><body><article></article></body></html>")
    article = page.find(".//article")
    assert article is not None
    article.append(deepcopy(element))
    article[0].tail = None
    return page
