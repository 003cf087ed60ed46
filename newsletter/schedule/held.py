"""The alarm for articles that are held because they look like an import: only an editor can let them go."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.gather.polling.imports import LOOKED_BACK, HeldImport, held_imports
from newsletter.publication.newsletters import list_newsletters
from newsletter.schedule.alarms import Cause, end_alarms, raise_alarm
from newsletter.schedule.tables import AlarmKind, alarm


def watch_imports(connection: sa.Connection, now: datetime) -> None:
    """Raise an alarm for each import of which articles are held, and end those of which none is any more."""
    slugs = {each.id: each.slug for each in list_newsletters(connection)}
    in_force = sa.select(alarm.c.about).where(alarm.c.kind == AlarmKind.IMPORT, alarm.c.ended_at.is_(None))
    moments = [_moment_of(about) for about in connection.execute(in_force).scalars()]
    held = {
        _about(slugs[each.newsletter_id], each): each
        for each in held_imports(connection, now - LOOKED_BACK, moments)
    }
    for about, each in held.items():
        slug = slugs[each.newsletter_id]
        reason = (
            f"{each.articles} articles that came at {each.at:%Y-%m-%d %H:%M} UTC look like an import and are held."
            f" If they are news: newsletter sources release {slug} {each.url}"
        )
        raise_alarm(connection, Cause(AlarmKind.IMPORT, about, reason, each.newsletter_id), now)
    end_alarms(connection, sa.and_(alarm.c.kind == AlarmKind.IMPORT, alarm.c.about.not_in(held)), now)


def _about(slug: str, held: HeldImport) -> str:
    return f"{slug} {held.url} {held.at.isoformat()}"


def _moment_of(about: str) -> datetime:
    return datetime.fromisoformat(about.rpartition(" ")[2])
