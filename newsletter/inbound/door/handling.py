"""One message handled: once, in the transaction that says so, and after three failures left to be looked at."""

from collections.abc import Sequence
from datetime import datetime

from newsletter import log
from newsletter.bell import Bell
from newsletter.db import Database
from newsletter.inbound.desk.routing import handle
from newsletter.inbound.desk.visit import Desk
from newsletter.inbound.door.store import fail_mail, load_mail, settle_mail, take_mail

_log = log.get("inbound")


def handle_mail(database: Database, desk: Desk, mail_id: int, now: datetime) -> Sequence[Bell]:
    """Handle a message if it is due; return the bells to ring.

    An attempt that fails is undone as a whole. What it failed of is kept with the message and logged by its name
    alone, since a stranger's words may stand in it.
    """
    with database.transaction() as connection:
        if not take_mail(connection, mail_id, now):
            return []
    try:
        with database.transaction() as connection:
            received = load_mail(connection, mail_id)
            if received is None:
                return []
            handled = handle(desk, connection, received, now)
            settle_mail(connection, mail_id, handled.outcome)
    except Exception as error:  # noqa: BLE001 — whatever a stranger's mail does to us, it is that mail's trouble alone
        _log.error("mail_not_handled", mail_id=mail_id, kind=type(error).__name__)
        with database.transaction() as connection:
            fail_mail(connection, mail_id, type(error).__name__)
        return []
    _log.info("mail_handled", mail_id=mail_id, outcome=handled.outcome)
    return handled.bells
