"""Whom we never mail, and why: one row an address, or its keyed hash once its reader is erased (``forgotten``).

A reason gives way only to one as strong that holds for longer, or to a stronger one. ``erased`` is the weakest and
different: it keeps everybody else from putting a reader back, and never the reader, who may sign up again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert, insert

from newsletter.readers.address import canonical_address
from newsletter.readers.forgotten import address_hash
from newsletter.readers.tables import SuppressionReason, suppression
from newsletter.tokens import Tokens

STRENGTH = {
    SuppressionReason.ERASED: 0,
    SuppressionReason.BOUNCE: 1,
    SuppressionReason.MANUAL: 2,
    SuppressionReason.COMPLAINT: 3,
}
"""Whoever called our mail spam is not mailed again because a mailbox was only full."""

_columns = suppression.c


@dataclass(frozen=True, slots=True)
class Suppression:
    """One row. Either ``canonical_address`` or ``address_hash`` is None; without ``expires_at`` it never ends."""

    canonical_address: str | None
    address_hash: bytes | None
    reason: SuppressionReason
    detail: str
    created_at: datetime
    expires_at: datetime | None

    @property
    def told(self) -> str:
        """The address; for one that was forgotten, that it was."""
        return self.canonical_address or "(erased)"


def suppress(  # noqa: PLR0913 — a row has four columns besides its key, and the last is seldom given
    connection: sa.Connection,
    address: str,
    reason: SuppressionReason,
    detail: str,
    now: datetime,
    *,
    expires_at: datetime | None = None,
) -> bool:
    """Mail an address no more; return whether that is news: a row that holds longer or weighs more stays as it is.

    ``detail`` is what the relay or the operator said. It is forgotten with the reader, as it may name them.
    """
    row = {
        "canonical_address": canonical_address(address),
        "reason": reason,
        "detail": detail,
        "created_at": now,
        "expires_at": expires_at,
    }
    return put_suppression(connection, row, now)


def put_suppression(
    connection: sa.Connection, row: Mapping[str, object], now: datetime | sa.ColumnElement[datetime]
) -> bool:
    """Write a row under its address or hash, where none holds that is stronger or lasts; return whether it was."""
    by_hash = row.get("address_hash") is not None
    put = _put(now, by_hash=by_hash).values(row)
    return connection.execute(put.returning(_columns.id)).one_or_none() is not None


def put_suppressions(
    connection: sa.Connection, rows: Sequence[Mapping[str, object]], now: datetime, *, by_hash: bool
) -> None:
    """Write many rows, each as ``put_suppression`` would: all under addresses, or all under hashes."""
    if rows:
        connection.execute(_put(now, by_hash=by_hash), rows)


def _put(now: datetime | sa.ColumnElement[datetime], *, by_hash: bool) -> Insert:
    added = insert(suppression)
    new = added.excluded
    written = {name: new[name] for name in ("reason", "detail", "created_at", "expires_at")}
    is_news = sa.or_(
        sa.func.coalesce(_columns.expires_at <= now, sa.false()),
        _strength(new.reason) > _strength(_columns.reason),
        sa.and_(_strength(new.reason) == _strength(_columns.reason), _ends(new) > _ends(_columns)),
    )
    index = "address_hash" if by_hash else "canonical_address"
    return added.on_conflict_do_update(index_elements=[index], set_=written, where=is_news)


def lift(connection: sa.Connection, tokens: Tokens, address: str) -> bool:
    """Let an address be mailed again, whether it is known by name or by hash; return whether there was a row."""
    return connection.execute(sa.delete(suppression).where(_is_of(tokens, address))).rowcount > 0


def take_suppressions(connection: sa.Connection, tokens: Tokens, address: str, now: datetime) -> list[Suppression]:
    """Delete an address's rows, by name and by hash; return those that were in force."""
    gone = sa.delete(suppression).where(_is_of(tokens, address)).returning(*_row())
    taken = [_read(row) for row in connection.execute(gone).mappings()]
    return [each for each in taken if each.expires_at is None or each.expires_at > now]


def find_suppression(connection: sa.Connection, tokens: Tokens, address: str, now: datetime) -> Suppression | None:
    """Return why an operator may not put an address on a newsletter: the strongest reason in force; or None.

    A row that is known by its hash stays one of an erased reader when its own reason has ended.
    """
    rows = connection.execute(sa.select(*_row()).where(_is_of(tokens, address))).mappings()
    standing = (_standing(_read(row), now) for row in rows)
    return max((each for each in standing if each), key=lambda each: STRENGTH[each.reason], default=None)


def _standing(found: Suppression, now: datetime) -> Suppression | None:
    if found.expires_at is None or found.expires_at > now:
        return found
    is_erased = found.address_hash is not None
    return replace(found, reason=SuppressionReason.ERASED, expires_at=None) if is_erased else None


def list_suppressions(connection: sa.Connection) -> Iterator[Suppression]:
    """Yield every row, the addresses in order and the forgotten ones last, read by the thousand."""
    query = sa.select(*_row()).order_by(_columns.canonical_address.nulls_last(), _columns.id)
    for row in connection.execute(query, execution_options={"yield_per": 1000}).mappings():
        yield _read(row)


def _row() -> list[sa.Column[object]]:
    return [_columns[name] for name in Suppression.__dataclass_fields__]


def _read(row: sa.RowMapping) -> Suppression:
    return Suppression(**{**row, "reason": SuppressionReason(row["reason"])})


def _is_of(tokens: Tokens, address: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        _columns.canonical_address == canonical_address(address),
        _columns.address_hash == address_hash(tokens, address),
    )


def _strength(reason: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
    return sa.case({each.value: strength for each, strength in STRENGTH.items()}, value=reason, else_=0)


def _ends(row: sa.ColumnCollection[str, sa.ColumnElement[object]]) -> sa.ColumnElement[datetime]:
    return sa.func.coalesce(row["expires_at"], sa.literal_column("'infinity'::timestamptz"))
