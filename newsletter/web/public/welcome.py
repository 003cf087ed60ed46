"""The latest edition at once: offered to who has just confirmed, and to every reader by their own link.

GET shows which edition it is, its button's POST plans one delivery of it, and once is enough.
"""

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.bell import Bell, TaskName
from newsletter.delivery.today import Standing, find_today, send_today
from newsletter.tokens import Purpose
from newsletter.web.doorway import Door, Doorway
from newsletter.web.public.bearer import read_bearer

router = APIRouter()

_PAGES = {Purpose.WELCOME: "welcome", Purpose.PREFERENCES: "today"}
"""What a token of that purpose opens here, in addresses as in templates."""


@router.get("/welcome/{token}")
def show_welcome(door: Door, request: Request, token: str) -> Response:
    """Say that confirming worked. The address is good for an hour, and for nothing but this."""
    return _show(door, request, token, Purpose.WELCOME)


@router.post("/welcome/{token}")
def press_welcome_button(door: Door, request: Request, token: str) -> Response:
    """Mail the latest edition to who has just confirmed."""
    return _send(door, request, token, Purpose.WELCOME)


@router.get("/today/{token}")
def show_today(door: Door, request: Request, token: str) -> Response:
    """Show the latest edition, and whether it is there, on its way or to be had."""
    return _show(door, request, token, Purpose.PREFERENCES)


@router.post("/today/{token}")
def press_button(door: Door, request: Request, token: str) -> Response:
    """Mail the latest edition to this reader."""
    return _send(door, request, token, Purpose.PREFERENCES)


def _show(door: Doorway, request: Request, token: str, purpose: Purpose) -> Response:
    with door.services.database.transaction() as connection:
        bearer = read_bearer(door, request, connection, token, purpose)
        today = find_today(connection, bearer.reader, door.now())
    return bearer.show(f"public/{_PAGES[purpose]}.html", token=token, today=today)


def _send(door: Doorway, request: Request, token: str, purpose: Purpose) -> Response:
    with door.services.database.transaction() as connection:
        bearer = read_bearer(door, request, connection, token, purpose)
        today = send_today(connection, bearer.reader, door.now())
    if today is not None and today.standing is Standing.ON_ITS_WAY:
        door.services.ringer.ring([Bell(TaskName.ADVANCE_EDITION, today.edition.id)])
    return bearer.go(f"/{_PAGES[purpose]}/{token}")
