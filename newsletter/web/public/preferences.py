"""A reader's own page: language, pause, hour, leaving. Its link stands in every mail, and nobody logs in.

GET shows, because scanners follow every link of a mail; POST changes one thing and sends the browser back (RFC
9110 §9.2.1, §15.4.4). Each section is a form, named by the change that it makes: what is added to the page later
is one section, one change and one function.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, BackgroundTasks, Form, Request
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from newsletter.bell import Bell, TaskName
from newsletter.errors import SettingsError
from newsletter.readers.letters import due_letters
from newsletter.readers.pauses import LONGEST_PAUSE, pause, resume
from newsletter.readers.preferences import Preferences, choose_language, choose_zone
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import request_subscription, unsubscribe
from newsletter.tokens import Purpose
from newsletter.web.doorway import Door, network_of
from newsletter.web.public.bearer import read_bearer
from newsletter.web.public.zones import zones_by_region

router = APIRouter()


class Change(StrEnum):
    """What one form of the page changes; also what the page says has happened."""

    LANGUAGE = "language"
    PAUSE = "pause"
    RESUME = "resume"
    ZONE = "zone"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


class Wish(BaseModel):
    """What a form sends. ``days`` of none means: until the reader resumes."""

    change: Change
    language: str = ""
    zone: str = ""
    days: Annotated[int, Field(ge=0, le=LONGEST_PAUSE)] = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """From where and when a wish came."""

    origin: Origin
    now: datetime


@router.get("/preferences/{token}")
def show_preferences(door: Door, request: Request, token: str, done: str = "") -> Response:
    """Show what the reader chose; ``done`` is the change that was just made."""
    with door.services.database.transaction() as connection:
        bearer = read_bearer(door, request, connection, token, Purpose.PREFERENCES)
    zones = zones_by_region(bearer.reader.zone) if bearer.newsletter.reader_hours else {}
    return bearer.show("public/preferences.html", token=token, done=done, zones=zones)


@router.post("/preferences/{token}")
def change_preferences(
    door: Door, request: Request, after: BackgroundTasks, token: str, wish: Annotated[Wish, Form()]
) -> Response:
    """Change one thing, and show the page again."""
    moment = Moment(Origin("preferences", network_of(request)), door.now())
    try:
        with door.services.database.transaction() as connection:
            bearer = read_bearer(door, request, connection, token, Purpose.PREFERENCES)
            bells = _CHANGES[wish.change](connection, bearer.reader, wish, moment)
    except SettingsError as error:
        # No form of ours offers it.
        raise HTTPException(422) from error
    # After the answer, as at the box: how long it takes tells nothing.
    after.add_task(door.services.ringer.ring, bells)
    match wish.change:
        case Change.UNSUBSCRIBE:
            return bearer.go(bearer.path(Purpose.UNSUBSCRIBE))
        case Change.LANGUAGE:
            # The page speaks it too, whatever was chosen for the page before.
            return door.pages.go(f"/preferences/{token}?done={wish.change}")
        case _:
            return bearer.go(f"/preferences/{token}", done=wish.change)


def _language(connection: sa.Connection, reader: Preferences, wish: Wish, moment: Moment) -> list[Bell]:
    choose_language(connection, reader.id, wish.language, moment.origin, moment.now)
    return []


def _zone(connection: sa.Connection, reader: Preferences, wish: Wish, moment: Moment) -> list[Bell]:
    choose_zone(connection, reader.id, wish.zone, moment.origin, moment.now)
    return []


def _pause(connection: sa.Connection, reader: Preferences, wish: Wish, moment: Moment) -> list[Bell]:
    pause(connection, reader.id, wish.days or None, moment.origin, moment.now)
    return []


def _resume(connection: sa.Connection, reader: Preferences, _: Wish, moment: Moment) -> list[Bell]:
    resume(connection, reader.id, moment.origin, moment.now)
    return []


def _subscribe(connection: sa.Connection, reader: Preferences, _: Wish, moment: Moment) -> list[Bell]:
    owed = request_subscription(connection, reader.newsletter_id, reader.address, moment.origin, moment.now)
    return [] if owed is None else [Bell(TaskName.SUBMIT_CONFIRMATION, owed)]


def _unsubscribe(connection: sa.Connection, reader: Preferences, _: Wish, moment: Moment) -> list[Bell]:
    unsubscribe(connection, reader.id, Origin("page", moment.origin.network), moment.now)
    return [Bell(TaskName.SUBMIT_LETTER, each) for each in due_letters(connection, moment.now, reader.id)]


_CHANGES = {
    Change.LANGUAGE: _language,
    Change.PAUSE: _pause,
    Change.RESUME: _resume,
    Change.ZONE: _zone,
    Change.SUBSCRIBE: _subscribe,
    Change.UNSUBSCRIBE: _unsubscribe,
}
