"""What came back lately: bounces and complaints, of whom, why, and what followed."""

from fastapi import APIRouter
from starlette.responses import Response

from newsletter.insight.returns import latest_reports
from newsletter.web.console.guard import Visitor
from newsletter.web.doorway import Door

router = APIRouter()
_LATEST = 100


@router.get("/reports")
def show_reports(door: Door, visit: Visitor) -> Response:
    """Show the latest reports."""
    with door.services.database.transaction() as connection:
        reports = latest_reports(connection, _LATEST)
    limit = door.services.settings.bounce_limit
    return door.pages.show("console/reports.html", visit=visit, reports=reports, limit=limit)
