"""The way in: a link from the mail shows a page, and only the page's button confirms.

GET changes nothing, because scanners follow every link of a mail before its reader does.
"""

from fastapi import APIRouter, BackgroundTasks, Request
from starlette.responses import Response

from newsletter.bell import Bell, TaskName
from newsletter.readers.letters import due_letters
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import asked_together, confirm, get_subscription
from newsletter.tokens import Purpose
from newsletter.web.doorway import Door, network_of
from newsletter.web.public.bearer import get_bearer

router = APIRouter()


@router.get("/confirm/{token}")
def show_button(door: Door, request: Request, token: str) -> Response:
    """Show whose subscription to what waits for the button."""
    number, issued_at = door.services.tokens.read(token, Purpose.CONFIRM, door.now())
    with door.services.database.transaction() as connection:
        bearer = get_bearer(door, request, connection, number)
        newsletters = asked_together(connection, get_subscription(connection, number), issued_at)
    return bearer.show("public/confirm.html", newsletters=newsletters)


@router.post("/confirm/{token}")
def press_button(door: Door, request: Request, after: BackgroundTasks, token: str) -> Response:
    """Confirm, and send the browser to an address that is good for an hour and confirms nothing."""
    claim = door.services.tokens.read(token, Purpose.CONFIRM, door.now())
    with door.services.database.transaction() as connection:
        found = confirm(connection, claim, Origin("link", network_of(request)), door.now())
        owed = due_letters(connection, door.now(), subscriber_id=found.subscriber_id)
        bearer = get_bearer(door, request, connection, found.id)
    after.add_task(door.services.ringer.ring, [Bell(TaskName.SUBMIT_LETTER, each) for each in owed])
    return bearer.go(bearer.path(Purpose.WELCOME))
