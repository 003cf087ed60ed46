"""A command carried out for one subscription, and what is told of it.

What is told is data, said in the reader's language when the answer is written (``saying``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.edition.choosing.sections import list_sections
from newsletter.errors import ConflictError, SettingsError
from newsletter.inbound.desk.commands import Command, Verb, sections_named
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.readers.choices import choose_frequency, choose_sections
from newsletter.readers.letters import due_letters
from newsletter.readers.pauses import pause, resume
from newsletter.readers.preferences import Preferences, get_preferences
from newsletter.readers.store import Origin, find_subscription
from newsletter.readers.subscribe import unsubscribe
from newsletter.readers.tables import Frequency

Told = Mapping[str, str | list[str]]
"""What is told: ``what`` it is, and the values that go into its sentence."""

CHANGES = frozenset({Verb.PAUSE, Verb.RESUME, Verb.WEEKLY, Verb.DAILY, Verb.SECTIONS})
"""What only the reader may change, who therefore has to show that it was they who wrote."""

_FREQUENCIES = {Verb.WEEKLY: Frequency.WEEKLY, Verb.DAILY: Frequency.DAILY}


@dataclass(frozen=True, slots=True)
class Wish:
    """A command, for whose subscription it is, from where and when."""

    subscription_id: int
    command: Command
    origin: Origin
    now: datetime


def carry_out(connection: sa.Connection, wish: Wish) -> Told:
    """Do what a reader asks for; return what there is to tell of it.

    What cannot be had is told, and raises nothing.
    """
    found = find_subscription(connection, wish.subscription_id)
    if found is None:
        return {"what": "stranger"}
    newsletter = get_newsletter_by_id(connection, found.newsletter_id)
    try:
        return {**_change(connection, wish, newsletter), "name": newsletter.name}
    except ConflictError:
        return {"what": "stranger"}
    except SettingsError:
        return _refused(connection, wish, newsletter)


def leave(
    connection: sa.Connection, subscription_id: int, origin: Origin, now: datetime
) -> tuple[Told, list[int]]:
    """End a subscription; return what there is to tell of it, and the letters that tell it already.

    Raises NotFoundError once its reader is erased.
    """
    found = unsubscribe(connection, subscription_id, origin, now)
    newsletter = get_newsletter_by_id(connection, found.newsletter_id)
    return {"what": "left", "name": newsletter.name}, due_letters(connection, now, found.id)


def _change(connection: sa.Connection, wish: Wish, newsletter: Newsletter) -> Told:
    to, command, origin, now = wish.subscription_id, wish.command, wish.origin, wish.now
    match command.verb:
        case Verb.PAUSE:
            return _paused(pause(connection, to, command.days, origin, now), newsletter)
        case Verb.RESUME:
            resume(connection, to, origin, now)
            return {"what": "resumed"}
        case Verb.WEEKLY | Verb.DAILY as verb:
            choose_frequency(connection, to, _FREQUENCIES[verb], origin, now)
            return {"what": verb.value}
        case Verb.SECTIONS:
            kept = choose_sections(connection, to, _sections(connection, wish, newsletter), origin, now)
            return {"what": "sections" if kept.sections else "all sections", "names": list(kept.sections)}
        case verb:
            raise ValueError(f"{verb} changes nothing of a subscription")


def _sections(connection: sa.Connection, wish: Wish, newsletter: Newsletter) -> list[str]:
    """Return the sections that are named, as the newsletter spells them."""
    chosen = get_preferences(connection, wish.subscription_id, wish.now).sections
    return sections_named(wish.command.names, [*list_sections(connection, newsletter.id, wish.now), *chosen])


def _paused(found: Preferences, newsletter: Newsletter) -> Told:
    until = found.paused_until
    if until is None:
        return {"what": "paused for good"}
    return {"what": "paused", "until": until.astimezone(newsletter.timezone).date().isoformat()}


def _refused(connection: sa.Connection, wish: Wish, newsletter: Newsletter) -> Told:
    """Return what is told of a wish that cannot be had, with what can."""
    refused: Told = {"what": f"no {wish.command.verb}", "name": newsletter.name}
    if wish.command.verb is not Verb.SECTIONS:
        return refused
    sections = list_sections(connection, newsletter.id, wish.now) if newsletter.reader_sections else []
    return {**refused, "names": sections} if sections else {**refused, "what": "sections without any"}
