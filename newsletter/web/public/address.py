"""A change of address, as each of its two mailboxes sees it: who asks, one button, and what is still missing.

What the new mailbox sees names no old address: it may have been asked by mistake. GET changes nothing.
"""

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.readers.address_changes import Change, get_side
from newsletter.readers.moving import agree
from newsletter.readers.store import Origin
from newsletter.tokens import Purpose
from newsletter.web.doorway import Door, Doorway, network_of
from newsletter.web.public.bearer import Bearer, get_bearer

router = APIRouter()


@router.get("/address/{token}")
def show_change(door: Door, request: Request, token: str) -> Response:
    """Show the change and its button; to who has agreed already, whether it is done."""
    with door.services.database.transaction() as connection:
        change, bearer = _read(door, request, connection, token)
    return bearer.show("public/address.html", change=change)


@router.post("/address/{token}")
def press_button(door: Door, request: Request, token: str) -> Response:
    """Agree for this mailbox; with the other's word the change is made."""
    with door.services.database.transaction() as connection:
        change, bearer = _read(door, request, connection, token)
        agree(connection, change.id, Origin("address", network_of(request)), door.now())
    return bearer.go(f"/address/{token}")


def _read(door: Doorway, request: Request, connection: sa.Connection, token: str) -> tuple[Change, Bearer]:
    side_id, _ = door.services.tokens.read(token, Purpose.ADDRESS, door.now())
    change = get_side(connection, side_id)
    return change, get_bearer(door, request, connection, change.subscription_id)
