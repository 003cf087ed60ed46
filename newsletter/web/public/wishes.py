"""What a reader can wish for on their own page: one form, one wish, one function, one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Literal

import sqlalchemy as sa
from pydantic import BaseModel, Field

from newsletter.bell import Bell, TaskName
from newsletter.readers.address import read_address
from newsletter.readers.choices import (
    choose_breaking,
    choose_frequency,
    choose_hour,
    choose_language,
    choose_sections,
    choose_zone,
)
from newsletter.readers.gate import Gate
from newsletter.readers.joining import join, list_others
from newsletter.readers.letters import due_letters, owe_letter
from newsletter.readers.moving import ask_change
from newsletter.readers.pauses import LONGEST_PAUSE, pause, resume
from newsletter.readers.preferences import Preferences, get_in_use
from newsletter.readers.sign_ups import SignUp, put_sign_up
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import unsubscribe
from newsletter.readers.tables import Frequency, LetterKind

_MOST = 100
"""Boxes that one form can have ticked."""


class Change(StrEnum):
    """What one form changes; also what the page then says has happened, and where its group stands."""

    WHAT = "what"
    HOUR = "hour"
    PAUSE = "pause"
    RESUME = "resume"
    ADDRESS = "address"
    NEWSLETTERS = "newsletters"
    DATA = "data"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


class Boxes(StrEnum):
    """Check boxes that a form shows; sent along, because a box that is not ticked sends nothing."""

    BREAKING = "breaking"
    SECTIONS = "sections"


class Wish(BaseModel):
    """What a form sends. What is None was not in it, and stays; empty is the newsletter's own.

    ``days`` of none means: until the reader resumes. ``everything`` is to leave all newsletters.
    """

    change: Change
    shown: list[Boxes] = []
    frequency: Frequency | None = None
    breaking: bool = False
    sections: Annotated[list[str], Field(max_length=_MOST)] = []
    language: str | None = None
    zone: str | None = None
    hour: Literal[""] | time | None = None
    days: Annotated[int, Field(ge=0, le=LONGEST_PAUSE)] = 0
    address: str = ""
    newsletters: Annotated[list[str], Field(max_length=_MOST)] = []
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """From where and when a wish came, and who rations the mail that it causes."""

    origin: Origin
    now: datetime
    gate: Gate


def grant(connection: sa.Connection, reader: Preferences, wish: Wish, moment: Moment) -> list[Bell]:
    """Do what a reader wishes; return the bells to ring after the commit.

    Raises AddressError for an address that cannot be mailed, SettingsError for what no form of ours offers, and
    ConflictError where the wish does not fit how the subscription stands.
    """
    return _WISHES[wish.change](connection, reader, wish, moment)


def _what(connection: sa.Connection, reader: Preferences, wish: Wish, moment: Moment) -> list[Bell]:
    get_in_use(connection, reader.id, moment.now)
    said = (moment.origin, moment.now)
    if wish.frequency is not None:
        choose_frequency(connection, reader.id, wish.frequency, *said)
    if Boxes.BREAKING in wish.shown:
        choose_breaking(connection, reader.id, wish.breaking, *said)
    if Boxes.SECTIONS in wish.shown:
        choose_sections(connection, reader.id, wish.sections, *said)
    if wish.language is not None:
        choose_language(connection, reader.id, wish.language, *said)
    return []


def _hour(connection: sa.Connection, reader: Preferences, wish: Wish, moment: Moment) -> list[Bell]:
    get_in_use(connection, reader.id, moment.now)
    if wish.hour is not None:
        choose_hour(connection, reader.id, wish.hour or None, moment.origin, moment.now)
    if wish.zone is not None:
        choose_zone(connection, reader.id, wish.zone, moment.origin, moment.now)
    return []


def _pause(connection: sa.Connection, reader: Preferences, wish: Wish, moment: Moment) -> list[Bell]:
    pause(connection, reader.id, wish.days or None, moment.origin, moment.now)
    return []


def _resume(connection: sa.Connection, reader: Preferences, _: Wish, moment: Moment) -> list[Bell]:
    resume(connection, reader.id, moment.origin, moment.now)
    return []


def _address(connection: sa.Connection, reader: Preferences, wish: Wish, moment: Moment) -> list[Bell]:
    owed = ask_change(connection, moment.gate, reader.id, read_address(wish.address), moment.now)
    return [Bell(TaskName.SUBMIT_ADDRESS_LETTER, each) for each in owed]


def _newsletters(connection: sa.Connection, reader: Preferences, wish: Wish, moment: Moment) -> list[Bell]:
    joined = join(connection, reader.id, wish.newsletters, moment.origin, moment.now)
    return [bell for each in joined for bell in _letters(connection, each, moment)]


def _data(connection: sa.Connection, reader: Preferences, _: Wish, moment: Moment) -> list[Bell]:
    owe_letter(connection, reader.id, LetterKind.DATA, moment.now)
    return _letters(connection, reader.id, moment)


def _subscribe(connection: sa.Connection, reader: Preferences, _: Wish, moment: Moment) -> list[Bell]:
    asked = SignUp(reader.address, (reader.newsletter_id,), moment.origin)
    return [Bell(TaskName.HANDLE_SIGN_UP, put_sign_up(connection, asked, moment.now))]


def _unsubscribe(connection: sa.Connection, reader: Preferences, wish: Wish, moment: Moment) -> list[Bell]:
    origin = Origin("page", moment.origin.network)
    others = list_others(connection, reader.id) if wish.everything else []
    left = [reader.id, *(each.subscription_id for each in others if each.subscription_id is not None)]
    for each in left:
        unsubscribe(connection, each, origin, moment.now)
    return [bell for each in left for bell in _letters(connection, each, moment)]


def _letters(connection: sa.Connection, subscription_id: int, moment: Moment) -> list[Bell]:
    owed = due_letters(connection, moment.now, subscription_id)
    return [Bell(TaskName.SUBMIT_LETTER, each) for each in owed]


_WISHES: dict[Change, Callable[[sa.Connection, Preferences, Wish, Moment], list[Bell]]] = {
    Change.WHAT: _what,
    Change.HOUR: _hour,
    Change.PAUSE: _pause,
    Change.RESUME: _resume,
    Change.ADDRESS: _address,
    Change.NEWSLETTERS: _newsletters,
    Change.DATA: _data,
    Change.SUBSCRIBE: _subscribe,
    Change.UNSUBSCRIBE: _unsubscribe,
}
