"""Guessing passwords gets slower: after a few failures each further one doubles the wait.

A failure counts against address and network together, so that nobody locks an admin out from elsewhere, and
against the network alone, so that nobody tries one password on every address.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.admins.tables import login_failure

WINDOW = timedelta(minutes=15)
FREE = 5
"""Failures in the window that cost no wait; a network as a whole has FREE_FOR_NETWORK."""
FREE_FOR_NETWORK = 25
_FIRST_WAIT = timedelta(minutes=1)
_KEPT = timedelta(days=1)


def wait_for(failures: Sequence[datetime], free: int, now: datetime) -> timedelta:
    """Return how long the next attempt has to wait: nothing, or 1, 2, 4, 8 … minutes after the last failure."""
    recent = [at for at in failures if at > now - WINDOW]
    if len(recent) < free:
        return timedelta(0)
    wait = min(_FIRST_WAIT * (1 << min(len(recent) - free, 10)), WINDOW)
    return max(max(recent) + wait - now, timedelta(0))


def charge_attempt(connection: sa.Connection, address: str, network: str, now: datetime) -> timedelta:
    """Return how long to wait, or nothing; then the attempt is written down as failed before it is checked.

    Charging first is what holds against a hundred attempts at the same instant.
    """
    columns = login_failure.c
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"login {network}"))))
    connection.execute(sa.delete(login_failure).where(columns.at < now - _KEPT))
    query = sa.select(columns.address, columns.at).where(columns.network == network, columns.at > now - WINDOW)
    failures = connection.execute(query).all()
    wait = max(
        wait_for([row.at for row in failures if row.address == address], FREE, now),
        wait_for([row.at for row in failures], FREE_FOR_NETWORK, now),
    )
    if not wait:
        connection.execute(sa.insert(login_failure).values(address=address, network=network, at=now))
    return wait


def forgive(connection: sa.Connection, address: str, network: str) -> None:
    """Forget the failures before a right password."""
    columns = login_failure.c
    mine = (columns.address == address, columns.network == network)
    connection.execute(sa.delete(login_failure).where(*mine))
