"""The way in: a link from the mail shows a page, and only the page's button confirms.

GET changes nothing, because scanners follow every link of a mail before its reader does.
"""

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.publication.newsletters import get_newsletter_by_id
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import confirm, get_subscription
from newsletter.tokens import Purpose
from newsletter.web.doorway import Door, network_of

router = APIRouter()


@router.get("/confirm/{token}")
def show_button(door: Door, token: str) -> Response:
    """Show whose subscription to what waits for the button."""
    claim = door.services.tokens.read(token, Purpose.CONFIRM, door.now())
    with door.services.database.transaction() as connection:
        found = get_subscription(connection, claim[0])
        newsletter = get_newsletter_by_id(connection, found.newsletter_id)
    return door.pages.show("public/confirm.html", newsletter=newsletter, address=found.address)


@router.post("/confirm/{token}")
def press_button(door: Door, request: Request, token: str) -> Response:
    """Confirm, and send the browser to an address without the token."""
    claim = door.services.tokens.read(token, Purpose.CONFIRM, door.now())
    with door.services.database.transaction() as connection:
        confirm(connection, claim, Origin("link", network_of(request)), door.now())
    return door.pages.go("/confirmed")


@router.get("/confirmed")
def show_confirmed(door: Door) -> Response:
    """Say that it worked, naming nobody."""
    return door.pages.show("public/confirmed.html")
