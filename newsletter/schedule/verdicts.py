"""One row for every run that ended, with its reason, given once it is known and told to the editors.

Given in the transaction in which ``advance`` ends an edition; what ends elsewhere, by a person's hand or by the
breaker, has its verdict from the next tick.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter import log
from newsletter.edition import store
from newsletter.edition.states import EditionState
from newsletter.edition.tables import EditionKind
from newsletter.edition.tables import edition as edition_table
from newsletter.publication.tables import newsletter
from newsletter.schedule.alarms import Cause, raise_alarm
from newsletter.schedule.judge import judge
from newsletter.schedule.tables import AlarmKind, verdict
from newsletter.schedule.verdict import Verdict, VerdictKind

_log = log.get("schedule")

_MOST_AT_ONCE = 200
"""Verdicts that one transaction gives; the tick comes again."""

STALE_AFTER = timedelta(days=2)
"""Of an edition that was due longer ago than this the editors are told nothing: it was recorded late."""

_COLUMNS = edition_table.c

_ENDED = (
    EditionState.DONE,
    EditionState.SKIPPED,
    EditionState.FAILED,
    EditionState.MISSED,
    EditionState.CANCELLED,
    EditionState.PAUSED,
)
"""States in which a run is over, or goes on only once a person has looked."""

_HAS_NEW_END = sa.or_(
    verdict.c.edition_id.is_(None),
    verdict.c.given_at < _COLUMNS.finished_at,
    # A pause writes no time of its own.
    sa.and_(_COLUMNS.state == EditionState.PAUSED, _COLUMNS.reason != "", verdict.c.reason != _COLUMNS.reason),
    sa.and_(_COLUMNS.state == EditionState.PAUSED, verdict.c.kind != VerdictKind.HELD),
)


def give_verdicts(connection: sa.Connection, now: datetime, edition_id: int | None = None) -> None:
    """Give the verdicts that are owed, of one edition or of all; the editors hear of each new kind of end."""
    query = (
        sa.select(_COLUMNS.id, newsletter.c.editors != "", newsletter.c.scheduled_since)
        .join_from(edition_table, newsletter, newsletter.c.id == _COLUMNS.newsletter_id)
        .outerjoin(verdict, verdict.c.edition_id == _COLUMNS.id)
        .where(_COLUMNS.state.in_(_ENDED), _HAS_NEW_END)
        .order_by(_COLUMNS.id)
        .limit(_MOST_AT_ONCE)
    )
    if edition_id is not None:
        query = query.where(_COLUMNS.id == edition_id)
    for owed, has_editors, since in connection.execute(query).all():
        edition = store.get_edition(connection, owed)
        given = _give(connection, edition, now, has_editors=has_editors)
        # What a change of the timetable overtook is no fault of the machine's.
        if given.kind is VerdictKind.MISSED and since <= edition.due_at and _is_news(edition, now):
            # The verdict itself is what is mailed.
            cause = Cause(AlarmKind.MISSED, edition.name, f"{edition.name}: {given.reason}", edition.newsletter_id)
            raise_alarm(connection, cause, now, is_mailed=False)


def due_verdicts(connection: sa.Connection, now: datetime) -> list[int]:
    """Return the editions whose verdict has to be mailed now."""
    query = sa.select(verdict.c.edition_id).where(verdict.c.mail_due_at <= now)
    return list(connection.execute(query.order_by(verdict.c.mail_due_at)).scalars())


def _give(connection: sa.Connection, edition: store.Edition, now: datetime, *, has_editors: bool) -> Verdict:
    judged = judge(connection, edition)
    # Whoever names readers looks on; news of one article names nobody, and nobody may be looking.
    is_watched = edition.is_for_named_readers and edition.kind is EditionKind.DIGEST
    is_mailed = _is_news(edition, now) and has_editors and not is_watched
    row = insert(verdict).values(
        edition_id=edition.id,
        kind=judged.kind,
        reason=judged.reason,
        given_at=now,
        mail_due_at=now if is_mailed else None,
    )
    is_other = verdict.c.kind != row.excluded.kind
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["edition_id"],
            set_={
                "kind": row.excluded.kind,
                "reason": row.excluded.reason,
                "given_at": row.excluded.given_at,
                # Who joined a past edition makes no news of it: only another kind of end is mailed again.
                "mail_due_at": sa.case((is_other, row.excluded.mail_due_at), else_=verdict.c.mail_due_at),
                "mail_attempts": sa.case((is_other, 0), else_=verdict.c.mail_attempts),
                "mail_settled": sa.case((is_other, row.excluded.mail_settled), else_=verdict.c.mail_settled),
            },
        )
    )
    _log.info("verdict_given", edition_id=edition.id, verdict=judged.kind, reason=judged.reason)
    return judged


def _is_news(edition: store.Edition, now: datetime) -> bool:
    return max(edition.due_at, edition.finished_at or edition.due_at) > now - STALE_AFTER
