"""The editions of a kind that follow each other by a timetable: which dates have one, and which are to have one.

Who plans them and who watches that they come must count the same dates.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from newsletter.delivery.audience import has_weekly_readers
from newsletter.edition.plan import EditionRequest
from newsletter.edition.states import EditionState
from newsletter.edition.tables import EditionKind
from newsletter.edition.tables import edition as table
from newsletter.publication.calendar import previous_send_date
from newsletter.publication.newsletters import Newsletter
from newsletter.schedule.timetable import Due, Slot, weekly_timetable

TIMETABLE = "timetable"
"""Who asks for an edition that no person asked for."""


@dataclass(frozen=True, slots=True)
class Series:
    """Editions of a kind that follow each other by a timetable: ``newsletter`` has theirs in place of its own."""

    newsletter: Newsletter
    kind: EditionKind

    def request(self, slot: Slot) -> EditionRequest:
        """Return what the timetable asks for."""
        return EditionRequest(self.newsletter.id, slot.on, slot.at, requested_by=TIMETABLE, kind=self.kind)


def series_of(newsletter: Newsletter) -> list[Series]:
    """Return a newsletter's series, its digests first."""
    weekly = weekly_timetable(newsletter)
    digests = Series(newsletter, EditionKind.DIGEST)
    return [digests, Series(weekly, EditionKind.WEEKLY)] if weekly else [digests]


def known_dates(connection: sa.Connection, series: Series, dates: Sequence[date]) -> dict[date, EditionState]:
    """Return the state of each of these dates' editions for all readers, and of those back to the one before."""
    if not dates:
        return {}
    columns, first = table.c, min(dates)
    before = min(first - timedelta(days=7), previous_send_date(series.newsletter, first))
    mark = "" if series.kind is EditionKind.DIGEST else f"~{series.kind}"
    query = sa.select(columns.edition_on, columns.state).where(
        columns.newsletter_id == series.newsletter.id,
        columns.edition_on >= before,
        columns.key == sa.cast(columns.edition_on, sa.Text).concat(mark),
    )
    return {on: EditionState(state) for on, state in connection.execute(query)}


def expected_slots(
    connection: sa.Connection, series: Series, slots: Sequence[Slot], known: Collection[date]
) -> list[Slot]:
    """Return the slots that have an edition, or are to have one; ``known`` are the dates that have.

    A digest is made whoever reads it. A weekly edition is made only while somebody does, and lost only where there
    was one the week before: the first who wants one waits for the next.
    """
    if series.kind is EditionKind.DIGEST:
        return list(slots)
    newsletter = series.newsletter
    is_owed = any(slot.on not in known and slot.due is not Due.NOT_YET for slot in slots)
    if is_owed and not has_weekly_readers(connection, newsletter.id):
        return [slot for slot in slots if slot.on in known]
    return [
        slot
        for slot in slots
        if slot.due is not Due.TOO_LATE or slot.on in known or previous_send_date(newsletter, slot.on) in known
    ]
