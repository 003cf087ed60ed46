"""The text of a report that came as HTML alone, its lines kept: a report's lines mean something."""

import html
import re

import nh3

_BREAK = re.compile(r"<(?=/?(?:p|div|br|hr|li|ul|tr|td|th|table|pre|h[1-6])\b)", re.IGNORECASE)
_SILENT = {"script", "style", "template", "noscript", "svg", "math", "head", "title"}


def text_of_markup(markup: str) -> str:
    """Return the text of HTML, blocks on lines of their own."""
    lined = _BREAK.sub("\n<", markup)
    return html.unescape(nh3.clean(lined, tags=set(), clean_content_tags=_SILENT, link_rel=None))
