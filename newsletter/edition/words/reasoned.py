"""Why an article is here, in words: a mail's in the language of the mail, a console's and a log's in English."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from newsletter.edition.reasons import Reason, ReasonKind
from newsletter.edition.words.catalogue import Catalogue
from newsletter.edition.words.phrases import Phrases

_ENGLISH = Phrases("en", Catalogue(()))
_DAY = timedelta(days=1)
_HOUR_MINUTES, _DAY_HOURS = 60, 24
_FIRST, _SECOND, _THIRD = 1, 2, 3
_TEENS = (11, 12, 13)


def why_line(reasons: Iterable[Reason], phrases: Phrases = _ENGLISH) -> str:
    """Return the reasons, the weightiest first, as one line without a capital; empty where there are none."""
    return " · ".join(in_words(each, phrases) for each in reasons)


def in_words(reason: Reason, phrases: Phrases = _ENGLISH) -> str:
    """Say one reason."""
    return _WORDS[reason.kind](reason, phrases)


def _voted(reason: Reason, phrases: Phrases) -> str:
    return _within(phrases.ngettext("{number} vote", "{number} votes", reason.number or 0), reason, phrases)


def _most_voted(reason: Reason, phrases: Phrases) -> str:
    votes = _voted(reason, phrases)
    if reason.span is not None and reason.span <= _DAY:
        return phrases.gettext("most voted today ({votes})", votes=votes)
    return phrases.gettext("most voted ({votes})", votes=votes)


def _discussed(reason: Reason, phrases: Phrases) -> str:
    return _within(phrases.ngettext("{number} comment", "{number} comments", reason.number or 0), reason, phrases)


def _within(count: str, reason: Reason, phrases: Phrases) -> str:
    if reason.span is None:
        return count
    return phrases.gettext("{count} in {span}", count=count, span=_span(reason.span, phrases))


def _span(span: timedelta | None, phrases: Phrases) -> str:
    hours = (span or timedelta()).total_seconds() / 3600
    minutes = max(1, round(_HOUR_MINUTES * hours))
    if minutes < _HOUR_MINUTES:
        return phrases.ngettext("{number} min", "{number} min", minutes)
    if hours < 2 * _DAY_HOURS:
        return phrases.ngettext("{number} h", "{number} h", round(hours))
    return phrases.ngettext("{number} day", "{number} days", round(hours / _DAY_HOURS))


def _placed(reason: Reason, phrases: Phrases) -> str:
    return phrases.gettext("placed {place} by its newsroom", place=_place(reason.number or 0, phrases))


def _place(number: int, phrases: Phrases) -> str:
    """Return an ordinal, of which English has four kinds; other languages make of each what they need."""
    last = 0 if number % 100 in _TEENS else number % 10
    if last == _FIRST:
        return phrases.pgettext("place", "{place}st", place=number)
    if last == _SECOND:
        return phrases.pgettext("place", "{place}nd", place=number)
    if last == _THIRD:
        return phrases.pgettext("place", "{place}rd", place=number)
    return phrases.pgettext("place", "{place}th", place=number)


def _newest(reason: Reason, phrases: Phrases) -> str:
    if reason.name:
        return phrases.gettext("newest in {section}", section=reason.name)
    return phrases.gettext("newest from its source")


_WORDS: Mapping[ReasonKind, Callable[[Reason, Phrases], str]] = {
    ReasonKind.PICKED: lambda _, phrases: phrases.gettext("your editors' pick"),
    ReasonKind.MOST_VOTED: _most_voted,
    ReasonKind.VOTED: _voted,
    ReasonKind.DISCUSSED: _discussed,
    ReasonKind.PLACED: _placed,
    ReasonKind.COVERED: lambda reason, phrases: phrases.ngettext(
        "in {number} source", "in {number} sources", reason.number or 0
    ),
    ReasonKind.FOLLOWED: lambda reason, phrases: phrases.ngettext(
        "{number} article on it", "{number} articles on it", reason.number or 0
    ),
    ReasonKind.LIKED: lambda reason, phrases: phrases.gettext("readers follow {name}", name=reason.name),
    ReasonKind.FEATURED: lambda _, phrases: phrases.gettext("marked by its newsroom"),
    ReasonKind.PUBLISHED: lambda reason, phrases: phrases.gettext(
        "published {span} ago", span=_span(reason.span, phrases)
    ),
    ReasonKind.FOUND: lambda reason, phrases: phrases.gettext(
        "found {span} ago", span=_span(reason.span, phrases)
    ),
    ReasonKind.NEWEST: _newest,
}
