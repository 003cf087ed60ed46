"""A reader's own page: what comes, when, where to, their data, leaving. Its link stands in every mail; no login.

GET shows, because scanners follow every link of a mail; POST grants one wish (``wishes``) and sends the browser
back (RFC 9110 §9.2.1, §15.4.4). Each group of the page is a form, named by the change that it makes.
"""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from newsletter.errors import AddressError, SettingsError
from newsletter.readers.store import Origin
from newsletter.tokens import Purpose
from newsletter.web.doorway import Door, Doorway, network_of
from newsletter.web.public.bearer import read_bearer
from newsletter.web.public.offered import read_offered
from newsletter.web.public.wishes import Change, Moment, Wish, grant

router = APIRouter()


@router.get("/preferences/{token}")
def show_preferences(door: Door, request: Request, token: str) -> Response:
    """Show what the reader chose; ``?done=`` is the change that was made, ``?open=`` the group that is open."""
    return _show(door, request, token)


@router.post("/preferences/{token}")
def change_preferences(
    door: Door, request: Request, after: BackgroundTasks, token: str, wish: Annotated[Wish, Form()]
) -> Response:
    """Grant one wish, and show the page again."""
    moment = Moment(Origin("preferences", network_of(request)), door.now(), door.services.gate)
    try:
        with door.services.database.transaction() as connection:
            bearer = read_bearer(door, request, connection, token, Purpose.PREFERENCES)
            bells = grant(connection, bearer.reader, wish, moment)
    except AddressError as error:
        return _show(door, request, token, str(error), wish.address)
    except SettingsError as error:
        # No form of ours offers it.
        raise HTTPException(422) from error
    # After the answer, as at the box: how long it takes tells nothing.
    after.add_task(door.services.ringer.ring, bells)
    match wish:
        case Wish(change=Change.UNSUBSCRIBE):
            return bearer.go(bearer.path(Purpose.UNSUBSCRIBE))
        case Wish(language=str()):
            # The page speaks it too, whatever was chosen for the page before.
            return door.pages.go(f"/preferences/{token}?done={wish.change}")
        case _:
            return bearer.go(f"/preferences/{token}", done=wish.change)


def _show(door: Doorway, request: Request, token: str, fault: str = "", address: str = "") -> Response:
    """Return the page; with a ``fault`` of the new ``address`` that was sent, in its group."""
    with door.services.database.transaction() as connection:
        bearer = read_bearer(door, request, connection, token, Purpose.PREFERENCES)
        phrases = door.pages.phrases(bearer.tongue)
        offered = read_offered(connection, bearer.newsletter, bearer.reader, phrases, door.now())
    unfit = phrases.gettext("That is not an address we can mail. Check it for a slip.")
    return bearer.show(
        "public/preferences.html",
        422 if fault else 200,
        token=token,
        done=request.query_params.get("done", ""),
        offered=offered,
        opened=Change.ADDRESS if fault else request.query_params.get("open", ""),
        fault=phrases.told(fault, unfit),
        new_address=address,
    )
