"""The states of a delivery and every move between them.

| from | to | performed by |
|---|---|---|
| (nothing) | pending | ``delivery.plan.freeze_audience`` |
| pending, deferred, uncertain | in_flight | ``delivery.ledger.gate`` |
| in_flight | accepted, deferred, uncertain, held, failed | ``delivery.ledger.settle`` |
| in_flight (lease over) | uncertain, held | ``delivery.reconcile`` |
| pending, deferred, uncertain | suppressed | ``delivery.ledger.gate`` |
| pending, deferred, uncertain | quarantined, expired | ``delivery.reconcile`` |
| pending, deferred, uncertain | cancelled | ``delivery.control.cancel`` |

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
