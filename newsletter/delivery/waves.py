"""Readers' own hours: an edition in waves, each due when it is the hour of its readers where they are.

An hour that a reader chose is met the first time that it comes; whoever chose a time zone alone is due at the
newsletter's hour there, or with the newsletter's own where that hour had come before.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from newsletter.db import Moment
from newsletter.edition.store import Edition
from newsletter.edition.tables import EditionKind
from newsletter.publication.calendar import due_at as local_due_at
from newsletter.publication.rules import is_zone
from newsletter.publication.tables import newsletter
from newsletter.readers.tables import subscription

LONGEST_WAVE = timedelta(hours=24)
"""No reader's hour is later than this after the edition's own."""

_AT_HOURS = (EditionKind.DIGEST, EditionKind.WEEKLY)
"""Editions with a time of their own: what cannot wait, and what was wrong, is told at once."""

Waves = Mapping[tuple[str, time | None], datetime]
"""When readers are due, by zone and hour, of those who are due after the edition's own time."""


def first_at(after: datetime, at: time, zone: ZoneInfo) -> datetime:
    """Return the first instant from ``after`` on, in UTC, at which a local clock shows ``at``. Pure."""
    on = after.astimezone(zone).date()
    return next(
        moment for ahead in range(3) if (moment := local_due_at(on + timedelta(days=ahead), at, zone)) >= after
    )


def find_waves(connection: sa.Connection, edition: Edition) -> Waves:
    """Return the waves of an edition; none where its newsletter keeps no readers' hours."""
    columns = newsletter.c
    query = sa.select(columns.reader_hours, columns.send_time, columns.zone)
    settings = connection.execute(query.where(columns.id == edition.newsletter_id)).one()
    if not settings.reader_hours or edition.is_for_named_readers or edition.kind not in _AT_HOURS:
        return {}
    chosen = (
        sa.select(subscription.c.zone, subscription.c.hour)
        .distinct()
        .where(subscription.c.newsletter_id == edition.newsletter_id)
        .where(sa.or_(subscription.c.zone != "", subscription.c.hour.is_not(None)))
    )
    last, waves = edition.due_at + LONGEST_WAVE, {}
    for name, hour in connection.execute(chosen):
        zone = ZoneInfo(name if is_zone(name) else settings.zone)
        if hour is not None:
            moment = first_at(edition.due_at, hour, zone)
        else:
            moment = local_due_at(edition.edition_on, settings.send_time, zone)
        if moment > edition.due_at:
            waves[name, hour] = min(moment, last)
    return waves


class WaveTable:
    """The waves as something that a query can join: ``at`` is when a subscription's copy is due."""

    def __init__(self, waves: Waves) -> None:
        """Take the waves, of which there may be none."""
        self._waves = waves
        keys = sa.literal([_key(*each) for each in waves], ARRAY(sa.Text))
        moments = sa.literal(list(waves.values()), ARRAY(Moment))
        columns = sa.column("key", sa.Text), sa.column("at", Moment)
        self._table = sa.func.unnest(keys, moments).table_valued(*columns, name="wave").render_derived()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._waves)

    @property
    def at(self) -> sa.ColumnElement[datetime]:
        """When a copy is due: at its reader's hour, at once where that has come."""
        return sa.func.greatest(sa.func.now(), self._table.c.at) if self._waves else sa.func.now()

    def join(self, source: sa.FromClause) -> sa.FromClause:
        """Return a source of subscriptions with its waves."""
        if not self._waves:
            return source
        hour = sa.func.coalesce(sa.cast(subscription.c.hour, sa.Text), "")
        key = subscription.c.zone.concat(" ").concat(hour)
        return source.outerjoin(self._table, self._table.c.key == key)


def _key(zone: str, hour: time | None) -> str:
    """Return a wave's name as PostgreSQL writes it."""
    return f"{zone} {hour.isoformat() if hour else ''}"
