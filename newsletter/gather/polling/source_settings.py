"""What the operator chose for a source, and how it stands: the rows behind ``newsletter sources``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.gather.polling.imports import count_held
from newsletter.gather.tables import SourceKind, SourceState, source

_CHOSEN = {"kind", "selector", "reads_pages", "profile"}
_READ_ANEW = {"kind", "selector"}
"""What makes the same bytes mean something else."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source is read and how it stands.

    ``interval_seconds`` is the time between two polls as last worked out, None before the first. From ``lost_at``
    on some of its articles may be lost: its oldest was newer than the poll before. ``held`` counts the articles
    that wait for an editor, because they look like an import.
    """

    id: int
    url: str
    kind: SourceKind
    state: SourceState
    title: str
    selector: str
    reads_pages: bool
    profile: str
    failures: int
    last_error: str
    polled_at: datetime | None
    succeeded_at: datetime | None
    next_poll_at: datetime
    interval_seconds: int | None
    lost_at: datetime | None
    moved_to: str
    held: int


def describe_source(connection: sa.Connection, source_id: int, **values: Any) -> None:
    """Store what an operator chose for a source: kind, selector, reads_pages or profile; others are a ValueError.

    A change of how it is read makes the next poll due now, and read even if the answer is the same.
    """
    if unknown := sorted(set(values) - _CHOSEN):
        raise ValueError(f"an operator does not choose {', '.join(unknown)}")
    if not values:
        return
    anew = {name: values[name] for name in sorted(_READ_ANEW & set(values))}
    connection.execute(sa.update(source).where(source.c.id == source_id).values(values | _forgotten(anew)))


def _forgotten(anew: dict[str, Any]) -> dict[str, Any]:
    """Return what is forgotten of the last answer where one of these values changes."""
    if not anew:
        return {}
    changes = sa.or_(*(source.c[name] != value for name, value in anew.items()))
    nothing = {"etag": "", "last_modified": "", "content_hash": ""}
    kept: dict[str, Any] = {
        name: sa.case((changes, value), else_=source.c[name]) for name, value in nothing.items()
    }
    return kept | {"next_poll_at": sa.case((changes, sa.func.now()), else_=source.c.next_poll_at)}


def standing_of(connection: sa.Connection, source_ids: Sequence[int]) -> list[Standing]:
    """Return how these sources stand, by id."""
    names = [name for name in Standing.__dataclass_fields__ if name != "held"]
    query = sa.select(*(source.c[name] for name in names)).where(source.c.id.in_(source_ids))
    standings = []
    for row in connection.execute(query.order_by(source.c.id)):
        values = dict(row._mapping)  # noqa: SLF001 — SQLAlchemy's documented name for a row as a mapping
        values |= {"kind": SourceKind(row.kind), "state": SourceState(row.state)}
        standings.append(Standing(**values, held=count_held(connection, row.id)))
    return standings
