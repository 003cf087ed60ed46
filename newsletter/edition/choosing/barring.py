"""What kind of article never goes out, and what kind never leads: by its form, and by words that name the kind.

A word is looked for where a site files an article: its section, the folders of its address, and a label before its
headline ("Sponsored: …", "Live | …"). In the headline itself it may be news.
"""

import re
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from newsletter.gather.article import Form

_LABEL = re.compile(r"\s*(?:[\[(]([^\])]{1,40})[\])]|([^:|–—]{1,40}?)\s*(?:[:|]|\s[–—-]\s))")
_GAPS = re.compile(r"[\W_]+")
_LONGEST_FILED = 1
"""Words of a label beyond those that name the kind: "Live updates" is one, a clause before a colon is not."""


class Filed(Protocol):
    """An article as far as it says where it was filed."""

    @property
    def title(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def section(self) -> str: ...

    @property
    def form(self) -> str: ...


def excluded(filed: Filed | Any, words: str) -> str:
    """Return why an article never goes out, or nothing. ``words`` are parted by commas."""
    named = _named(filed, words)
    if named:
        return f"excluded: {named}"
    return "excluded: sponsored" if filed.form == Form.SPONSORED and _phrases(words) else ""


def form_here(filed: Filed | Any, words: str) -> Form:
    """Return an article's form as this newsletter sees it: what is filed under one of the words never leads.

    ``words`` are parted by commas; with none of them everything may lead.
    """
    if not _phrases(words):
        return Form.PLAIN
    form = Form(filed.form)
    return Form.NOTICE if form is Form.PLAIN and _named(filed, words) else form


def _named(filed: Filed | Any, words: str) -> str:
    """Return the first of the words under which an article is filed."""
    places = [_plain(filed.section), *_folders(filed.url), _label(filed.title)]
    for phrase in _phrases(words):
        if any(_holds(place, phrase) for place in places if place):
            return phrase
    return ""


def _holds(place: str, phrase: str) -> bool:
    is_named = f" {phrase} " in f" {place} "
    return is_named and len(place.split()) <= len(phrase.split()) + _LONGEST_FILED


def _folders(url: str) -> list[str]:
    try:
        path = urlsplit(url).path
    except ValueError:
        return []
    # The last part is the article's own, made of its headline.
    return [_plain(unquote(part)) for part in path.split("/")[:-1] if part]


def _label(title: str) -> str:
    found = _LABEL.match(title)
    return _plain(found.group(1) or found.group(2)) if found else ""


def _phrases(words: str) -> list[str]:
    return [plain for plain in map(_plain, words.split(",")) if plain]


def _plain(text: str) -> str:
    return _GAPS.sub(" ", text).strip().casefold()
