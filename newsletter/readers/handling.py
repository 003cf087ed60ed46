"""A sign-up decided: the row goes, and what it asked for is owed, in one transaction."""

from datetime import datetime

import sqlalchemy as sa

from newsletter import log
from newsletter.readers.gate import Gate
from newsletter.readers.sign_ups import take_sign_up
from newsletter.readers.subscribe import request_subscription

_log = log.get("readers")


def handle_sign_up(connection: sa.Connection, gate: Gate, sign_up_id: int, now: datetime) -> int | None:
    """Decide on a wish, once; return the subscription that is owed a confirmation, for the bell after the commit.

    None where nothing is owed, and where the wish was decided before.
    """
    sign_up = take_sign_up(connection, sign_up_id)
    if sign_up is None:
        return None
    owed = request_subscription(connection, gate, sign_up, now)
    _log.info("sign_up_handled", sign_up_id=sign_up_id, how=sign_up.origin.how, owed=owed is not None)
    return owed
