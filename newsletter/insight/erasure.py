"""Erasing a reader: every row that tells of them, and every word in which others name their address.

What stays is a keyed hash (``readers.forgotten``), so that nobody else puts them back and whoever called our mail
spam is never mailed again. That is the one thing which GDPR article 17(3) lets us keep, and it finds nobody: it is
only found by whoever asks with the address. A record of a task that died (``accounting.journal``) may hold a
relay's words about the reader until its batch is taken over, minutes later.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.tables import delivery
from newsletter.inbound.tables import auto_reply, inbound_mail, owed_reply, report
from newsletter.insight.gathered import OF_SUBSCRIBER, OF_SUBSCRIPTION, OF_THESE, Traces, find_traces, mail_about
from newsletter.readers.address import canonical_address, mailbox_of
from newsletter.readers.forgotten import address_hash
from newsletter.readers.spellings import address_pattern, names
from newsletter.readers.suppressions import STRENGTH, take_suppressions
from newsletter.readers.tables import (
    SuppressionReason,
    address_change,
    address_side,
    allowance,
    sign_up,
    subscriber,
    suppression,
)
from newsletter.tokens import Tokens

_ADDRESSED = (sign_up.c.address, address_change.c.new_address, owed_reply.c.address)
"""Where an address stands by itself: a wish not yet looked at, somebody's new address, an answer to be mailed."""

_TOLD = (report.c.diagnostic, suppression.c.detail, delivery.c.reply)
"""Where mail systems speak, of one reader in another's row if that one's mail is passed on."""


def erase_reader(connection: sa.Connection, tokens: Tokens, address: str, now: datetime) -> dict[str, int]:
    """Forget all that we know of an address; return how many rows it was, by table.

    It is one transaction, safe to repeat, and no error for an address that we do not know: from then on it is
    kept out as well. ``words`` counts the rows of others in which it was named.
    """
    gone: Counter[str] = Counter()
    traces = find_traces(connection, address)
    mail_ids = [row["id"] for row in mail_about(connection, tokens, traces, now)]
    gone["inbound_mail"] = _delete(connection, inbound_mail, inbound_mail.c.id.in_(mail_ids))
    gone += _delete_addressed(connection, address)
    gone += _delete_owned(connection, traces)
    gone += _delete_hashed(connection, {address_hash(tokens, each) for each in (address, mailbox_of(address))})
    gone["suppression"] = _keep_hash(connection, tokens, address, now)
    gone["words"] = _silence(connection, address)
    return {table: count for table, count in gone.items() if count}


def _delete_owned(connection: sa.Connection, traces: Traces) -> Counter[str]:
    """Delete the rows that are the reader's by their numbers."""
    gone: Counter[str] = Counter()
    if traces.subscriber_id is None:
        return gone
    changes = sa.select(address_change.c.id).where(address_change.c.subscriber_id == traces.subscriber_id)
    for table in OF_THESE:
        gone[table.name] = _delete(connection, table, table.c.address_change_id.in_(changes))
    for table in OF_SUBSCRIPTION:
        gone[table.name] = _delete(connection, table, table.c.subscription_id.in_(traces.subscription_ids))
    for table in OF_SUBSCRIBER:
        gone[table.name] = _delete(connection, table, table.c.subscriber_id == traces.subscriber_id)
    gone["subscriber"] = _delete(connection, subscriber, subscriber.c.id == traces.subscriber_id)
    return gone


def _delete_addressed(connection: sa.Connection, address: str) -> Counter[str]:
    """Delete the rows that name the address, whoever made them."""
    pattern = address_pattern(address)
    gone: Counter[str] = Counter()
    for column in _ADDRESSED:
        table = column.table
        assert isinstance(table, sa.Table)
        # Compared here, as a row may spell the address as it was typed. None of these tables is ever long.
        rows = connection.execute(sa.select(table.c.id, column)).all()
        ids = [row[0] for row in rows if names(row[1], pattern)]
        if table is address_change:
            gone[address_side.name] += _delete(connection, address_side, address_side.c.address_change_id.in_(ids))
        gone[table.name] += _delete(connection, table, table.c.id.in_(ids))
    return gone


def _delete_hashed(connection: sa.Connection, known: Collection[bytes]) -> Counter[str]:
    """Delete what was counted by the hashes of the address and of its mailbox."""
    buckets = sa.or_(*(allowance.c.bucket.endswith(each.hex()) for each in known))
    return Counter(
        {
            "auto_reply": _delete(connection, auto_reply, auto_reply.c.address_hash.in_(known)),
            "allowance": _delete(connection, allowance, buckets),
        }
    )


def _keep_hash(connection: sa.Connection, tokens: Tokens, address: str, now: datetime) -> int:
    """Leave one row that bars the address: for the strongest reason there was, and without any words."""
    taken = take_suppressions(connection, tokens, address, now)
    strongest = max(taken, key=lambda each: STRENGTH[each.reason], default=None)
    row = {
        "address_hash": address_hash(tokens, address),
        "reason": strongest.reason if strongest else SuppressionReason.ERASED,
        "created_at": strongest.created_at if strongest else now,
        "expires_at": strongest.expires_at if strongest else None,
    }
    connection.execute(sa.insert(suppression).values(row))
    return len(taken)


def _silence(connection: sa.Connection, address: str) -> int:
    """Take out of other rows what a mail system said, where it names the address."""
    pattern, count = address_pattern(address), 0
    for column in _TOLD:
        table = column.table
        assert isinstance(table, sa.Table)
        spoken = sa.select(table.c.id, column).where(
            *(
                sa.func.strpos(sa.func.lower(column), part) > 0
                for part in canonical_address(address).rsplit("@", 1)
            )
        )
        ids = [row[0] for row in connection.execute(spoken).all() if names(row[1], pattern)]
        connection.execute(sa.update(table).where(table.c.id.in_(ids)).values({column.name: ""}))
        count += len(ids)
    return count


def _delete(connection: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.delete(table).where(which)).rowcount
