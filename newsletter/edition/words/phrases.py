"""The words that templates say themselves, in a reader's language, with its plurals, dates and direction.

Templates hold the English; catalogues (``catalogue``) hold what is said instead. Names and other values that are
put into a sentence are isolated where they could turn it around (Unicode UAX #9, X5c).
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from newsletter.edition.words.catalogue import Catalogue
from newsletter.edition.words.wording import is_isolated, isolate

_FALLBACK = "en"
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
"""Letters of Hebrew, Arabic, Syriac, Thaana, N'Ko, Adlam and their like (Unicode bidi classes R and AL)."""
_DOTTED = frozenset({"az", "tr"})
"""Languages whose small i has its dot on the capital too."""


class Said(str):
    """Words of ours: put into a sentence of the same language, they need no isolation."""

    __slots__ = ()


def locale_of(language: str) -> Locale:
    """Return the nearest locale known for a BCP 47 tag, English where there is none."""
    tag = language.replace("_", "-")
    for candidate in (tag, tag.partition("-")[0]):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(_FALLBACK)


def direction(language: str) -> str:
    """Return ``rtl`` for Arabic, Hebrew, Persian, Urdu and their like, ``ltr`` otherwise."""
    return str(locale_of(language).text_direction)


def own_name(language: str) -> str:
    """Return what a language calls itself, as it stands in a list: with a capital."""
    locale = locale_of(language)
    name = str(locale.get_display_name(locale) or language)
    return upper(name[:1], locale) + name[1:]


def upper(text: str, locale: Locale) -> str:
    """Return a text in capitals, as a language writes them: a Turkish i keeps its dot."""
    return (text.replace("i", "İ") if locale.language in _DOTTED else text).upper()


class Phrases:
    """Words, numbers, dates and times of one language, a BCP 47 tag."""

    def __init__(self, language: str, catalogue: Catalogue) -> None:
        self.language = language
        self.locale = locale_of(language)
        self.dir = direction(language)
        self._catalogue = catalogue

    def gettext(self, message: str, /, **values: object) -> str:
        """Return a message with its values in the place of ``{name}``.

        With a Markup value the result is Markup, all else in it escaped. Raises LookupError where a value lacks.
        """
        return self._filled(message, self._catalogue.say(message), values)

    def pgettext(self, context: str, message: str, /, **values: object) -> str:
        """Return the same for a message that means different things elsewhere."""
        return self._filled(message, self._catalogue.say(message, context), values)

    def ngettext(self, singular: str, plural: str, number: int, /, **values: object) -> str:
        """Return the form of a message that goes with a number, which fills ``{number}``."""
        english = singular if number == 1 else plural
        return self._filled(english, self._catalogue.count(singular, number), {"number": number, **values})

    def told(self, sentence: str, otherwise: str) -> str:
        """Return an English sentence, such as an error's, in the language; ``otherwise`` where that has none."""
        if not sentence or self.locale.language == _FALLBACK:
            return sentence
        return self._catalogue.say(sentence) or otherwise

    def label(self, text: str) -> str:
        """Return what stands before a value, with its colon: French leaves a space before it."""
        return self.gettext("{label}:", label=Said(text))

    def listed(self, names: Iterable[str]) -> str:
        """Return names as a list within a sentence, each isolated where its direction may differ."""
        return Said(format_list([self.isolated(each) for each in names], locale=self.locale))

    def day(self, on: date) -> str:
        """Write a date in full: Sunday, November 22, 2026."""
        return Said(format_date(on, "full", self.locale))

    def moment(self, at: datetime, zone: str, edition_on: date) -> str:
        """Write when an article appeared in the zone: the time of day, or the day where it is another."""
        local = at.replace(tzinfo=at.tzinfo or UTC).astimezone(ZoneInfo(zone))
        if local.date() == edition_on:
            return Said(format_time(local, "short", locale=self.locale))
        skeleton = "MMMd" if local.year == edition_on.year else "yMMMd"
        return Said(format_skeleton(skeleton, local, locale=self.locale))

    def isolated(self, text: str) -> str:
        """Return feed text fit to stand in a line of this language: isolated where its direction may differ."""
        turns = bool(_RIGHT_TO_LEFT.search(text))
        return isolate(text) if text and turns != (self.dir == "rtl") else text

    def upper(self, text: str) -> str:
        """Return a text in capitals, as the language writes them."""
        return upper(text, self.locale)

    def opening(self, text: str) -> str:
        """Return a text fit to open a line: its first letter large."""
        return self.upper(text[:1]) + text[1:]

    def _filled(self, english: str, phrase: str | None, values: dict[str, object]) -> str:
        fit = {name: self._fit(value) for name, value in values.items()}
        template = phrase
        if template is None:
            # English amid a language that runs the other way, where nobody has translated it.
            template = isolate(english) if self.dir == "rtl" else english
        if any(isinstance(value, Markup) for value in fit.values()):
            template = escape(template)
        filled = template.format(**fit)
        return filled if isinstance(filled, Markup) else Said(filled)

    def _fit(self, value: object) -> object:
        """Isolate a name in a right-to-left sentence, whatever it is; elsewhere only one that runs that way."""
        if isinstance(value, int):
            return format_decimal(value, locale=self.locale)
        if isinstance(value, (Markup, Said)) or not isinstance(value, str) or not value or is_isolated(value):
            return value
        return isolate(value) if self.dir == "rtl" else self.isolated(value)
