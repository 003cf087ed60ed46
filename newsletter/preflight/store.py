"""What was found of an edition: one row, of the content that was checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import edition as edition_table
from newsletter.errors import ConflictError
from newsletter.preflight.finding import Finding, Outcome, warn, worst
from newsletter.preflight.tables import preflight


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of an edition as stored. ``overruled_by`` is who let it go all the same, or nothing."""

    edition_id: int
    content_hash: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    checked_at: datetime
    overruled_by: str

    @property
    def blocks(self) -> tuple[Finding, ...]:
        """The findings that keep it from being sent."""
        return tuple(each for each in self.findings if each.outcome is Outcome.BLOCK)

    @property
    def is_blocking(self) -> bool:
        """Whether it must not be sent, unless somebody says so."""
        return self.outcome is Outcome.BLOCK and not self.overruled_by


def find_check(connection: sa.Connection, edition: Edition) -> Checked | None:
    """Return the check of the content that an edition has now, or None."""
    query = sa.select(preflight).where(
        preflight.c.edition_id == edition.id, preflight.c.content_hash == edition.content_hash
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    findings = tuple(Finding.from_json(each) for each in row.findings)
    return Checked(
        row.edition_id, row.content_hash, Outcome(row.outcome), findings, row.checked_at, row.overruled_by
    )


def save_check(connection: sa.Connection, edition: Edition, findings: Sequence[Finding], now: datetime) -> Outcome:
    """Write what was found of an edition's content; return the worst. Whoever overruled it still does."""
    outcome = worst(findings)
    row = _row(edition, findings, now)
    is_same = preflight.c.content_hash == row.excluded.content_hash
    changes = {name: row.excluded[name] for name in ("content_hash", "outcome", "findings", "checked_at")}
    overruled_by = sa.case((is_same, preflight.c.overruled_by), else_="")
    connection.execute(
        row.on_conflict_do_update(index_elements=["edition_id"], set_={**changes, "overruled_by": overruled_by})
    )
    return outcome


def overrule(connection: sa.Connection, edition: Edition, who: str, now: datetime) -> None:
    """Let an edition's content go whatever blocks it. Raises ConflictError before there is any."""
    if not edition.content_hash:
        raise ConflictError(
            f"Edition {edition.name} is {edition.state}: there is nothing to let go yet.",
            "Wait until it is ready.",
        )
    unchecked = warn("It was let go before it was checked.")
    row = _row(edition, [unchecked], now).on_conflict_do_nothing()
    connection.execute(sa.delete(preflight).where(_is_old(edition)))
    connection.execute(row)
    whose = preflight.c.edition_id == edition.id
    connection.execute(sa.update(preflight).where(whose).values(overruled_by=who))
    # Whoever watches it must not take it for held until a task comes.
    is_held = sa.and_(edition_table.c.id == edition.id, edition_table.c.state == EditionState.READY)
    connection.execute(sa.update(edition_table).where(is_held).values(reason=""))


def _row(edition: Edition, findings: Sequence[Finding], now: datetime) -> sa.dialects.postgresql.Insert:
    return insert(preflight).values(
        edition_id=edition.id,
        content_hash=edition.content_hash,
        outcome=worst(findings),
        findings=[each.as_json() for each in findings],
        checked_at=now,
    )


def _is_old(edition: Edition) -> sa.ColumnElement[bool]:
    return sa.and_(preflight.c.edition_id == edition.id, preflight.c.content_hash != edition.content_hash)
