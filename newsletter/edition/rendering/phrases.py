"""The template's own words in the newsletter's language, with its plurals, dates and direction.

The words are files beside the templates (``email/_base/words.<language>.toml``), so that a publisher changes
or adds a language without touching code. What a language does not say is said in English.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time

from newsletter.errors import ContentError

_FALLBACK = "en"


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


class Phrases:
    """Words, dates and times of one language.

    ``read`` returns the texts of a language's words files; the first that has a phrase wins. Raises ContentError
    for a file that is not TOML.
    """

    def __init__(self, language: str, read: Callable[[str], Iterable[str]]) -> None:
        self.locale = locale_of(language)
        try:
            self._tables = [
                tomllib.loads(words) for name in (self.locale.language, _FALLBACK) for words in read(name)
            ]
        except tomllib.TOMLDecodeError as error:
            raise ContentError(
                f"The words for {language} cannot be read: {error}.", "Mend email/_base/words.*.toml."
            ) from error

    def __call__(self, name: str, number: int | None = None, /, **values: str) -> str:
        """Return a phrase with its values in place; ``number`` chooses the plural and fills ``{number}``.

        Raises ContentError for a phrase that neither the language nor English has.
        """
        for table in self._tables:
            if name in table:
                phrase = table[name]
                if isinstance(phrase, Mapping):
                    phrase = self._plural(phrase, number or 0)
                try:
                    return str(phrase).format(number=number, **values)
                except (LookupError, ValueError):
                    raise ContentError(
                        f"The words for {name!r} ask for something unknown.", "Compare words.en.toml."
                    ) from None
        raise ContentError(f"No words for {name!r}.", "Add them to email/_base/words.en.toml.")

    def day(self, on: date) -> str:
        """Write a date in full: Sunday, November 22, 2026."""
        return format_date(on, "full", self.locale)

    def moment(self, at: datetime, zone: str, edition_on: date) -> str:
        """Write when an article appeared in the zone: the time of day, or the day where it is another."""
        local = at.replace(tzinfo=at.tzinfo or UTC).astimezone(ZoneInfo(zone))
        if local.date() == edition_on:
            return format_time(local, "short", locale=self.locale)
        skeleton = "MMMd" if local.year == edition_on.year else "yMMMd"
        return format_skeleton(skeleton, local, locale=self.locale)

    def _plural(self, forms: Mapping[str, Any], number: int) -> str:
        return str(forms.get(self.locale.plural_form(number)) or forms["other"])
