"""What readers choose for one newsletter: its language, how often, which sections, at what hour.

Each choice is one transaction, is made only where editions come, now or after a pause, is safe to repeat, and
leaves a line in the consent log where it changed something. A choice that the newsletter does not offer is
refused; what takes one back never is. Pauses are in ``pauses``.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time

import sqlalchemy as sa

from newsletter.edition.choosing.sections import list_sections, section_key
from newsletter.errors import SettingsError
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.publication.rules import is_zone
from newsletter.readers import store
from newsletter.readers.preferences import Preferences, change, get_in_use
from newsletter.readers.store import Origin
from newsletter.readers.tables import ConsentEvent, Frequency


def choose_language(
    connection: sa.Connection, subscription_id: int, language: str, origin: Origin, now: datetime
) -> Preferences:
    """Let editions come in one of the newsletter's languages, a tag; its own, named or empty, is kept as empty.

    Raises SettingsError for a language that it is not written in, ConflictError where nothing is in use.
    """
    found, newsletter = _open(connection, subscription_id, now)
    languages = newsletter.all_languages
    if language and language not in languages:
        raise SettingsError(f"No edition is written in {language!r}.", f"Choose one of: {', '.join(languages)}.")
    chosen = "" if language == languages[0] else language
    return _keep(connection, found, replace(found, language=chosen), origin, now)


def choose_zone(
    connection: sa.Connection, subscription_id: int, zone: str, origin: Origin, now: datetime
) -> Preferences:
    """Let editions come by the clock of a reader's own time zone, an IANA name; empty is the newsletter's.

    Raises SettingsError for a name that is none, ConflictError where nothing is in use.
    """
    found = get_in_use(connection, subscription_id, now)
    if zone and not is_zone(zone):
        raise SettingsError(f"There is no time zone {zone!r}.", "Write an IANA name such as America/New_York.")
    return _keep(connection, found, replace(found, zone=zone), origin, now)


def choose_hour(
    connection: sa.Connection, subscription_id: int, hour: time | None, origin: Origin, now: datetime
) -> Preferences:
    """Let editions come at a full hour of the reader's own; None is the newsletter's.

    Raises SettingsError for a time between two hours, and where the newsletter keeps no reader's hour;
    ConflictError where nothing is in use.
    """
    found, newsletter = _open(connection, subscription_id, now)
    if hour is not None and not newsletter.reader_hours:
        raise SettingsError(f"{newsletter.name} comes to all at the same time.", "Its reader_hours are off.")
    if hour is not None and hour != time(hour.hour):
        raise SettingsError(f"{hour} is no full hour.", "Choose a time such as 07:00.")
    return _keep(connection, found, replace(found, hour=hour), origin, now)


def choose_frequency(
    connection: sa.Connection, subscription_id: int, frequency: Frequency, origin: Origin, now: datetime
) -> Preferences:
    """Let each edition come, or one a week.

    Raises SettingsError for a weekly edition that the newsletter has not, ConflictError where nothing is in use.
    """
    found, newsletter = _open(connection, subscription_id, now)
    if frequency is Frequency.WEEKLY and not newsletter.weekly_day:
        raise SettingsError(f"{newsletter.name} has no weekly edition.", "Its weekly_day is empty.")
    return _keep(connection, found, replace(found, frequency=frequency), origin, now)


def choose_breaking(
    connection: sa.Connection, subscription_id: int, breaking: bool, origin: Origin, now: datetime
) -> Preferences:
    """Let what cannot wait for the next edition come too, or not.

    Raises SettingsError where the newsletter mails no such thing, ConflictError where nothing is in use.
    """
    found, newsletter = _open(connection, subscription_id, now)
    if breaking and not newsletter.breaking:
        raise SettingsError(f"{newsletter.name} mails nothing between its editions.", "Its breaking is off.")
    return _keep(connection, found, replace(found, breaking=breaking), origin, now)


def choose_sections(
    connection: sa.Connection, subscription_id: int, sections: Sequence[str], origin: Origin, now: datetime
) -> Preferences:
    """Let only these sections come, in whatever case they are written; none, or each there is, means all.

    Those chosen before can be kept though they have had no article lately.

    Raises SettingsError for a section that there is not, ConflictError where nothing is in use.
    """
    found, newsletter = _open(connection, subscription_id, now)
    if not sections:
        return _keep(connection, found, replace(found, sections=()), origin, now)
    if not newsletter.reader_sections:
        raise SettingsError(f"{newsletter.name} comes whole.", "Its reader_sections are off.")
    current = list_sections(connection, newsletter.id, now)
    known = {section_key(each): each for each in (*found.sections, *current)}
    unknown = [each for each in sections if section_key(each) not in known]
    if unknown:
        offered = ", ".join(sorted(known.values())) or "none yet"
        raise SettingsError(f"There is no section {unknown[0]!r}.", f"Choose among: {offered}.")
    chosen = {section_key(each) for each in sections}
    kept = () if chosen == known.keys() else tuple(sorted(known[each] for each in chosen))
    return _keep(connection, found, replace(found, sections=kept), origin, now)


def _open(connection: sa.Connection, subscription_id: int, now: datetime) -> tuple[Preferences, Newsletter]:
    found = get_in_use(connection, subscription_id, now)
    return found, get_newsletter_by_id(connection, found.newsletter_id)


def _keep(
    connection: sa.Connection, found: Preferences, chosen: Preferences, origin: Origin, now: datetime
) -> Preferences:
    """Write down what differs from what was found, and that it was chosen."""
    changed = {name: getattr(chosen, name) for name in _CHOSEN if getattr(chosen, name) != getattr(found, name)}
    if changed:
        if "sections" in changed:
            changed["sections"] = list(chosen.sections)
        change(connection, found.id, **changed)
        store.record_consent(connection, found.id, ConsentEvent.CHANGED, now, origin)
    return chosen


_CHOSEN = ("language", "zone", "hour", "frequency", "breaking", "sections")
"""Columns of a subscription, and fields of what a reader chose."""
