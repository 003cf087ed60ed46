"""A stranger's HTML as a tree of bounded size: what everything in this folder reads.

A page may be a bomb: endless, nested without end, in an encoding of its own. It is cut before the parser sees
it; the parser loads nothing, resolves nothing, and keeps libxml2's own limits.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from lxml import etree, html
from lxml.html import HtmlElement

from newsletter.gather.formats.markup import decode
from newsletter.gather.text.plaintext import plain_text

MOST_BYTES = 5_000_000
"""Bytes of a page that are taken; the largest of a thousand news pages had two million."""
LONGEST_PAGE = 2_500_000
"""Characters of a page that are parsed: what is longer has its article in front."""
MOST_TAGS = 30_000
"""Tags, opening and closing: five times the most crowded of a hundred news pages."""
MOST_DEPTH = 60
"""Levels of nesting, twice the deepest page met: selectors that look for an ancestor cost as many steps."""
LONGEST_ATTRIBUTE = 4_000
LONGEST_TEXT = 2_000
"""Characters read of one element as one fact."""

_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_HEAD = 4_096
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_TAG = re.compile(r"<[a-z/!?]", re.IGNORECASE)


def parse_page(content: bytes, content_type: str = "") -> HtmlElement | None:
    """Return the root of a page's tree, None where the bytes hold no markup at all. Never raises."""
    text = _CONTROLS.sub(" ", page_text(content[:MOST_BYTES], content_type)[:LONGEST_PAGE])
    tags = 0
    for found in _TAG.finditer(text):
        tags += 1
        if tags > MOST_TAGS:
            text = text[: found.start()]
            break
    if tags == 0:
        return None
    parser = html.HTMLParser(
        encoding="utf-8",
        no_network=True,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = html.document_fromstring(text.encode(), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None
    _flatten(root)
    return root


def page_text(content: bytes, content_type: str = "") -> str:
    """Return a page's characters, never failing: as ``decode`` does, with what the page's own head declares."""
    declared = _META_CHARSET.search(content[:_HEAD])
    if declared and "charset" not in content_type.lower():
        content_type = f"{content_type or 'text/html'}; charset={declared.group(1).decode('ascii')}"
    return decode(content, content_type)


def text_of(element: HtmlElement | None, longest: int = LONGEST_TEXT) -> str:
    """Return an element's words on one line, "" without one; scripts and styles are no words."""
    if element is None:
        return ""
    size, pieces = 0, []
    for piece in _words(element):
        pieces.append(piece)
        size += len(piece)
        if size > longest:
            break
    return " ".join("".join(pieces).split())[:longest].strip()


def path_of(link: str) -> str:
    """Return a link's path, "" for what is no link at all."""
    try:
        return urlsplit(link).path
    except ValueError:
        return ""


def letters(text: str) -> str:
    """Return a text's letters and digits alone, in small letters: what two spellings of one title share."""
    return "".join(char for char in text.casefold() if char.isalnum())


def clean(text: str, longest: int) -> str:
    """Return a claimed text as plain text on one line: entities and stray markup undone."""
    return plain_text(text[: 4 * longest], longest)


def _words(element: HtmlElement) -> Iterator[str]:
    silent = {"script", "style", "noscript", "template", "svg"}
    skipped: HtmlElement | None = None
    for event, each in etree.iterwalk(element, events=("start", "end")):
        if skipped is None and event == "start":
            if each.tag in silent:
                skipped = each
                continue
            if each.tag in {"br", "p", "div", "li", "td", "h1", "h2", "h3", "h4"}:
                yield " "
            yield each.text or ""
        elif event == "end":
            if skipped is each:
                skipped = None
            if skipped is None and each is not element:
                yield each.tail or ""


def _flatten(root: HtmlElement) -> None:
    """Drop what is nested too deep, where nobody writes an article, and the ends of endless attributes."""
    depth = 0
    doomed = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "end":
            continue
        if depth == MOST_DEPTH:
            doomed.append(element)
        for name, value in element.attrib.items():
            if len(value) > LONGEST_ATTRIBUTE:
                with suppress(ValueError):  # a name that only HTML allows ("{") cannot be set, and nobody reads it
                    element.set(name, value[:LONGEST_ATTRIBUTE])
    for element in doomed:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
