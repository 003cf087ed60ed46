"""The recovery: whose task died, what its journal tells, and what becomes of the readers whom it had in hand.

One batch at a time, each in a transaction of its own: whatever is wrong with one, the others are recovered.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from newsletter import log
from newsletter.db import Database
from newsletter.delivery.accounting.journal import NOTHING_KNOWN, Evidence, Journals
from newsletter.delivery.accounting.lease import CLAIMED, FREE, Claim, Span, release
from newsletter.delivery.accounting.settle import (
    MOST_OPEN_GATES,
    Outcome,
    put_aside,
    record_accepted,
    record_others,
)
from newsletter.delivery.outcome import Receipt, ReceiptKind
from newsletter.delivery.states import WAITING, DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.errors import NewsletterError

_log = log.get("delivery")

UNREACHABLE = timedelta(minutes=20)
"""How long after its lease a batch waits for the host that alone can read its journal."""

_LATER = (NewsletterError, OSError, sa.exc.OperationalError)
"""Faults of a server or a disk, which say nothing about what a journal tells."""


class Recovery:
    """Takes over batches whose task died or was stopped for too long."""

    def __init__(
        self, database: Database, journals: Journals, uncertain_policy: str, dice: Callable[[], float]
    ) -> None:
        """Know what tasks of this host began from ``journals``."""
        self._database = database
        self._journals = journals
        self._uncertain_policy = uncertain_policy
        self._dice = dice

    def recover(self) -> None:
        """Record what the journals say of batches that nobody works on any more, and let others have them.

        A message that was begun without any outcome is uncertain.
        """
        columns = batch.c
        held = sa.select(columns.id).where(
            columns.lease_until != FREE,
            sa.or_(columns.journals == self._journals.identity, _is_overdue()),
        )
        with self._database.transaction() as connection:
            candidates = list(connection.execute(held.order_by(columns.id)).scalars())
        for each in candidates:
            self._recover(each)

    def tidy(self) -> None:
        """Let go of old journals that no batch knows."""
        query = sa.select(batch.c.journal).where(batch.c.lease_until != FREE)
        with self._database.transaction() as connection:
            wanted = set(connection.execute(query).scalars())
        self._journals.sweep(wanted)

    def _recover(self, batch_id: int) -> None:
        """Take a batch over; once more without its journal when what that tells cannot be recorded."""
        for is_believed in (True, False):
            try:
                self._take_over(batch_id, is_believed=is_believed)
            except _LATER as error:
                _log.error("batch_unreadable", batch_id=batch_id, error=str(error), later=True)
                return
            except Exception as error:  # noqa: BLE001 — whatever it is, it must not keep other batches waiting
                _log.error("batch_unreadable", batch_id=batch_id, error=str(error), later=not is_believed)
            else:
                return

    def _take_over(self, batch_id: int, *, is_believed: bool) -> None:
        columns = batch.c
        is_over = (columns.lease_until < sa.func.now()).label("is_over")
        held = (
            sa.select(*CLAIMED, columns.journals, is_over, _is_overdue().label("is_overdue"))
            .where(columns.id == batch_id, columns.lease_until != FREE)
            .with_for_update(skip_locked=True)
        )
        with self._database.transaction() as connection:
            row = connection.execute(held).one_or_none()
            if row is None:
                return
            claim = Claim(*row[: len(CLAIMED)])
            evidence = self._ask(row)
            if evidence is None:
                return
            uncertain = self._fold(connection, claim.span, evidence if is_believed else NOTHING_KNOWN)
            release(connection, claim)
        with suppress(NewsletterError, OSError):
            # What is in the database may stay behind.
            self._journals.forget(claim.journal)
        _log.warning("batch_recovered", edition_id=claim.edition_id, batch_id=batch_id, uncertain=uncertain)

    def _ask(self, held: Any) -> Evidence | None:
        """Return what is known of a held batch, or None while its task may be at work."""
        if held.journals != self._journals.identity:
            # Another host's, or it became another place this instant, while its writer is at work.
            return NOTHING_KNOWN if held.is_overdue else None
        try:
            return self._journals.seize(held.journal, lease_is_over=held.is_over)
        except (NewsletterError, OSError):
            if not held.is_overdue:
                raise
            return NOTHING_KNOWN

    def _fold(self, connection: sa.Connection, span: Span, evidence: Evidence) -> int:
        """Record evidence, and return how many are uncertain; what is recorded already stays as it is."""
        traces = evidence.traces
        outcomes = {
            number: Outcome(trace.receipt or _uncertain(number, "Its task ended."), trace.attempts)
            for number, trace in traces.items()
            if trace.receipt or trace.is_begun
        }
        if not evidence.is_whole:
            outcomes = dict(_doubts(connection, span)) | outcomes
        accepted = [each for each in outcomes.values() if each.receipt.kind is ReceiptKind.ACCEPTED]
        others = [each for each in outcomes.values() if each.receipt.kind is not ReceiptKind.ACCEPTED]
        record_accepted(connection, span, accepted)
        lost = {number for number, trace in traces.items() if trace.receipt is None}
        self._count_gates(connection, span, lost)
        record_others(connection, span, others, self._uncertain_policy, self._dice)
        self._put_killers_aside(connection, span, lost)
        return sum(each.receipt.kind is ReceiptKind.UNCERTAIN for each in others)

    @staticmethod
    def _count_gates(connection: sa.Connection, span: Span, lost: set[int]) -> None:
        if lost:
            connection.execute(
                sa.update(delivery)
                .where(span.waits, delivery.c.id.in_(lost))
                .values(open_gates=delivery.c.open_gates + 1)
            )

    @staticmethod
    def _put_killers_aside(connection: sa.Connection, span: Span, lost: set[int]) -> None:
        if lost:
            killers = sa.select(delivery.c.id).where(
                span.waits, delivery.c.id.in_(lost), delivery.c.open_gates >= MOST_OPEN_GATES
            )
            found = list(connection.execute(killers).scalars())
            put_aside(connection, span, found, DeliveryState.QUARANTINED)


def _is_overdue() -> sa.ColumnElement[bool]:
    return batch.c.lease_until < sa.func.now() - UNREACHABLE


def _doubts(connection: sa.Connection, span: Span) -> Iterator[tuple[int, Outcome]]:
    """Yield an uncertain outcome for every delivery that the holder may have begun.

    That is an outcome, and no open gate: a host that is gone says nothing about any message. An edition is
    cancelled with all that waits, so its holder may have begun those as well.
    """
    maybe = WAITING | {DeliveryState.CANCELLED}
    rows = connection.execute(
        sa.select(delivery.c.id, delivery.c.attempts).where(span.holds, delivery.c.state.in_(maybe))
    )
    for number, attempts in rows:
        yield number, Outcome(_uncertain(number, "Its task ended, and its journal cannot be read."), attempts)


def _uncertain(delivery_id: int, why: str) -> Receipt:
    return Receipt(delivery_id, ReceiptKind.UNCERTAIN, text=why)
