"""Queries about admins."""

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.admins.password import SHORTEST, hash_password
from newsletter.admins.tables import admin
from newsletter.errors import ConflictError, SettingsError
from newsletter.readers.address import canonical_address, read_address


@dataclass(frozen=True, slots=True)
class Admin:
    """Somebody who works in the console."""

    id: int
    address: str
    password_hash: str = field(repr=False)


def create_admin(connection: sa.Connection, address: str, password: str) -> int:
    """Store an admin and return the id.

    Raises AddressError, SettingsError for a password shorter than SHORTEST, ConflictError when the address is
    an admin's already.
    """
    if len(password) < SHORTEST:
        raise SettingsError(
            f"The password has {len(password)} characters; at least {SHORTEST} are needed.",
            "Four words that nobody would put together are easy to keep in mind.",
        )
    canonical = canonical_address(read_address(address))
    row = insert(admin).values(address=canonical, password_hash=hash_password(password))
    made = connection.execute(row.on_conflict_do_nothing().returning(admin.c.id)).one_or_none()
    if made is None:
        raise ConflictError(f"{canonical} is an admin already.", "Log in at /console.")
    return int(made.id)


def ensure_admin(connection: sa.Connection, address: str, password: str) -> bool:
    """Create an admin if there is none at all; return whether this call did."""
    if connection.execute(sa.select(sa.exists().where(admin.c.id.is_not(None)))).scalar_one():
        return False
    create_admin(connection, address, password)
    return True


def find_admin(connection: sa.Connection, address: str) -> Admin | None:
    """Return the admin with this address, however it is spelt, or None."""
    columns = admin.c
    query = sa.select(columns.id, columns.address, columns.password_hash)
    row = connection.execute(query.where(columns.address == canonical_address(address.strip()))).one_or_none()
    return None if row is None else Admin(*row)
