"""The verdict on an edition, from its rows as they stand."""

import sqlalchemy as sa

from newsletter.edition.store import Edition
from newsletter.insight.figures import count_deliveries
from newsletter.schedule.verdict import Verdict, give_verdict


def judge(connection: sa.Connection, edition: Edition) -> Verdict:
    """Return the verdict on an edition as it stands."""
    return give_verdict(edition.state, edition.reason, count_deliveries(connection, edition.id))
