"""What kind of article never goes out, and what kind never leads: by its form, and by words that name the kind.

A word is looked for where a site files an article: its section, the folders of its address, and a label at either
end of its headline ("Sponsored: …", "… | Live"). In the headline itself it may be news.
"""

from typing import Any, Protocol

from newsletter.gather.article import Form
from newsletter.gather.memory.forms import folders_of, labels_of, phrases_of, plain

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
    return "excluded: sponsored" if filed.form == Form.SPONSORED and phrases_of(words) else ""


def form_here(filed: Filed | Any, words: str) -> Form:
    """Return an article's form as this newsletter sees it: what is filed under one of the words never leads.

    ``words`` are parted by commas; with none of them everything may lead.
    """
    if not phrases_of(words):
        return Form.PLAIN
    form = Form(filed.form)
    return Form.NOTICE if form is Form.PLAIN and _named(filed, words) else form


def _named(filed: Filed | Any, words: str) -> str:
    """Return the first of the words under which an article is filed."""
    labels = labels_of(filed.title)
    # The end of a headline may be a clause of it: there the word must stand alone.
    places = [plain(filed.section), *folders_of(filed.url), *labels[:1]]
    for phrase in phrases_of(words):
        if phrase in labels or any(_holds(place, phrase) for place in places):
            return phrase
    return ""


def _holds(place: str, phrase: str) -> bool:
    is_named = f" {phrase} " in f" {place} "
    return is_named and len(place.split()) <= len(phrase.split()) + _LONGEST_FILED
