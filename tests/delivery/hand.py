"""A task by hand: does what a drain does with one batch, one step at a time, and may die between any two."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.accounting import journal as records
from newsletter.delivery.accounting.journal import Journal
from newsletter.delivery.accounting.lease import FREE
from newsletter.delivery.accounting.ledger import Claim, Due, Ledger
from newsletter.delivery.accounting.settle import Outcome
from newsletter.delivery.outcome import Receipt, ReceiptKind, receipt_for
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import batch
from newsletter.readers.tables import suppression
from tests.delivery.press import Press

RELAY = "relay.example"


class HandTask:
    """Holds one batch: claimed, its journal begun, its readers read."""

    def __init__(self, ledger: Ledger, claim: Claim) -> None:
        """Go on from a claim."""
        self.ledger, self.claim = ledger, claim
        self.journal: Journal = ledger.journals.open(claim.journal)
        self.due = ledger.read(claim)
        self.outcomes: list[Outcome] = []
        self.begun: set[int] = set()

    def take(self, due: Due) -> None:
        """Have a delivery in hand."""
        self.journal.write(records.taken(due.delivery_id, due.attempts))

    def begin(self, due: Due) -> None:
        """Let the text of a message leave."""
        self.take(due)
        self.journal.write(records.begun(due.delivery_id))
        self.begun.add(due.delivery_id)

    def hear(self, due: Due, receipt: Receipt) -> None:
        """Take note of what became of a message; the database is not told yet."""
        self.journal.write(records.settled(receipt))
        self.outcomes.append(Outcome(receipt, due.attempts, RELAY))

    def answer(self, due: Due, code: int, text: str) -> None:
        """Begin a message, and take note of the relay's reply to it."""
        self.begin(due)
        self.hear(due, receipt_for(due.delivery_id, code, text))

    def lose(self, due: Due) -> None:
        """Begin a message, and never hear of it again."""
        self.begin(due)
        self.hear(due, Receipt(due.delivery_id, ReceiptKind.UNCERTAIN, text="lost"))

    def tell(self) -> bool:
        """Tell the database what is known."""
        outcomes, self.outcomes = self.outcomes, []
        return self.ledger.settle(self.claim, outcomes)

    def end(self, behind: Mapping[int, timedelta] | None = None) -> bool:
        """Tell the database all, give the batch back and forget the journal."""
        is_mine = self.tell()
        self.ledger.finish(self.claim, behind=behind or {})
        self.journal.close(keep=False)
        return is_mine

    def die(self) -> None:
        """End as a killed process does: the journal stays, and nobody holds its lock any more."""
        self.journal.close(keep=True)


def take_on(press: Press, edition_id: int, policy: str = "resend") -> HandTask:
    """Return a task with the edition's next batch."""
    ledger = press.ledger(policy)
    claim = ledger.claim(edition_id)
    assert claim is not None
    return HandTask(ledger, claim)


def addresses(task: HandTask) -> list[str]:
    """Return whom a task may mail, without the domain they share."""
    return [due.address.removesuffix("@example.org") for due in task.due]


def states(press: Press, edition_id: int) -> list[str]:
    """Return the states of an edition's deliveries in the order of the readers."""
    return [row.state for row in press.rows(edition_id)]


def lease(press: Press) -> tuple[Any, ...]:
    """Return all that is recorded of the only batch."""
    with press.database.transaction() as connection:
        until = batch.c.lease_until.cast(sa.Text)
        return tuple(connection.execute(sa.select(batch.c.lease_token, until, batch.c.due_at)).one())


def recovers(press: Press, ledger: Ledger) -> bool:
    """Let a ledger recover what it can, and return whether that was anything."""
    query = sa.select(batch.c.id).where(batch.c.lease_until != FREE)
    with press.database.transaction() as connection:
        before = connection.execute(query).all()
    ledger.recover()
    with press.database.transaction() as connection:
        return before != connection.execute(query).all()


def suppressed(press: Press) -> list[str]:
    """Return the addresses that are never mailed."""
    with press.database.transaction() as connection:
        return list(connection.execute(sa.select(suppression.c.canonical_address)).scalars())


def is_held(press: Press, edition_id: int) -> bool:
    """Whether a task has deliveries of the edition in its hands."""
    return DeliveryState.IN_FLIGHT in press.counts(edition_id)
