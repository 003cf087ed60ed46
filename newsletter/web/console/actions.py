"""The console's buttons: each one transaction through a use case, its bells rung after the commit.

Whoever presses second meets ConflictError, which is a page with status 409.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.responses import Response

from newsletter.bell import Bell, TaskName
from newsletter.delivery import control
from newsletter.edition.plan import EditionRequest
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_edition
from newsletter.errors import ConflictError
from newsletter.publication.newsletters import get_newsletter
from newsletter.schedule.checking import refuse_held
from newsletter.schedule.request import ask_again, request_edition
from newsletter.web.console.guard import Visitor
from newsletter.web.doorway import Door, Doorway

router = APIRouter()

_MENDS = {
    EditionState.PAUSED: "Resume it on its page.",
    EditionState.CANCELLED: "A cancelled edition stays cancelled; tomorrow has one of its own.",
}


@router.post("/newsletters/{slug}/send-now")
def send_today(door: Door, visit: Visitor, slug: str) -> Response:
    """Ask for the edition of the newsletter's own today."""
    now = door.now()
    with door.services.database.transaction() as connection:
        newsletter = get_newsletter(connection, slug)
        today = now.astimezone(newsletter.timezone).date()
        request = EditionRequest(newsletter.id, today, now, visit.address)
        answer = request_edition(connection, request, now)
        _refuse_stopped(connection, answer.edition_id)
    return _seen(door, answer.edition_id, answer.bells)


@router.post("/editions/{edition_id}/send-now")
def send_edition(door: Door, visit: Visitor, edition_id: int) -> Response:
    """Ask for an edition again: sent when ready, or to readers who joined since, or tried anew."""
    with door.services.database.transaction() as connection:
        found = get_edition(connection, edition_id)
        refuse_held(connection, found)
        answer = ask_again(connection, found.id, found.subscription_ids, visit.address, door.now())
        _refuse_stopped(connection, found.id)
    return _seen(door, found.id, answer.bells)


@router.post("/editions/{edition_id}/pause")
def pause(door: Door, visit: Visitor, edition_id: int) -> Response:
    """Begin no further message."""
    with door.services.database.transaction() as connection:
        control.pause(connection, edition_id, f"Paused by {visit.address}.")
    return _seen(door, edition_id)


@router.post("/editions/{edition_id}/resume")
def resume(door: Door, edition_id: int) -> Response:
    """Go on where it was paused."""
    with door.services.database.transaction() as connection:
        control.resume(connection, edition_id)
    return _seen(door, edition_id, [Bell(TaskName.ADVANCE_EDITION, edition_id)])


@router.post("/editions/{edition_id}/cancel")
def cancel(door: Door, visit: Visitor, edition_id: int) -> Response:
    """End it for good."""
    with door.services.database.transaction() as connection:
        control.cancel(connection, edition_id, f"Cancelled by {visit.address}.", door.now())
    return _seen(door, edition_id)


def _refuse_stopped(connection: sa.Connection, edition_id: int) -> None:
    """Raise ConflictError for an edition that somebody stopped: asking does not start it again."""
    found = get_edition(connection, edition_id)
    if found.state in _MENDS:
        raise ConflictError(f"Edition {found.name} is {found.state}.", _MENDS[found.state])


def _seen(door: Doorway, edition_id: int, bells: Iterable[Bell] = ()) -> Response:
    door.services.ringer.ring(bells)
    return door.pages.go(f"/console/editions/{edition_id}")
