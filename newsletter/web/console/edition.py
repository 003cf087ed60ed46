"""An edition in the console: where it stands, why these articles, and exactly what a reader sees."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from newsletter.delivery.states import DeliveryState
from newsletter.edition import store
from newsletter.edition.choosing.runs import left_out
from newsletter.edition.states import MOVES, EditionState
from newsletter.insight.figures import count_newcomers
from newsletter.insight.returns import count_reports
from newsletter.preflight.store import find_check
from newsletter.publication.newsletters import get_newsletter_by_id
from newsletter.web.console.guard import Visitor
from newsletter.web.console.previews import PREHEADER_SHOWN, SUBJECT_SHOWN, kinds, previews
from newsletter.web.console.progress import measure
from newsletter.web.doorway import Door

router = APIRouter()

# In the order of the bar: what is through first, what has yet to begin last.
_SHOWN_STATES = [
    DeliveryState.ACCEPTED,
    *(state for state in DeliveryState if state not in {DeliveryState.ACCEPTED, DeliveryState.PENDING}),
    DeliveryState.PENDING,
]
_MOST_LEFT_OUT = 15
_AGAIN = frozenset({EditionState.SKIPPED, EditionState.FAILED, EditionState.MISSED})


@router.get("/editions/{edition_id}")
def show_edition(door: Door, visit: Visitor, edition_id: int) -> Response:
    """Show one edition with the buttons that its state allows."""
    with door.services.database.transaction() as connection:
        edition = store.get_edition(connection, edition_id)
        values: dict[str, Any] = {
            "newsletter": get_newsletter_by_id(connection, edition.newsletter_id),
            "progress": measure(connection, edition),
            "articles": store.list_edition_articles(connection, edition.id),
            "buttons": buttons(edition.state, count_newcomers(connection, edition)),
            "previews": previews(connection, edition.id, door.public_url),
            "left_out": left_out(connection, edition.id, _MOST_LEFT_OUT),
            "preflight": find_check(connection, edition),
            "reports": count_reports(connection, edition.id),
        }
    shown: dict[str, Any] = {"subject_shown": SUBJECT_SHOWN, "preheader_shown": PREHEADER_SHOWN, "kinds": kinds()}
    return door.pages.show(
        "console/edition.html", visit=visit, edition=edition, states=_SHOWN_STATES, **values, **shown
    )


def buttons(state: EditionState, newcomers: int) -> dict[str, str]:
    """Return the buttons that a state allows: the action of each, and what it says. Pure."""
    shown = {}
    if state is EditionState.READY:
        shown["send-now"] = "Send now"
    elif state is EditionState.DONE and newcomers:
        shown["send-now"] = f"Send now to {newcomers} new {'reader' if newcomers == 1 else 'readers'}"
    elif state in _AGAIN:
        shown["send-now"] = "Try again now"
    if state is EditionState.SENDING:
        shown["pause"] = "Pause"
    if state is EditionState.PAUSED:
        shown["resume"] = "Resume"
    if EditionState.CANCELLED in MOVES[state]:
        shown["cancel"] = "Cancel for good"
    return shown
