"""Another address: asked for on a reader's own page, agreed to from both mailboxes, then written down.

Whoever has the link of a mail that was passed on can ask, so the old mailbox must agree; a new address can be
mistyped or somebody else's, so it must agree too. Asking looks the same whether or not we know the new address,
which is mailed at most once a day (``gate``). What nobody agreed to within two days is forgotten.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.errors import ConflictError
from newsletter.readers import store
from newsletter.readers.address import canonical_address, mailbox_of
from newsletter.readers.address_changes import AGREE_TIME, Change, due_sides, get_side
from newsletter.readers.allowance import Rate, take
from newsletter.readers.forgotten import address_hash
from newsletter.readers.gate import WEEK, Gate, may_be_asked
from newsletter.readers.merging import lock_readers, move_reader
from newsletter.readers.preferences import get_in_use
from newsletter.readers.store import Origin
from newsletter.readers.suppressions import find_suppression
from newsletter.readers.tables import Side, SuppressionReason, address_change, address_side, subscriber

_A_DAY = Rate(1, timedelta(days=1))
_MOVES = Rate(3, timedelta(hours=8))
"""How often one reader may ask for another address."""


def ask_change(
    connection: sa.Connection, gate: Gate, subscription_id: int, address: str, now: datetime
) -> list[int]:
    """Note that a reader wants to be mailed at ``address``; return the sides that are owed a letter.

    Asking for the same again changes nothing while it is open; asking for another takes its place. A new address
    that is suppressed, or was asked enough, gets no letter, and the old one gets its own all the same. The letter
    to it waits for its turn among all confirmations.

    Raises ConflictError where no edition comes, now or after a pause.
    """
    asking = store.find_subscription(connection, subscription_id)
    subscriber_id = asking.subscriber_id if asking else 0
    # Both readers before what all share: whoever is at the new address may be asking for something just now.
    lock_readers(connection, subscriber_id, address)
    reader = get_in_use(connection, subscription_id, now)
    open_change = sa.select(address_change.c.new_address).where(
        address_change.c.subscriber_id == subscriber_id, address_change.c.asked_at > now - AGREE_TIME
    )
    known = {canonical_address(each) for each in (reader.address, *connection.execute(open_change).scalars())}
    if canonical_address(address) in known or take(connection, f"move:{subscriber_id}", _MOVES, now) is None:
        return []
    due = {Side.OLD: now, Side.NEW: _next_letter(connection, gate, address, now)}
    connection.execute(sa.delete(address_change).where(address_change.c.subscriber_id == subscriber_id))
    asked = insert(address_change).values(
        subscriber_id=subscriber_id, subscription_id=subscription_id, new_address=address, asked_at=now
    )
    change_id = connection.execute(asked.returning(address_change.c.id)).scalar_one()
    sides = [{"address_change_id": change_id, "side": side, "mail_due_at": at} for side, at in due.items()]
    connection.execute(insert(address_side), sides)
    return due_sides(connection, now, change_id)


def _next_letter(connection: sa.Connection, gate: Gate, address: str, now: datetime) -> datetime | None:
    """Return when an address may have a letter, which counts as one more confirmation of it; None for never."""
    suppressed = find_suppression(connection, gate.tokens, address, now)
    if suppressed is not None and suppressed.reason is not SuppressionReason.ERASED:
        return None
    is_known = subscriber.c.canonical_address == canonical_address(address)
    asks = connection.execute(sa.select(subscriber.c.confirmation_asks).where(is_known)).scalar_one_or_none()
    mailbox = f"address:{address_hash(gate.tokens, mailbox_of(address)).hex()}"
    may = (
        may_be_asked(asks or [], now, comes_back=False)
        and take(connection, mailbox, _A_DAY, now) is not None
        and gate.admits_mailbox(connection, address, now)
    )
    due_at = gate.next_place(connection, now) if may else None
    if due_at is not None and asks is not None:
        together = [*(each for each in asks if each > now - WEEK), due_at]
        connection.execute(sa.update(subscriber).where(is_known).values(confirmation_asks=together))
    return due_at


def agree(connection: sa.Connection, side_id: int, origin: Origin, now: datetime) -> Change:
    """Agree from one mailbox; the second to agree moves the reader. A second time changes nothing.

    Raises NotFoundError once the change is forgotten, and ConflictError at the new address where it is suppressed
    by now; the old mailbox is told nothing of it.
    """
    asked = get_side(connection, side_id)
    # Readers before what is theirs, as everywhere.
    lock_readers(connection, asked.subscriber_id, asked.new_address)
    found = get_side(connection, side_id, lock=True)
    if found.agreed_at is not None:
        return found
    if found.side is Side.NEW and _is_suppressed(connection, found.new_address, now):
        raise ConflictError("This address cannot be mailed.", "Give another address.")
    connection.execute(
        sa.update(address_side).where(address_side.c.id == side_id).values(agreed_at=now, mail_due_at=None)
    )
    agreed = get_side(connection, side_id)
    if agreed.is_done:
        move_reader(connection, agreed.subscriber_id, agreed.new_address, origin, now)
    return get_side(connection, side_id)


def _is_suppressed(connection: sa.Connection, address: str, now: datetime) -> bool:
    suppressed = store.is_suppressed(sa.literal(canonical_address(address)), sa.literal(now))
    return bool(connection.execute(sa.select(suppressed)).scalar_one())
