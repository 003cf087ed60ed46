"""How outcomes are written into rows: acceptances by the hundred in one statement, the rest with their reasons."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from newsletter.delivery.accounting.lease import Span
from newsletter.delivery.outcome import Receipt, ReceiptKind, pause_after, state_after
from newsletter.delivery.states import OPEN, WAITING, DeliveryState
from newsletter.delivery.tables import delivery, relay_day
from newsletter.readers.store import find_subscription
from newsletter.readers.suppressions import suppress
from newsletter.readers.tables import SuppressionReason

MOST_OPEN_GATES = 3
"""A delivery whose gate was opened this often without any outcome kills its worker; it must not stop the rest."""

_BIGINTS = postgresql.ARRAY(sa.BigInteger)
_TEXTS = postgresql.ARRAY(sa.Text)

# The range lets the server join the batch's few pages with the list, instead of looking every id up
# (docs/adr/0008-batches-and-a-journal.md has the figures); COALESCE is explained at ``lease.is_of``.
# Counted is what changed: an acceptance that is told twice is one message. In the order of the relays, so that
# tasks wait for each other's counts in one order.
_ACCEPTED = sa.text(
    """
    WITH done AS (
      UPDATE delivery SET state = 'accepted', attempts = told.attempts + 1, open_gates = 0,
        reply_code = told.code, enhanced_status = told.status, reply = told.reply, settled_at = now()
      FROM unnest(:ids, :attempts, :codes, :statuses, :replies, :relays)
        AS told (id, attempts, code, status, reply, relay)
      WHERE delivery.id = told.id AND delivery.id BETWEEN :first_id AND :last_id
        AND coalesce(delivery.edition_id = :edition_id, false) AND delivery.state <> 'accepted'
      RETURNING told.relay
    )
    INSERT INTO relay_day (relay, day_on, accepted)
    SELECT relay, timezone('UTC', now())::date, count(*) FROM done WHERE relay <> '' GROUP BY relay ORDER BY relay
    ON CONFLICT (relay, day_on) DO UPDATE SET accepted = relay_day.accepted + excluded.accepted
    """
).bindparams(
    sa.bindparam("ids", type_=_BIGINTS),
    sa.bindparam("attempts", type_=_BIGINTS),
    sa.bindparam("codes", type_=_BIGINTS),
    sa.bindparam("statuses", type_=_TEXTS),
    sa.bindparam("replies", type_=_TEXTS),
    sa.bindparam("relays", type_=_TEXTS),
)

_OTHERS = sa.text(
    """
    UPDATE delivery SET state = told.state, attempts = told.attempts + 1,
      open_gates = CASE WHEN told.state IN ('uncertain', 'held') THEN open_gates ELSE 0 END,
      reply_code = told.code, enhanced_status = told.status, reply = told.reply,
      not_before_at = now() + told.pause * interval '1 second', settled_at = CASE WHEN told.ended THEN now() END
    FROM unnest(:ids, :attempts, :states, :codes, :statuses, :replies, :pauses, :ended)
      AS told (id, attempts, state, code, status, reply, pause, ended)
    WHERE delivery.id = told.id AND delivery.id BETWEEN :first_id AND :last_id
      AND coalesce(delivery.edition_id = :edition_id, false)
      AND delivery.attempts = told.attempts AND delivery.state = ANY(:waiting)
    RETURNING delivery.id, delivery.subscription_id
    """
).bindparams(
    sa.bindparam("ids", type_=_BIGINTS),
    sa.bindparam("attempts", type_=_BIGINTS),
    sa.bindparam("states", type_=_TEXTS),
    sa.bindparam("codes", type_=_BIGINTS),
    sa.bindparam("statuses", type_=_TEXTS),
    sa.bindparam("replies", type_=_TEXTS),
    sa.bindparam("pauses", type_=postgresql.ARRAY(sa.Float)),
    sa.bindparam("ended", type_=postgresql.ARRAY(sa.Boolean)),
    sa.bindparam("waiting", type_=_TEXTS),
)

_POSTPONED = sa.text(
    """
    UPDATE delivery SET not_before_at = now() + told.pause * interval '1 second'
    FROM unnest(:ids, :pauses) AS told (id, pause)
    WHERE delivery.id = told.id AND delivery.id BETWEEN :first_id AND :last_id
      AND coalesce(delivery.edition_id = :edition_id, false) AND delivery.state = ANY(:waiting)
    """
).bindparams(
    sa.bindparam("ids", type_=_BIGINTS),
    sa.bindparam("pauses", type_=postgresql.ARRAY(sa.Float)),
    sa.bindparam("waiting", type_=_TEXTS),
)

_MAY_BE_A_COPY = WAITING | {DeliveryState.HELD, DeliveryState.CANCELLED}
"""States that say nothing of a message which may have gone out; a cancelled edition's may as well."""

