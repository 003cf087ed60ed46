"""When a newsletter comes, in a reader's words: its days, its hour, and the next time. Pure."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from babel.dates import format_time, get_day_names, get_timezone_name
from babel.lists import format_list

from newsletter.edition.words.phrases import Phrases
from newsletter.publication.calendar import WEEKDAYS, next_due_at, read_send_days
from newsletter.publication.newsletters import Newsletter

_UTC = frozenset({"UTC", "Etc/UTC", "Etc/GMT", "GMT"})


def rhythm(newsletter: Newsletter, phrases: Phrases) -> str:
    """Return a sentence on when editions come; one for a newsletter without a timetable too."""
    if not newsletter.scheduled:
        return phrases.gettext("It has no fixed days: it comes when an edition is made.")
    facts = {"time": hour(newsletter.send_time, phrases), "zone": _zone_name(newsletter.timezone, phrases)}
    days = sorted(read_send_days(newsletter.send_days))
    if len(days) == len(WEEKDAYS):
        return phrases.gettext("It comes every day at {time} ({zone}).", **facts)
    names = get_day_names("wide", locale=phrases.locale)
    listed = format_list([names[day] for day in days], locale=phrases.locale)
    return phrases.gettext("It comes on {days} at {time} ({zone}).", days=listed, **facts)


def next_time(newsletter: Newsletter, phrases: Phrases, now: datetime) -> tuple[str, str] | None:
    """Return the day and the hour of the next edition after ``now``; None without a timetable."""
    if not newsletter.scheduled:
        return None
    at = next_due_at(newsletter, now).astimezone(newsletter.timezone)
    return phrases.day(at.date()), hour(at.time(), phrases)


def hour(at: time, phrases: Phrases) -> str:
    """Return a time of day as the language writes it."""
    return format_time(at, "short", locale=phrases.locale)


def _zone_name(zone: ZoneInfo, phrases: Phrases) -> str:
    """Return what people call the zone, in summer and in winter; UTC has a name only at a moment."""
    named = datetime(2000, 1, 1, tzinfo=zone) if zone.key in _UTC else zone
    return get_timezone_name(named, "long", locale=phrases.locale)
