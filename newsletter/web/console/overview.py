"""The console's first page: what is due, who reads, what went out, how the sources do."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.responses import Response

from newsletter.edition.store import list_editions
from newsletter.gather.polling.sources import source_ids_of
from newsletter.insight.figures import SourceHealth, count_subscriptions, source_health
from newsletter.publication.calendar import next_due_at
from newsletter.publication.newsletters import Newsletter, list_newsletters
from newsletter.readers.tables import SubscriptionState
from newsletter.schedule.alarms import alarms_in_force
from newsletter.schedule.judge import judge
from newsletter.web.console.guard import Visitor
from newsletter.web.doorway import Door

router = APIRouter()
_LATEST = 15
_SHOWN_STATES = (
    SubscriptionState.ACTIVE,
    SubscriptionState.UNCONFIRMED,
    SubscriptionState.PAUSED,
    SubscriptionState.UNSUBSCRIBED,
)


@dataclass(frozen=True, slots=True)
class NewsletterPanel:
    """A newsletter on the overview; ``next_due_at`` is None when it is sent by hand only."""

    newsletter: Newsletter
    next_due_at: datetime | None
    readers: dict[SubscriptionState, int]
    sources: list[SourceHealth]


@router.get("")
def show_overview(door: Door, visit: Visitor) -> Response:
    """Show everything at a glance."""
    now = door.now()
    with door.services.database.transaction() as connection:
        panels = [_panel(connection, each, now) for each in list_newsletters(connection)]
        alarms = alarms_in_force(connection)
        editions = [(each, judge(connection, each)) for each in list_editions(connection, _LATEST)]
    return door.pages.show(
        "console/overview.html", visit=visit, alarms=alarms, panels=panels, editions=editions, now=now
    )


def _panel(connection: sa.Connection, newsletter: Newsletter, now: datetime) -> NewsletterPanel:
    counts = count_subscriptions(connection, newsletter.id)
    return NewsletterPanel(
        newsletter,
        next_due_at(newsletter, now) if newsletter.scheduled else None,
        {state: counts.get(state, 0) for state in _SHOWN_STATES},
        source_health(connection, source_ids_of(connection, newsletter.id)),
    )
