"""What a reader's own page has to offer: only what there is to choose, in the reader's words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

import sqlalchemy as sa
from babel.dates import get_day_names

from newsletter.delivery.correspondence.rhythm import hour
from newsletter.edition.choosing.sections import list_sections, section_key
from newsletter.edition.words.phrases import Phrases
from newsletter.publication.calendar import WEEKDAYS
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.joining import Other, list_others
from newsletter.readers.preferences import Preferences
from newsletter.readers.tables import Frequency
from newsletter.web.public.zones import zones_by_region


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be chosen; what is empty is not asked for.

    ``weekday`` is the name of the day of the weekly edition, ``hours`` are times of day with their names, the
    newsletter's own first under an empty one. What the newsletter has given up is offered to who chose it before.
    """

    weekday: str
    is_weekly: bool
    breaking: bool
    sections: tuple[str, ...]
    languages: tuple[str, ...]
    hours: tuple[tuple[str, str], ...]
    zones: dict[str, tuple[str, ...]]
    others: tuple[Other, ...]

    @property
    def has_content(self) -> bool:
        """Whether there is anything to choose of what comes."""
        return self.is_weekly or self.breaking or bool(self.sections) or len(self.languages) > 1


def read_sections(
    connection: sa.Connection, newsletter: Newsletter, reader: Preferences, now: datetime
) -> tuple[str, ...]:
    """Return the sections that a reader may choose among, with those that they chose."""
    current = list_sections(connection, newsletter.id, now) if newsletter.reader_sections else []
    return _together(reader.sections, current)


def read_offered(
    connection: sa.Connection, newsletter: Newsletter, reader: Preferences, phrases: Phrases, now: datetime
) -> Offered:
    """Return what this reader may choose."""
    keeps_hours = newsletter.reader_hours or reader.hour is not None
    return Offered(
        weekday=_weekday(newsletter, phrases),
        is_weekly=bool(newsletter.weekly_day) or reader.frequency is Frequency.WEEKLY,
        breaking=newsletter.breaking or reader.breaking,
        sections=read_sections(connection, newsletter, reader, now),
        languages=newsletter.all_languages,
        hours=_hours(newsletter, phrases) if keeps_hours else (),
        zones=zones_by_region(reader.zone) if keeps_hours else {},
        others=tuple(list_others(connection, reader.id)),
    )


def _together(chosen: Iterable[str], current: Iterable[str]) -> tuple[str, ...]:
    by_key = {section_key(each): each for each in (*current, *chosen)}
    return tuple(by_key[each] for each in sorted(by_key))


def _weekday(newsletter: Newsletter, phrases: Phrases) -> str:
    if not newsletter.weekly_day:
        return ""
    return str(get_day_names("wide", locale=phrases.locale)[WEEKDAYS.index(newsletter.weekly_day)])


def _hours(newsletter: Newsletter, phrases: Phrases) -> tuple[tuple[str, str], ...]:
    own = phrases.gettext("The newsletter's time: {time}", time=hour(newsletter.send_time, phrases))
    return ("", own), *((f"{each:02}:00", hour(time(each), phrases)) for each in range(24))
