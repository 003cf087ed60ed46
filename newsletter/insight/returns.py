"""What came back of editions, counted and listed from rows: bounces, complaints, and refusals of ourselves."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.edition.tables import edition
from newsletter.inbound.report.reported import OURS, Kind
from newsletter.inbound.tables import report
from newsletter.publication.tables import newsletter
from newsletter.readers.tables import subscriber

REFUSED = "refused"
"""Transient for the reader and ours to mend: blocked, policy, content, authentication, size, rate."""

_RANKS = (REFUSED, Kind.TRANSIENT.value, Kind.PERMANENT.value, Kind.COMPLAINT.value)
"""The heaviest last: who was reported several times counts once, as that."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report as it is shown. ``edition`` is empty for a letter's, and ``edition_id`` None."""

    reported_at: datetime
    address: str
    edition_id: int | None
    edition: str
    source: str
    kind: str
    reason: str
    status: str
    diagnostic: str
    points: float


def count_reports(connection: sa.Connection, edition_id: int) -> dict[str, int]:
    """Return of how many readers of an edition what was reported at the worst; each reader is counted once.

    The names are ``complaint``, ``permanent``, ``transient`` and ``refused``; those without any are left out.
    """
    ours = sa.and_(report.c.kind == Kind.TRANSIENT, report.c.reason.in_(sorted(OURS)))
    ranks = {kind: rank for rank, kind in enumerate(_RANKS)}
    rank = sa.case((ours, ranks[REFUSED]), else_=sa.case(ranks, value=report.c.kind, else_=0))
    worst = (
        sa.select(sa.func.max(rank).label("rank"))
        .where(report.c.edition_id == edition_id)
        .group_by(report.c.subscriber_id)
        .subquery()
    )
    query = sa.select(worst.c.rank, sa.func.count()).group_by(worst.c.rank).order_by(worst.c.rank.desc())
    return {_RANKS[rank]: count for rank, count in connection.execute(query)}


def latest_reports(connection: sa.Connection, limit: int) -> list[ReportRow]:
    """Return the latest reports, the newest first."""
    name = sa.func.coalesce(newsletter.c.slug.concat("/").concat(edition.c.key), "")
    columns = [report.c.reported_at, subscriber.c.address, report.c.edition_id, name]
    columns += [report.c[each] for each in ("source", "kind", "reason", "status", "diagnostic", "points")]
    query = (
        sa.select(*columns)
        .join_from(report, subscriber, subscriber.c.id == report.c.subscriber_id)
        .outerjoin(edition, edition.c.id == report.c.edition_id)
        .outerjoin(newsletter, newsletter.c.id == edition.c.newsletter_id)
        .order_by(report.c.reported_at.desc(), report.c.id.desc())
    )
    return [ReportRow(*row) for row in connection.execute(query.limit(limit))]
