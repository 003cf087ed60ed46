"""The alarm for an edition that too many readers report as spam: operators refuse mail at such a rate."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition.tables import edition
from newsletter.inbound.report.reported import Kind, Reason
from newsletter.inbound.tables import report
from newsletter.publication.tables import newsletter
from newsletter.schedule.alarms import Cause, end_alarms, raise_alarm
from newsletter.schedule.tables import AlarmKind, alarm

LEAST_ACCEPTED = 1000
"""Messages of an edition below which a rate says nothing."""

MOST_IN = 1000
"""One complaint in so many messages is the most that Google wants to see (0.1 %)."""

LOOKED_BACK = timedelta(days=7)


def watch_complaints(connection: sa.Connection, now: datetime) -> None:
    """Raise an alarm for each edition with too many complaints, and end those about whose edition none comes."""
    name = newsletter.c.slug.concat("/").concat(edition.c.key)
    complaints = sa.func.count(sa.distinct(report.c.subscriber_id)).label("complaints")
    query = (
        sa.select(edition.c.id, edition.c.newsletter_id, name.label("name"), complaints)
        .join_from(report, edition, edition.c.id == report.c.edition_id)
        .join(newsletter, newsletter.c.id == edition.c.newsletter_id)
        .where(report.c.reported_at > now - LOOKED_BACK)
        .where(report.c.kind == Kind.COMPLAINT, report.c.reason != Reason.AUTHENTICATION)
        .group_by(edition.c.id, name)
        .having(complaints * MOST_IN > LEAST_ACCEPTED)
    )
    about = []
    for row in connection.execute(query).all():
        about.append(row.name)
        accepted = _accepted(connection, row.id, row.complaints * MOST_IN)
        if LEAST_ACCEPTED <= accepted < row.complaints * MOST_IN:
            told = (
                f"{row.complaints} readers of {row.name} reported it as spam, of {accepted} messages that were"
                f" accepted ({row.complaints / accepted:.2%}). Operators refuse senders above 0.1 %. The reports:"
                " Reports in the console."
            )
            raise_alarm(connection, Cause(AlarmKind.COMPLAINTS, row.name, told, row.newsletter_id), now)
    end_alarms(connection, sa.and_(alarm.c.kind == AlarmKind.COMPLAINTS, alarm.c.about.not_in(about)), now)


def _accepted(connection: sa.Connection, edition_id: int, most: int) -> int:
    """Return how many messages were accepted; once there are ``most`` it is of no interest how many more."""
    one = sa.select(sa.literal(1)).where(
        delivery.c.edition_id == edition_id, delivery.c.state == DeliveryState.ACCEPTED
    )
    counted = sa.select(sa.func.count()).select_from(one.limit(most).subquery())
    return int(connection.execute(counted).scalar_one())
