"""Whether two links and headlines are one article: what is found again keeps its row, and is never sent twice.

Four questions, the first answer wins: the guid within its source, the canonical address, the slug, the moment of
publication. A guid may have passed on to another article; the last two are for articles of one site only, and know
when two alike are two.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from rapidfuzz import fuzz, utils

LIKE_HEADLINE = 60.0
"""Points of rapidfuzz's ``token_set_ratio``: fewer are two headlines about two things."""
SLUG_LASTS = timedelta(days=7)
"""An address with the same words in it much later is another article: "the-week-in-pictures"."""
COLUMN_RETURNS = timedelta(hours=12)
"""Headlines the same word for word, further apart than this, are a column that returns each day."""
FEWEST_SLUG_WORDS = 4
LONGEST_SLUG = 200

_ENDING = re.compile(r"\.(?:amp|html?|php|aspx?|jsp|shtml|cms)$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_COUNTED = (
    ("two", "deux", "zwei", "dos", "اثنان", "اثنين"),
    ("three", "trois", "drei", "tres", "ثلاثة", "ثلاث"),
    ("four", "quatre", "vier", "cuatro", "أربعة", "أربع"),
    ("five", "cinq", "fünf", "cinco", "خمسة", "خمس"),
    ("six", "sechs", "seis", "ستة", "ست"),
    ("seven", "sept", "sieben", "siete", "سبعة", "سبع"),
    ("eight", "huit", "acht", "ocho", "ثمانية", "ثماني"),
    ("nine", "neuf", "neun", "nueve", "تسعة", "تسع"),
    ("ten", "dix", "zehn", "diez", "عشرة", "عشر"),
    ("eleven", "onze", "elf", "once"),
    ("twelve", "douze", "zwölf", "doce"),
)
_VALUES = {word: str(value) for value, words in enumerate(_COUNTED, 2) for word in words}


@dataclass(frozen=True, slots=True)
class Identity:
    """What an article is known by; ``canonical_url`` is as `canonical.canonical_url` gives it.

    ``published_at`` is the source's own word; None where the date is one that we put in its place.
    """

    canonical_url: str
    title: str
    published_at: datetime | None
    first_seen_at: datetime
    slug: str = ""

    @property
    def site(self) -> str:
        """The host of its address."""
        return urlsplit(self.canonical_url).netloc


def slug_of(url: str) -> str:
    """Return the last part of an address that has at least four words, in small letters; "" where none has.

    "/2026/8/13/ferry-line-reopens-after-years.html" gives "ferry-line-reopens-after-years". Fewer words are a
    section's or a column's name, and numbers alone are a key.
    """
    try:
        parts = [part for part in unquote(urlsplit(url).path).lower().split("/") if part]
    except ValueError:
        return ""
    for part in reversed(parts):
        slug = _ENDING.sub("", part)
        if len(_WORD.findall(slug)) >= FEWEST_SLUG_WORDS:
            return slug[:LONGEST_SLUG]
    return ""


def is_same(known: Identity, listed: Identity) -> bool:
    """Whether two addresses of one site are one article, by their slug or their moment of publication.

    The same slug within seven days, unless near-equal headlines count differently ("Two / Four militants
    arrested") or a column's headline returns a day later word for word. Or the same moment to the second, not
    midnight (that is a date without a time), under headlines that share most words: a new death toll there is
    an update of the same article.
    """
    if known.site != listed.site:
        return False
    if _is_same_moment(known.published_at, listed.published_at):
        return headline_likeness(known.title, listed.title) >= LIKE_HEADLINE or _is_same_slug(known, listed)
    return _is_same_slug(known, listed) and not is_contradiction(known.title, listed.title)


