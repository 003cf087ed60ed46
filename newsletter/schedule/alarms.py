"""Alarms: what an operator must be told though nobody asked, each raised once for what it is about."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter import log
from newsletter.schedule.tables import AlarmKind, alarm

_log = log.get("schedule")

URGENT = frozenset({AlarmKind.NO_VERDICT, AlarmKind.TICK})
"""Kinds that say that nothing works; the others tell of what happened."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as stored. ``newsletter_id`` of None means the whole installation."""

    id: int
    newsletter_id: int | None
    kind: AlarmKind
    about: str
    reason: str
    raised_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Cause:
    """What an alarm is about: the same kind of thing about the same thing is told once.

    With ``may_return`` it is told again once it had ended.
    """

    kind: AlarmKind
    about: str
    reason: str
    newsletter_id: int | None = None
    may_return: bool = False


def raise_alarm(connection: sa.Connection, cause: Cause, now: datetime, *, is_mailed: bool = True) -> bool:
    """Raise an alarm, unless the same was raised before (``Cause.may_return``); return whether this call did."""
    row = insert(alarm).values(
        newsletter_id=cause.newsletter_id,
        kind=cause.kind,
        about=cause.about,
        reason=cause.reason,
        raised_at=now,
        mail_due_at=now if is_mailed else None,
    )
    anew = {name: row.excluded[name] for name in ("reason", "raised_at", "ended_at", "mail_due_at")}
    raised = connection.execute(
        row.on_conflict_do_update(
            index_elements=["kind", "about"],
            set_={**anew, "mail_attempts": 0, "mail_settled": sa.text("'{}'")},
            where=sa.and_(alarm.c.ended_at.is_not(None), sa.literal(cause.may_return)),
        ).returning(alarm.c.id)
    ).one_or_none()
    if raised is not None:
        _log.error("alarm_raised", alarm_id=raised.id, kind=cause.kind, about=cause.about, reason=cause.reason)
    return raised is not None


def end_alarms(connection: sa.Connection, which: sa.ColumnElement[bool], now: datetime) -> None:
    """End the alarms in force of which the condition is true; one that was not mailed yet still is."""
    ended = sa.update(alarm).where(alarm.c.ended_at.is_(None), which).values(ended_at=now)
    for row in connection.execute(ended.returning(alarm.c.id, alarm.c.kind)).all():
        _log.info("alarm_ended", alarm_id=row.id, kind=row.kind)


def alarms_in_force(connection: sa.Connection) -> list[Alarm]:
    """Return the alarms that have not ended, the latest first."""
    query = sa.select(*(alarm.c[name] for name in Alarm.__dataclass_fields__)).where(alarm.c.ended_at.is_(None))
    return [_alarm(row) for row in connection.execute(query.order_by(alarm.c.id.desc()))]


def find_alarm(connection: sa.Connection, alarm_id: int) -> Alarm | None:
    """Return an alarm, or None."""
    query = sa.select(*(alarm.c[name] for name in Alarm.__dataclass_fields__)).where(alarm.c.id == alarm_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _alarm(row)


def due_alarms(connection: sa.Connection, now: datetime) -> list[int]:
    """Return the alarms that have to be mailed now."""
    query = sa.select(alarm.c.id).where(alarm.c.mail_due_at <= now)
    return list(connection.execute(query.order_by(alarm.c.mail_due_at)).scalars())


def _alarm(row: sa.Row[tuple[object, ...]]) -> Alarm:
    values = dict(row._mapping)  # noqa: SLF001 — SQLAlchemy's documented name for a row as a mapping
    return Alarm(**{**values, "kind": AlarmKind(values["kind"])})
