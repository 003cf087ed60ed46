"""How far a sending is, in numbers that add up, for the page and for its script."""

from dataclasses import dataclass

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.responses import JSONResponse

from newsletter.delivery.states import OPEN, DeliveryState
from newsletter.edition.states import UNFINISHED, EditionState
from newsletter.edition.store import Edition, get_edition
from newsletter.insight.figures import count_deliveries, count_exclusions
from newsletter.schedule.verdict import Verdict, give_verdict
from newsletter.web.console.guard import Visitor
from newsletter.web.doorway import Door

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Progress:
    """An edition at one instant; the values of ``deliveries`` add up to the audience."""

    state: EditionState
    verdict: Verdict
    deliveries: dict[DeliveryState, int]
    exclusions: dict[str, int]

    @property
    def audience(self) -> int:
        """How many readers the edition goes to."""
        return sum(self.deliveries.values())

    @property
    def settled(self) -> int:
        """For how many of them it is known how it went."""
        return sum(count for state, count in self.deliveries.items() if state not in OPEN)

    @property
    def is_moving(self) -> bool:
        """Whether something may still change by itself."""
        return self.state in UNFINISHED and self.state is not EditionState.PAUSED


@router.get("/editions/{edition_id}/progress")
def show_progress(door: Door, edition_id: int, _visit: Visitor) -> JSONResponse:
    """Return the progress of an edition."""
    with door.services.database.transaction() as connection:
        progress = measure(connection, get_edition(connection, edition_id))
    return JSONResponse(
        {
            "state": progress.state,
            "verdict": {"kind": progress.verdict.kind, "reason": progress.verdict.reason},
            "audience": progress.audience,
            "settled": progress.settled,
            "deliveries": {state: progress.deliveries.get(state, 0) for state in DeliveryState},
            "exclusions": progress.exclusions,
            "is_moving": progress.is_moving,
        }
    )


def measure(connection: sa.Connection, edition: Edition) -> Progress:
    """Count an edition's deliveries and judge it by the same count."""
    deliveries = count_deliveries(connection, edition.id)
    verdict = give_verdict(edition.state, edition.reason, deliveries)
    return Progress(edition.state, verdict, deliveries, count_exclusions(connection, edition.id))
