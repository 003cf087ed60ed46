"""The ledger: who may be mailed now (claim, read), what came of it (settle), and whose task died (recover).

A task holds a whole batch under one lease; what it does between two settlements stands in its journal. Every write
but an acceptance is guarded by the lease's token, so that a task which was stopped for longer than its lease can
no longer change what another has taken over. The clock is the database's own: one for all hosts.
"""

import random
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.delivery.accounting.journal import Journals
from newsletter.delivery.accounting.lease import CLAIMED, FREE, Claim, release, renew
from newsletter.delivery.accounting.recovery import Recovery
from newsletter.delivery.accounting.settle import Outcome, postpone, put_aside, record_accepted, record_others
from newsletter.delivery.outcome import ReceiptKind
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.edition.states import EditionState
from newsletter.edition.store import Wish
from newsletter.edition.tables import edition
from newsletter.readers.store import is_active, is_suppressed
from newsletter.readers.tables import subscriber, subscription

__all__ = ["FREE", "Claim", "Due", "Ledger", "LedgerRules"]


class Due(NamedTuple):
    """A delivery whose message may be begun. ``open_gates`` counts gates without an outcome before this one.

    ``language`` and ``sections`` say which of the edition's contents it is, as frozen with the audience; empty is
    the newsletter's own, and the whole edition.
    """

    delivery_id: int
    subscription_id: int
    address: str
    attempts: int
    open_gates: int
    language: str = ""
    sections: str = ""

    @property
    def wish(self) -> Wish:
        """Which of the edition's contents it is."""
        return Wish(self.language, self.sections)


@dataclass(frozen=True, slots=True)
class LedgerRules:
    """How long a batch is held without a sign of life, and what an uncertain delivery becomes."""

    lease: timedelta = timedelta(seconds=120)
    uncertain_policy: str = "resend"


class Ledger:
    """Claims, reads, settles and recovers, each in a transaction of its own."""

    def __init__(
        self,
        database: Database,
        journals: Journals,
        rules: LedgerRules,
        dice: Callable[[], float] = random.random,
    ) -> None:
        """Keep the ledger in ``database``, and know what tasks of this host began from ``journals``."""
        self._database = database
        self.journals = journals
        self._rules = rules
        self._dice = dice
        self._recovery = Recovery(database, journals, rules.uncertain_policy, dice)

    def claim(self, edition_id: int) -> Claim | None:
        """Take one batch that is due, passing over those that another task holds; None when there is none."""
        columns = batch.c
        due = (
            sa.select(columns.id)
            .join(edition, edition.c.id == columns.edition_id)
            .where(columns.edition_id == edition_id, edition.c.state == EditionState.SENDING)
            .where(columns.due_at <= sa.func.now(), columns.lease_until == FREE)
            .order_by(columns.due_at, columns.id)
            .limit(1)
            .with_for_update(of=batch, skip_locked=True)
            .cte("due")
        )
        taken = (
            sa.update(batch)
            .where(columns.id == due.c.id)
            .values(
                lease_token=columns.lease_token + 1,
                lease_until=sa.func.now() + self._rules.lease,
                journals=self.journals.identity,
                # Never used before: journals may outlive the database that named them.
                journal=secrets.token_hex(8),
            )
            .returning(*CLAIMED)
        )
        with self._database.transaction() as connection:
            row = connection.execute(taken).one_or_none()
        return Claim(*row) if row else None

    def read(self, claim: Claim) -> list[Due]:
        """Return whom the batch may mail now, those that may have killed a worker last.

        Readers who left or are suppressed are recorded as such instead. Nobody is returned when the lease is lost,
        so whoever opened the journal before reading knows that a recovery can see it.
        """
        columns = delivery.c
        may_be_mailed = sa.and_(
            is_active(sa.func.now()),
            ~is_suppressed(subscriber.c.canonical_address, sa.func.now()),
        )
        with self._database.transaction() as connection:
            if not renew(connection, claim, self._rules.lease):
                return []
            rows = connection.execute(
                sa.select(
                    columns.id,
                    columns.subscription_id,
                    subscriber.c.address,
                    columns.attempts,
                    columns.open_gates,
                    columns.language,
                    columns.sections,
                    may_be_mailed,
                )
                # A reader erased while the audience was being frozen left a delivery behind, and nothing to join.
                .outerjoin(subscription, subscription.c.id == columns.subscription_id)
                .outerjoin(subscriber, subscriber.c.id == subscription.c.subscriber_id)
                .where(claim.span.waits, columns.not_before_at <= sa.func.now())
                .order_by(columns.open_gates, columns.id)
            ).all()
            left = [row[0] for row in rows if not row[-1]]
            if left:
                put_aside(connection, claim.span, left, DeliveryState.SUPPRESSED)
        return [Due._make(row[:-1]) for row in rows if row[-1]]

    def settle(self, claim: Claim, outcomes: Sequence[Outcome]) -> bool:
        """Record what became of deliveries, and renew the lease; False when the lease is lost.

        An acceptance is recorded all the same: it is a fact.
        """
        with self._database.transaction() as connection:
            return self._record(connection, claim, outcomes)

    def finish(
        self,
        claim: Claim,
        outcomes: Sequence[Outcome] = (),
        poisonous: Collection[int] = (),
        behind: Mapping[int, timedelta] = MappingProxyType({}),
    ) -> None:
        """Settle for the last time and give the batch back; nothing but acceptances once the lease is lost.

        ``poisonous`` are deliveries whose message cannot be written; those in ``behind`` wait that long. The rest
        of what waits is free at once.
        """
        with self._database.transaction() as connection:
            if not self._record(connection, claim, outcomes):
                return
            if poisonous:
                put_aside(connection, claim.span, poisonous, DeliveryState.QUARANTINED)
            if behind:
                postpone(connection, claim.span, behind)
            release(connection, claim)

    def recover(self) -> None:
        """Take over batches whose task died or was stopped for too long."""
        self._recovery.recover()

    def tidy(self) -> None:
        """Let go of old journals that no batch knows."""
        self._recovery.tidy()

    def _record(self, connection: sa.Connection, claim: Claim, outcomes: Sequence[Outcome]) -> bool:
        accepted = [each for each in outcomes if each.receipt.kind is ReceiptKind.ACCEPTED]
        others = [each for each in outcomes if each.receipt.kind is not ReceiptKind.ACCEPTED]
        # In this order everywhere: the batch, then its deliveries.
        is_mine = renew(connection, claim, self._rules.lease)
        record_accepted(connection, claim.span, accepted)
        if is_mine:
            record_others(connection, claim.span, others, self._rules.uncertain_policy, self._dice)
        return is_mine
