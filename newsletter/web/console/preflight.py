"""The console's two buttons beside what was found before a sending: check again, and send anyway."""

from fastapi import APIRouter
from starlette.responses import Response

from newsletter.bell import Bell, TaskName
from newsletter.edition.states import EditionState
from newsletter.edition.store import lock_edition
from newsletter.preflight.store import overrule
from newsletter.schedule.request import ask_again
from newsletter.web.console.guard import Visitor
from newsletter.web.doorway import Door

router = APIRouter()


@router.post("/editions/{edition_id}/check-again")
def check_again(door: Door, edition_id: int, _visit: Visitor) -> Response:
    """Have what readers would get looked at once more. Raises ConflictError unless the edition is ready."""
    with door.services.database.transaction() as connection:
        lock_edition(connection, edition_id, EditionState.READY)
    door.services.ringer.ring([Bell(TaskName.PREFLIGHT_EDITION, edition_id)])
    return door.pages.go(f"/console/editions/{edition_id}")


@router.post("/editions/{edition_id}/send-anyway")
def send_anyway(door: Door, visit: Visitor, edition_id: int) -> Response:
    """Send an edition whatever was found of it. Raises ConflictError unless it is ready."""
    now = door.now()
    with door.services.database.transaction() as connection:
        edition = lock_edition(connection, edition_id, EditionState.READY)
        overrule(connection, edition, visit.address, now)
        answer = ask_again(connection, edition_id, edition.subscription_ids, visit.address, now)
    door.services.ringer.ring(answer.bells)
    return door.pages.go(f"/console/editions/{edition_id}")