_TODAY = sa.func.timezone("UTC", sa.func.now()).cast(sa.Date)


class Outcome(NamedTuple):
    """What became of one delivery that had been tried ``attempts`` times before, and by which relay."""

    receipt: Receipt
    attempts: int
    relay: str = ""


def record_accepted(connection: sa.Connection, span: Span, outcomes: Sequence[Outcome]) -> None:
    """Record acceptances of a batch's deliveries, whoever holds its lease now: they are facts."""
    if not outcomes:
        return
    receipts = [each.receipt for each in outcomes]
    connection.execute(
        _ACCEPTED,
        {
            "ids": [each.delivery_id for each in receipts],
            "attempts": [each.attempts for each in outcomes],
            "codes": [each.code for each in receipts],
            "statuses": [each.enhanced_status for each in receipts],
            "replies": _storable([each.text for each in receipts]),
            "relays": [each.relay for each in outcomes],
            **span._asdict(),
        },
    )


def record_others(
    connection: sa.Connection,
    span: Span,
    outcomes: Sequence[Outcome],
    uncertain_policy: str,
    dice: Callable[[], float],
) -> None:
    """Record deferrals, failures and uncertainties, each once: one that is recorded already changes nothing."""
    if not outcomes:
        return
    receipts = [each.receipt for each in outcomes]
    states = [state_after(each, uncertain_policy) for each in receipts]
    pauses = [pause_after(each.receipt, each.attempts + 1, dice()) for each in outcomes]
    ids = [each.delivery_id for each in receipts]
    rows = connection.execute(
        _OTHERS,
        {
            "ids": ids,
            "attempts": [each.attempts for each in outcomes],
            "states": states,
            "codes": [each.code for each in receipts],
            "statuses": [each.enhanced_status for each in receipts],
            "replies": _storable([each.text for each in receipts]),
            "pauses": [pause.total_seconds() for pause in pauses],
            "ended": [state not in OPEN for state in states],
            "waiting": sorted(WAITING),
            **span._asdict(),
        },
    )
    recorded = {row.id: row.subscription_id for row in rows}
    uncertain = [each.delivery_id for each in receipts if each.kind is ReceiptKind.UNCERTAIN]
    if uncertain:
        of_these = sa.and_(span.holds, delivery.c.id.in_(uncertain), delivery.c.state.in_(_MAY_BE_A_COPY))
        connection.execute(sa.update(delivery).where(of_these).values(possible_copy=True))
    for receipt in receipts:
        if receipt.condemns_address and receipt.delivery_id in recorded:
            _suppress(connection, recorded[receipt.delivery_id], *_storable([receipt.text]))


def put_aside(connection: sa.Connection, span: Span, delivery_ids: Collection[int], state: DeliveryState) -> None:
    """End deliveries that will not be tried again, if they still wait."""
    connection.execute(
        sa.update(delivery)
        .where(span.waits, delivery.c.id.in_(delivery_ids))
        .values(state=state, settled_at=sa.func.now())
    )


def postpone(connection: sa.Connection, span: Span, pauses: Mapping[int, timedelta]) -> None:
    """Let deliveries wait longer, from now, if they still wait."""
    told = {"ids": list(pauses), "pauses": [pause.total_seconds() for pause in pauses.values()]}
    connection.execute(_POSTPONED, {**told, **span._asdict(), "waiting": sorted(WAITING)})


def accepted_today(connection: sa.Connection, relays: Collection[str]) -> dict[str, int]:
    """Return how many messages each of these relays accepted on the present day in UTC."""
    columns = relay_day.c
    query = sa.select(columns.relay, columns.accepted).where(columns.relay.in_(relays), columns.day_on == _TODAY)
    return {row.relay: row.accepted for row in connection.execute(query)}


def _storable(texts: list[str]) -> list[str]:
    """Return what a relay or a journal said as PostgreSQL takes it: no NUL, and no half of a character."""
    together = "".join(texts)
    if together.isascii() and "\0" not in together:
        return texts
    return [text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}") for text in texts]


def _suppress(connection: sa.Connection, subscription_id: int, detail: str) -> None:
    """Never mail the address of a subscription again, for the reason that a relay gave."""
    found = find_subscription(connection, subscription_id)
    if found is None:
        return
    now = connection.execute(sa.select(sa.func.now())).scalar_one()
    suppress(connection, found.address, SuppressionReason.BOUNCE, detail, now)
