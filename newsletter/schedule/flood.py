"""The alarm for more sign-ups than confirmations may leave: a crowd of readers, or a flood of the form."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.correspondence.confirmation import confirmation_queue
from newsletter.schedule.alarms import Cause, end_alarms, raise_alarm
from newsletter.schedule.tables import AlarmKind, alarm


def watch_sign_ups(connection: sa.Connection, now: datetime) -> None:
    """Raise the alarm where confirmations wait for room, once for as long as they do; end it when none waits."""
    queue = confirmation_queue(connection, now)
    of_kind = alarm.c.kind == AlarmKind.SIGN_UPS
    if queue.until is None:
        end_alarms(connection, of_kind, now)
        return
    in_force = sa.exists().where(of_kind, alarm.c.ended_at.is_(None))
    if connection.execute(sa.select(in_force)).scalar_one():
        return
    reason = (
        f"{queue.count} confirmations wait because more were asked for than CONFIRMATIONS_PER_HOUR lets go; the"
        f" last leaves at {queue.until:%Y-%m-%d %H:%M} UTC. If these are readers, raise it; if the form is"
        " flooded, SIGN_UP_WORK makes that dear."
    )
    # Two who look at once name the same hour: it is told once.
    raise_alarm(connection, Cause(AlarmKind.SIGN_UPS, f"{now:%Y-%m-%dT%H}", reason), now)