def has_passed_on(known: Identity, listed: Identity) -> bool:
    """Whether a guid that named one article now names another: broken programs count from 1 again.

    Address, headline and day of publication must all be others; of one article, something stays the same.
    """
    if (
        known.canonical_url == listed.canonical_url
        or headline_likeness(known.title, listed.title) >= LIKE_HEADLINE
    ):
        return False
    if known.published_at is None or listed.published_at is None or (known.slug and known.slug == listed.slug):
        return False
    return abs(known.published_at - listed.published_at) > COLUMN_RETURNS


def _is_same_slug(known: Identity, listed: Identity) -> bool:
    if not known.slug or known.slug != listed.slug:
        return False
    apart = abs(_moment(known) - _moment(listed))
    is_column = utils.default_process(known.title) == utils.default_process(listed.title)
    return apart <= (COLUMN_RETURNS if is_column else SLUG_LASTS)


def _moment(article: Identity) -> datetime:
    return article.published_at or article.first_seen_at


def has_time(moment: datetime) -> bool:
    """Whether a date tells its time: midnight in UTC is how a date without one is read."""
    return bool(moment.hour or moment.minute or moment.second)


def _is_same_moment(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and one == other and has_time(one)


def headline_likeness(one: str, other: str) -> float:
    """Return how many words two headlines share, 0 to 100, whatever their order and the longer one's rest."""
    return fuzz.token_set_ratio(one, other, processor=utils.default_process)


def is_contradiction(one: str, other: str) -> bool:
    """Whether two near-equal headlines give numbers that cannot both be right; "Two" is 2, in five languages."""
    ours, theirs = numbers_in(one), numbers_in(other)
    return not (ours <= theirs or theirs <= ours) and headline_likeness(one, other) >= LIKE_HEADLINE


def numbers_in(text: str) -> frozenset[str]:
    """Return the numbers in a text as digits, those from two to twelve also where they are written in words."""
    words = (_VALUES[word] for word in re.findall(r"[^\W\d_]+", text.casefold()) if word in _VALUES)
    # int() reads the digits of every script; "1,200" and "1.200" are one number in two languages.
    digits = ("".join(str(int(sign)) for sign in number if sign.isdecimal()) for number in _NUMBER.findall(text))
    return frozenset((*words, *digits))


@dataclass(slots=True)
class Register:
    """The articles that may be meant by one answer of a source, by everything they are found again by.

    ``by_guid`` holds keys of articles that the source itself has listed. A key is whatever the caller tells
    articles apart by.
    """

    by_guid: Mapping[str, int]
    identities: dict[int, Identity] = field(default_factory=dict)
    _by_url: dict[str, int] = field(default_factory=dict)
    _by_slug: dict[str, list[int]] = field(default_factory=dict)
    _by_moment: dict[datetime, list[int]] = field(default_factory=dict)

    def add(self, key: int, article: Identity) -> None:
        """Enter an article; one that is entered already stays as it is."""
        if key in self.identities:
            return
        self.identities[key] = article
        self._by_url.setdefault(article.canonical_url, key)
        if article.slug:
            self._by_slug.setdefault(article.slug, []).append(key)
        if article.published_at:
            self._by_moment.setdefault(article.published_at, []).append(key)

    def find_exactly(self, guid: str, article: Identity) -> int | None:
        """Return the key of the article with this guid, else with this canonical address."""
        key = self.by_guid.get(guid)
        return self._by_url.get(article.canonical_url) if key is None else key

    def find_alike(self, article: Identity, listed: Collection[int]) -> int | None:
        """Return the key of the article that has this slug or moment; the oldest where several have.

        What the answer itself lists under an address of its own (``listed``) is no other article's old headline:
        two on one list at one moment are two, unless their slug is the same.
        """
        alike = [key for key in self._by_slug.get(article.slug, ()) if is_same(self.identities[key], article)]
        if not alike and article.published_at:
            moment = (key for key in self._by_moment.get(article.published_at, ()) if key not in listed)
            alike = [key for key in moment if is_same(self.identities[key], article)]
        return min(alike, key=lambda key: self.identities[key].first_seen_at, default=None)
