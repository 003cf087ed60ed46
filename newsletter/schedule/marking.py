"""An editor's mark takes effect: an edition that is ready already is chosen anew, with the mark."""

from datetime import date, datetime

import sqlalchemy as sa

from newsletter.bell import Bell
from newsletter.edition.plan import find_planned
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_edition
from newsletter.schedule.request import reassemble


def heed_marks(connection: sa.Connection, newsletter_id: int, on: date, now: datetime) -> tuple[Bell, ...]:
    """Let the newsletter's edition of a date be made anew if it is ready; return the bells to ring.

    One that is not assembled yet reads the marks when it is; what goes out already stays as it is.
    """
    edition_id = find_planned(connection, newsletter_id, on.isoformat())
    if edition_id is None or get_edition(connection, edition_id, lock=True).state is not EditionState.READY:
        return ()
    return reassemble(connection, edition_id, now)
