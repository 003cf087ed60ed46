"""The states of a delivery and every move between them.

| from | to | performed by |
|---|---|---|
| (nothing) | pending | ``delivery.plan.freeze_audience`` |
| pending, deferred, uncertain | in_flight | ``accounting.ledger.claim`` |
| in_flight | pending, deferred, uncertain (as it was) | ``accounting.ledger.finish`` |
| in_flight | accepted, deferred, uncertain, held, failed | ``accounting.ledger.settle`` |
| in_flight (ended) | accepted, deferred, uncertain, held, failed, quarantined | ``accounting.ledger.recover`` |
| in_flight | suppressed | ``accounting.ledger.read`` |
| pending, deferred, uncertain | expired | ``delivery.reconcile`` |
| pending, deferred, uncertain | cancelled | ``delivery.reconcile.cancel_leftovers`` |

``in_flight`` is worked out and never written: it is what waits in a batch that a task holds. Which of its messages
has been begun is known to the task's journal.

``accepted`` is absorbing: nothing overwrites it, and a late acceptance wins over a reclaimed lease.
"""

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where one reader's copy of an edition stands."""

    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    HELD = "held"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    QUARANTINED = "quarantined"
    CANCELLED = "cancelled"


WAITING = frozenset({DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.UNCERTAIN})
"""States from which a message may still be begun."""

OPEN = WAITING | {DeliveryState.IN_FLIGHT}
"""States that keep an edition from being done."""

MAY_HAVE_IT = frozenset({DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN, DeliveryState.HELD})
"""Ends after which a reader may hold a copy."""
