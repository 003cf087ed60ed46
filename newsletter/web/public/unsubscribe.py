"""The way out: one POST leaves (RFC 8058), from a mail program's button or from ours. GET changes nothing.

Our page offers less mail before none, and for an hour the way back; neither stands between a reader and the door.
"""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Request
from starlette.responses import Response

from newsletter.bell import Bell, TaskName
from newsletter.readers.letters import due_letters
from newsletter.readers.preferences import come_back
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import unsubscribe
from newsletter.readers.tables import SubscriptionState
from newsletter.tokens import Purpose
from newsletter.web.doorway import Door, network_of
from newsletter.web.public.bearer import Bearer, get_bearer, read_bearer
from newsletter.web.public.offered import read_sections

router = APIRouter()


@router.get("/unsubscribe/{token}")
def show_button(door: Door, request: Request, token: str) -> Response:
    """Show whose subscription to what the button ends; to who has left already, that they have."""
    with door.services.database.transaction() as connection:
        bearer = read_bearer(door, request, connection, token, Purpose.UNSUBSCRIBE)
        has_sections = bool(read_sections(connection, bearer.newsletter, bearer.reader, door.now()))
    return _page(bearer, token, has_sections=has_sections)


@router.post("/unsubscribe/{token}")
def press_button(
    door: Door,
    request: Request,
    after: BackgroundTasks,
    token: str,
    pressed_on: Annotated[str, Query(alias="from")] = "",
) -> Response:
    """End the subscription, without cookie, login or redirect.

    The form ``List-Unsubscribe=One-Click`` (RFC 8058 §3.2) is not read: the token alone says what is meant, and
    a mail program that encodes the form its own way must still be able to let its reader go. Who presses our
    page's button, whose address ends in ``?from=page``, is told by mail that it worked.
    """
    subscription_id, _ = door.services.tokens.read(token, Purpose.UNSUBSCRIBE, door.now())
    with door.services.database.transaction() as connection:
        origin = Origin("page" if pressed_on == "page" else "one-click", network_of(request))
        found = unsubscribe(connection, subscription_id, origin, door.now())
        owed = due_letters(connection, door.now(), found.id)
        bearer = get_bearer(door, request, connection, found.id)
    after.add_task(door.services.ringer.ring, [Bell(TaskName.SUBMIT_LETTER, each) for each in owed])
    return _page(bearer, token)


@router.post("/unsubscribe/{token}/undo")
def undo(door: Door, request: Request, token: str) -> Response:
    """Let who has just left by this very link stay after all."""
    with door.services.database.transaction() as connection:
        bearer = read_bearer(door, request, connection, token, Purpose.UNSUBSCRIBE)
        come_back(connection, bearer.reader.id, Origin("undo", network_of(request)), door.now())
    return bearer.go(bearer.path(Purpose.PREFERENCES), done="undo")


def _page(bearer: Bearer, token: str, *, has_sections: bool = False) -> Response:
    has_left = bearer.reader.state is SubscriptionState.UNSUBSCRIBED
    name = "unsubscribed" if has_left else "unsubscribe"
    undo_path = f"/unsubscribe/{token}/undo" if bearer.reader.may_come_back(bearer.door.now()) else ""
    return bearer.show(f"public/{name}.html", undo_path=undo_path, has_sections=has_sections)
