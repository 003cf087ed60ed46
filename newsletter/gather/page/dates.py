"""Dates as pages write them, read exactly or not at all.

A date is never guessed here: what is ambiguous (03/04/2020 without a word on the order) is no date. Months are
known by their names in the page's language (CLDR, through Babel) and in English.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from newsletter.gather.page.facts import Dated

LONGEST_DATE = 300
_EARLIEST, _LATEST = 1990, 2100
_MILLISECONDS = 100_000_000_000
"""Epoch numbers above this count milliseconds: as seconds they would lie beyond the year 5000."""

_USUAL = ("en", "de", "fr", "es", "it", "pt", "nl", "ar")
"""Languages whose months are tried on a page that names none; their names do not contradict each other."""

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ]\s?(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d{1,9})?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}(?!\d))?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{2}:?\d{2})?)?")
_CLOCK = r"(?:\D{0,14}?(?<!\d)(\d{1,2})[:.h](\d{2})(?![\d.])(?::\d{2})?(?:\s*([ap])\.?m\b)?)?"
_MONTH_FIRST = re.compile(
    r"(?<!\w)([^\W\d_]{3,12})\.?\s{0,2}(\d{1,2})(?:st|nd|rd|th)?,?\s{0,3}(\d{4})(?!\d)" + _CLOCK, re.IGNORECASE
)
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º)?[.,]?\s{0,2}(?:de\s|of\s|-)?([^\W\d_]{2,12})[.,]?(?:\s|-)(?:de\s)?(\d{4})(?!\d)"
    + _CLOCK,
    re.IGNORECASE,
)
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)" + _CLOCK, re.IGNORECASE)
_SLASHED = re.compile(r"(?<![\d/])(\d{1,4})/(\d{1,2})/(\d{1,4})(?![\d/])" + _CLOCK, re.IGNORECASE)
_IDEOGRAPHS = re.compile(r"(\d{4})年\s?(\d{1,2})月\s?(\d{1,2})日(?:\D{0,8}?(\d{1,2})[時:：](\d{2})分?)?")


def read_date(value: str, zone: tzinfo = UTC, language: str = "") -> Dated | None:
    """Return the date that a machine-readable value, or a line of text, begins with or holds first.

    A time without an offset is the site's (``zone``); so is a day without a time.
    """
    value = " ".join(value[:LONGEST_DATE].split())
    return _epoch(value) or _exact(value, zone) or find_date(value, zone, language)


def find_date(text: str, zone: tzinfo = UTC, language: str = "") -> Dated | None:
    """Return the first date in a line of text that can be read without guessing, else None."""
    found = []
    for pattern, reader in (
        (_ISO, _from_iso),
        (_IDEOGRAPHS, _from_iso),
        (_MONTH_FIRST, lambda match, zone: _worded(match, (2, 1), zone, language)),
        (_DAY_FIRST, lambda match, zone: _worded(match, (1, 2), zone, language)),
        (_DOTTED, _from_dotted),
        (_SLASHED, lambda match, zone: _from_slashed(match, zone, language)),
    ):
        for match in pattern.finditer(text[:LONGEST_DATE]):
            date = reader(match, zone)
            if date is not None:
                found.append((match.start(), date))
                break
    return min(found, key=lambda each: each[0])[1] if found else None


def _epoch(value: str) -> Dated | None:
    if not re.fullmatch(r"\d{9,13}", value, re.ASCII):
        return None
    seconds = int(value) / (1000 if int(value) > _MILLISECONDS else 1)
    return _dated(datetime.fromtimestamp(seconds, UTC))


def _exact(value: str, zone: tzinfo) -> Dated | None:
    for pattern in (_ISO, _COMPACT):
        if found := pattern.fullmatch(value):
            return _from_iso(found, zone)
    if re.match(r"[A-Za-z]{3},\s\d", value):
        try:
            at = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return None
        return _dated(at if at.tzinfo else at.replace(tzinfo=zone))
    return None


def _from_iso(found: re.Match[str], zone: tzinfo) -> Dated | None:
    parts = (*found.groups(), None, None)[:7]
    year, month, day, hour, minute, second, offset = parts
    named = offset if found.re in {_ISO, _COMPACT} else None
    return _make((year, month, day), (hour, minute, second), _offset(named) or zone)


def _worded(found: re.Match[str], order: tuple[int, int], zone: tzinfo, language: str) -> Dated | None:
    day, name = order
    month = _month(found.group(name), language)
    if month is None:
        return None
    return _make((found.group(3), month, found.group(day)), _clock(found), zone)


def _from_dotted(found: re.Match[str], zone: tzinfo) -> Dated | None:
    day, month, year = found.group(1, 2, 3)
    return _make((year, month, day), _clock(found), zone)


def _from_slashed(found: re.Match[str], zone: tzinfo, language: str) -> Dated | None:
    """Read a date with slashes: the year decides, then a number over 12, then a language with one usual order."""
    first, second, third = found.group(1, 2, 3)
    if len(first) == 4 and len(third) <= 2:  # noqa: PLR2004 — digits of a year
        return _make((first, second, third), _clock(found), zone)
    if len(third) != 4 or len(first) > 2:  # noqa: PLR2004 — likewise
        return None
    if int(second) > 12:  # noqa: PLR2004 — months of a year
        return _make((third, first, second), _clock(found), zone)
    is_settled = int(first) > 12 or language.partition("-")[0].lower() not in {"", "en"}  # noqa: PLR2004 — likewise
    return _make((third, second, first), _clock(found), zone) if is_settled else None


def _clock(found: re.Match[str]) -> tuple[str | int | None, str | None, None]:
    hour, minute, half = found.group(4, 5, 6)
    if hour is None or half is None:
        return hour, minute, None
    return int(hour) % 12 + (12 if half.lower() == "p" else 0), minute, None


def _make(day: tuple[str | int | None, ...], clock: tuple[str | int | None, ...], zone: tzinfo) -> Dated | None:
    """Make a moment of numbers in text; int() reads Arabic-Indic digits as well."""
    try:
        year, month, number = (int(part or 0) for part in day)
        hour, minute, second = (int(part or 0) for part in clock)
        at = datetime(year, month, number, hour, minute, second, tzinfo=zone)
    except (ValueError, OverflowError):
        return None
    return _dated(at, is_day=clock[0] is None)


def _dated(at: datetime, *, is_day: bool = False) -> Dated | None:
    return Dated(at, is_day) if _EARLIEST <= at.year < _LATEST else None


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
    if span >= timedelta(hours=24):
        return None
    return timezone(-span if text[0] == "-" else span)


def _month(name: str, language: str) -> int | None:
    name = name.casefold().rstrip(".")
    spoken = language.partition("-")[0].lower()
    return next(
        (number for each in (("en", spoken) if spoken else _USUAL) if (number := _months(each).get(name))), None
    )


@lru_cache(maxsize=64)
def _months(language: str) -> dict[str, int]:
    """Return the numbers of the months' names, long and short, in a language; empty for one unknown."""
    try:
        locale = Locale(language) if language else None
    except (UnknownLocaleError, ValueError, TypeError):
        locale = None
    if locale is None:
        return {}
    names: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in locale.months[context][width].items():
                names[name.casefold().rstrip(".")] = number
    if language == "en":
        names["sept"] = 9
    if language == "de":
        names |= {"jän": 1, "jänner": 1, "mrz": 3, "mär": 3}
    return names
