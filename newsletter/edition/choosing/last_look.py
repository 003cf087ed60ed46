"""What a last look at a page says of its article: fine, gone, or doubtful. No network here.

What looks like a fault of one article is the way of a site where most of its pages show it: a paper that asks for
money everywhere must not lose all of its articles.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import urlsplit

from newsletter.errors import FetchError
from newsletter.gather.http.fetch import AnswerError, Fetched, Validators
from newsletter.gather.page.read import read_page

_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS}
_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_PAGE_TYPES = ("text/html", "application/xhtml")


class Finding(StrEnum):
    """What was found at an article's address."""

    FINE = "fine"
    UNHEARD = "no answer"
    GONE = "gone"
    REFUSED = "its page is closed to readers"
    HIDDEN = "its page asks not to be found (noindex)"
    PAID = "its page asks for money"


DOUBTFUL = (Finding.REFUSED, Finding.HIDDEN, Finding.PAID)
"""Findings that keep an article out of what is not sent yet, and are no word of its publisher."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One look at one page. ``validators`` are None where the page said nothing new."""

    article_id: int
    source_id: int
    finding: Finding
    why: str = ""
    title: str = ""
    validators: Validators | None = None


def judge_error(article_id: int, source_id: int, error: FetchError) -> Looked:
    """Judge an article by an answer that brought no page; whatever is not plainly about the article is unheard."""
    answered = error.answered if isinstance(error, AnswerError) else 0
    if answered in _GONE:
        return Looked(article_id, source_id, Finding.GONE, f"its page answers {answered}")
    return Looked(article_id, source_id, Finding.REFUSED if answered in _REFUSED else Finding.UNHEARD)


def judge_answer(article_id: int, source_id: int, url: str, fetched: Fetched) -> Looked:
    """Judge an article by its page. ``url`` is the article's address."""
    if fetched.not_modified:
        return Looked(article_id, source_id, Finding.FINE)
    if _is_front_page(fetched.url) and not _is_front_page(url):
        return Looked(article_id, source_id, Finding.GONE, "its address leads to the front page now")
    if fetched.content_type and not fetched.content_type.lower().startswith(_PAGE_TYPES):
        return Looked(article_id, source_id, Finding.FINE, validators=fetched.validators)
    page = read_page(fetched.content, fetched.url, content_type=fetched.content_type)
    finding = Finding.FINE
    if not page.is_indexable:
        finding = Finding.HIDDEN
    elif page.is_free is False:
        finding = Finding.PAID
    return Looked(article_id, source_id, finding, title=page.title, validators=fetched.validators)


def taken_out(looked: Iterable[Looked]) -> dict[int, str]:
    """Return which articles must not go out, with the reason.

    Of the doubtful, one is taken out where it is the exception among its source's pages; one that is refused only
    where another page of the source was not, because a whole site may be closed to programs.
    """
    by_source: dict[int, list[Looked]] = defaultdict(list)
    out = {}
    for each in looked:
        by_source[each.source_id].append(each)
        if each.finding is Finding.GONE:
            out[each.article_id] = each.why
    for of_source in by_source.values():
        heard = [each for each in of_source if each.finding not in {Finding.UNHEARD, Finding.GONE}]
        counts = Counter(each.finding for each in heard)
        for each in heard:
            is_usual = len(heard) > 1 and 2 * counts[each.finding] > len(heard)
            is_closed_site = each.finding is Finding.REFUSED and counts[Finding.REFUSED] == len(heard)
            if each.finding in DOUBTFUL and not is_usual and not is_closed_site:
                out[each.article_id] = each.finding.value
    return out


def _is_front_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.path in {"", "/"} and not parts.query
