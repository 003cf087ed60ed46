"""Asking for a newsletter behind a gate that is wide open."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.readers.gate import Gate
from newsletter.readers.sign_ups import SignUp
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import request_subscription
from newsletter.tokens import Tokens

GATE = Gate(Tokens("a-secret-only-for-tests-0123456789abcdef"), per_network=1000, per_hour=1000)


def ask_for(
    connection: sa.Connection, newsletter_ids: int | tuple[int, ...], address: str, origin: Origin, now: datetime
) -> int | None:
    """Ask for one newsletter or several; return the subscription that is owed the confirmation."""
    ids = newsletter_ids if isinstance(newsletter_ids, tuple) else (newsletter_ids,)
    return request_subscription(connection, GATE, SignUp(address, ids, origin), now)
