"""Suppressions as a CSV file, out and in.

Those of erased readers go as their hash, which only an installation with the same SECRET_KEY understands: who
moves to another machine keeps out whoever must be kept out.
"""

import csv
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TextIO

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.errors import AddressError, SettingsError
from newsletter.readers.address import LONGEST, canonical_address
from newsletter.readers.exchange.cells import bare, safe
from newsletter.readers.exchange.reader_rows import Refused, fast_address, read_moment
from newsletter.readers.exchange.records import Record, open_records
from newsletter.readers.exchange.refusals import Refusals
from newsletter.readers.exchange.shapes import NAMES_FOR_ADDRESS, normal
from newsletter.readers.suppressions import STRENGTH, Suppression, list_suppressions, put_suppressions
from newsletter.readers.tables import SuppressionReason

HEADING = ("address", "address_hash", "reason", "detail", "created_at", "expires_at")
_SLICE = 5_000
_HASH_OCTETS = 16


def export_suppressions(connection: sa.Connection, file: TextIO) -> int:
    """Write every suppression; return how many there were."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADING)
    count = 0
    for each in list_suppressions(connection):
        known = each.address_hash.hex() if each.address_hash else ""
        ends = each.expires_at.isoformat() if each.expires_at else ""
        told = (each.canonical_address or "", known, each.reason, each.detail, each.created_at.isoformat(), ends)
        writer.writerow([safe(cell) for cell in told])
        count += 1
    return count


def import_suppressions(
    database: Database, path: Path, reason: SuppressionReason, refusals: Refusals, now: datetime
) -> int:
    """Suppress every address of a file; return how many lines were taken. ``reason`` is for lines that give none.

    What holds already, and is stronger or lasts longer, stays. Raises SettingsError for a file that is none.
    """
    count = 0
    with open_records(path) as (heading, records):
        places = _places(heading, path)
        rows: list[Suppression] = []
        for record in records:
            row = _read(record, places, reason, now)
            if isinstance(row, Refused):
                refusals.write([row])
                continue
            rows.append(row)
            count += 1
            if len(rows) >= _SLICE:
                _put(database, rows, now)
                rows = []
        _put(database, rows, now)
    return count


def _places(heading: Record, path: Path) -> dict[str, int]:
    """Return where each column stands. Raises SettingsError where none holds an address."""
    names = ["address" if normal(cell) in NAMES_FOR_ADDRESS else normal(cell) for cell in heading.cells]
    places = {name: place for place, name in enumerate(names) if name in HEADING}
    if "address" not in places and "address_hash" not in places:
        told = ", ".join(repr(cell.strip()) for cell in heading.cells[:20])
        raise SettingsError(f"No column of {path} holds the address; it has {told}.", "Call it address.")
    return places


def _read(
    record: Record, places: Mapping[str, int], reason: SuppressionReason, now: datetime
) -> Suppression | Refused:
    told = {name: bare(record.cells[place]).strip() for name, place in places.items() if place < len(record.cells)}
    given = told.get("address", "")
    if record.fault:
        return Refused(record.line, "", record.fault)
    try:
        known = bytes.fromhex(told.get("address_hash", "")) or None
        if known is not None and (given or len(known) != _HASH_OCTETS):
            return Refused(record.line, given, "address_hash is none of ours, or stands beside an address")
        why = SuppressionReason(told.get("reason", "").lower() or reason)
        if why is SuppressionReason.ERASED and known is None:
            return Refused(record.line, given, "an erased reader has no address, only a hash")
        return Suppression(
            canonical_address=None if known else canonical_address(fast_address(given)),
            address_hash=known,
            reason=why,
            detail=told.get("detail", ""),
            created_at=read_moment(told["created_at"]) if told.get("created_at") else now,
            expires_at=read_moment(told["expires_at"]) if told.get("expires_at") else None,
        )
    except AddressError as error:
        return Refused(record.line, given[:LONGEST], error.what)
    except (ValueError, OverflowError) as error:
        return Refused(record.line, given[:LONGEST], str(error))


def _put(database: Database, rows: list[Suppression], now: datetime) -> None:
    """Write a slice; of several lines about one address the strongest counts."""
    strongest: dict[object, Suppression] = {}
    for row in rows:
        key = row.canonical_address or row.address_hash
        if key not in strongest or STRENGTH[row.reason] > STRENGTH[strongest[key].reason]:
            strongest[key] = row
    ordered = sorted(strongest.values(), key=lambda row: (row.canonical_address or "", row.address_hash or b""))
    with database.transaction() as connection:
        for by_hash in (False, True):
            some = [asdict(row) for row in ordered if (row.address_hash is not None) is by_hash]
            put_suppressions(connection, some, now, by_hash=by_hash)
