"""Mail as it was received, kept before its sender is told so, until it has been handled.

A message is handled in the transaction that says so: whoever is killed meanwhile has done nothing, and it is due
again. What fails three times is kept to be looked at, and everything is forgotten after a week.
"""

import hashlib
import re
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.inbound.door.received import Received
from newsletter.inbound.tables import InboundState, auto_reply, inbound_mail
from newsletter.publication.newsletters import list_newsletters

LARGEST_MAIL = 1024 * 1024
"""Bytes; a report of ours returns at most one of our own messages, and people write less."""

MOST_ATTEMPTS = 3
RETRY_AFTER = timedelta(minutes=5)
KEPT_FOR = timedelta(days=7)
REPLIES_KEPT_FOR = timedelta(days=2)
_MOST_AT_ONCE = 500
"""Messages that one tick rings for; the next rings for the rest."""

_CONTROLS = re.compile(r"[\x00-\x20\x7f]")


class Arrived(NamedTuple):
    """A message at the door: its source, its envelope (an empty sender is the null sender), its octets."""

    source: str
    envelope_from: str
    envelope_to: str
    octets: bytes


class Kept(NamedTuple):
    """A message with its fate: where it stands, how often it was tried, what it was taken for or failed of."""

    received: Received
    state: InboundState
    attempts: int
    outcome: str


def keep_mail(connection: sa.Connection, arrived: Arrived, now: datetime) -> int | None:
    """Keep a message for the desk, due at once; return its id, or None where it is kept already."""
    kept = insert(inbound_mail).values(
        received_at=now,
        source=arrived.source,
        envelope_from=_storable(arrived.envelope_from),
        envelope_to=_storable(arrived.envelope_to).lower(),
        octets=arrived.octets,
        digest=hashlib.sha256(arrived.octets).digest(),
        due_at=now,
    )
    row = connection.execute(kept.on_conflict_do_nothing().returning(inbound_mail.c.id)).one_or_none()
    return None if row is None else int(row.id)


def take_mail(connection: sa.Connection, mail_id: int, now: datetime) -> bool:
    """Write an attempt down; False when the message is not due, another task was first, or it was tried enough.

    What was tried enough has failed: an attempt that ended with its process counts.
    """
    columns = inbound_mail.c
    is_due = sa.and_(columns.id == mail_id, columns.state == InboundState.WAITING, columns.due_at <= now)
    taken = (
        sa.update(inbound_mail)
        .where(is_due, columns.attempts < MOST_ATTEMPTS)
        .values(attempts=columns.attempts + 1, due_at=now + RETRY_AFTER)
        .returning(columns.id)
    )
    if connection.execute(taken).one_or_none() is not None:
        return True
    tried_enough = sa.update(inbound_mail).where(is_due, columns.attempts >= MOST_ATTEMPTS)
    connection.execute(tried_enough.values(state=InboundState.FAILED, due_at=None))
    return False


def fail_mail(connection: sa.Connection, mail_id: int, outcome: str) -> None:
    """Note why an attempt came to nothing; after the last one it is left alone."""
    columns = inbound_mail.c
    is_last = columns.attempts >= MOST_ATTEMPTS
    noted = sa.update(inbound_mail).where(columns.id == mail_id, columns.state == InboundState.WAITING)
    connection.execute(
        noted.values(
            outcome=outcome,
            state=sa.case((is_last, InboundState.FAILED.value), else_=InboundState.WAITING.value),
            due_at=sa.case((is_last, None), else_=columns.due_at),
        )
    )


def load_mail(connection: sa.Connection, mail_id: int) -> Received | None:
    """Return a message that waits, locked until the transaction ends; None once it has been handled."""
    columns = (inbound_mail.c[name] for name in Received.__dataclass_fields__)
    waits = sa.and_(inbound_mail.c.id == mail_id, inbound_mail.c.state == InboundState.WAITING)
    row = connection.execute(sa.select(*columns).where(waits).with_for_update()).mappings().one_or_none()
    return None if row is None else Received(**row)


def settle_mail(connection: sa.Connection, mail_id: int, outcome: str) -> None:
    """Note what a message was taken for; it is handled."""
    done = sa.update(inbound_mail).where(inbound_mail.c.id == mail_id)
    connection.execute(done.values(state=InboundState.DONE, outcome=outcome, due_at=None))


def due_mail(connection: sa.Connection, now: datetime) -> list[int]:
    """Return the messages that wait to be handled, the longest waiting first."""
    query = sa.select(inbound_mail.c.id).where(inbound_mail.c.due_at <= now)
    return list(connection.execute(query.order_by(inbound_mail.c.due_at).limit(_MOST_AT_ONCE)).scalars())


def forget_mail(connection: sa.Connection, now: datetime) -> int:
    """Delete what was received long ago, and who was answered on days gone by; return how many messages it was."""
    gone = sa.delete(inbound_mail).where(inbound_mail.c.received_at < now - KEPT_FOR)
    forgotten = connection.execute(gone)
    connection.execute(sa.delete(auto_reply).where(auto_reply.c.replied_on < (now - REPLIES_KEPT_FOR).date()))
    return forgotten.rowcount


def count_waiting(connection: sa.Connection) -> int:
    """Return how many messages wait to be handled."""
    waiting = sa.select(sa.func.count()).where(inbound_mail.c.state == InboundState.WAITING)
    return int(connection.execute(waiting.select_from(inbound_mail)).scalar_one())


def find_kept(connection: sa.Connection, mail_id: int) -> Kept | None:
    """Return a message as it is kept, and what became of it; None once it is forgotten."""
    row = connection.execute(sa.select(inbound_mail).where(inbound_mail.c.id == mail_id)).mappings().one_or_none()
    if row is None:
        return None
    received = Received(**{name: row[name] for name in Received.__dataclass_fields__})
    return Kept(received, InboundState(row["state"]), row["attempts"], row["outcome"])


def failed_mail(connection: sa.Connection) -> list[int]:
    """Return the messages that could not be handled."""
    query = sa.select(inbound_mail.c.id).where(inbound_mail.c.state == InboundState.FAILED)
    return list(connection.execute(query.order_by(inbound_mail.c.id)).scalars())


def sender_addresses(connection: sa.Connection) -> dict[str, str]:
    """Return the addresses that newsletters come from, for ``entrance.read_entrance``."""
    found: dict[str, str] = {}
    for each in list_newsletters(connection):
        address = each.sender_address.lower()
        found[address] = "" if address in found else each.slug
    return found


def _storable(address: str) -> str:
    """Return an address as a column can hold it: no control characters, nothing that is no text."""
    return _CONTROLS.sub("", address).encode("utf-8", "replace").decode()
