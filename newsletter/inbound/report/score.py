"""What a report does to a reader's standing: one point a day for what may pass, the end for what will not. Pure.

As Mailman does it: a mailbox that is full today is mailed tomorrow, one that is full for days is not, and what was
long ago is forgotten. Who complained, and an address that will never work, are mailed no more at once.
"""

from datetime import date, timedelta
from typing import NamedTuple

from newsletter.inbound.report.reported import Action, Kind, Reported
from newsletter.readers.tables import SuppressionReason

POINT = 1.0
"""What a transient bounce adds, at most once a day."""

STALE_AFTER = timedelta(days=14)
"""How long points are kept after the last one."""

REST = timedelta(days=90)
"""How long an address rests whose points reached the limit; then it is tried again."""


class Standing(NamedTuple):
    """A reader's points, and the day of the last one in UTC."""

    points: float = 0.0
    bounced_on: date | None = None


class Ruling(NamedTuple):
    """What follows: the new standing, what was added, and why the address is suppressed, or None.

    ``rest`` is how long it is suppressed; None is for good.
    """

    standing: Standing
    added: float = 0.0
    suppresses: SuppressionReason | None = None
    rest: timedelta | None = None


def rule(standing: Standing, reported: Reported, today: date, limit: float) -> Ruling:
    """Return what a report does to a reader's standing on a day.

    ``limit`` is with how many points the address is suppressed. A delay, and a refusal of ourselves, add none.
    """
    if reported.ends_mail:
        is_complaint = reported.kind is Kind.COMPLAINT
        reason = SuppressionReason.COMPLAINT if is_complaint else SuppressionReason.BOUNCE
        return Ruling(standing, suppresses=reason)
    if not _counts(reported):
        return Ruling(standing)
    last = standing.bounced_on
    # A clock that was set back gives no second point.
    added = POINT if last is None or last < today else 0.0
    is_stale = last is not None and today - last > STALE_AFTER
    points = (0.0 if is_stale else standing.points) + added
    now = Standing(points, today if added else last)
    if points < limit:
        return Ruling(now, added)
    return Ruling(now, added, SuppressionReason.BOUNCE, REST)


def _counts(reported: Reported) -> bool:
    is_delayed = reported.action is Action.DELAYED
    return reported.kind is Kind.TRANSIENT and not is_delayed and not reported.is_our_fault
