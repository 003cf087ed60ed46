"""Somebody asks for an edition: the command line, the console's button, the API. Asking twice is asking once.

The edition of a date is made once. Asked for again, it goes to readers who joined since; an edition that was
skipped, failed or missed is tried again, because asking means that something changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.delivery.start import extend_audience
from newsletter.edition import store
from newsletter.edition.plan import (
    EditionRequest,
    find_planned,
    name_readers,
    plan_edition,
    release_for_sending,
)
from newsletter.edition.states import SENT, EditionState
from newsletter.edition.tables import edition as table
from newsletter.schedule.lateness import UNSENT, is_too_late, late_limit

_RETRIED = (EditionState.SKIPPED, EditionState.FAILED, EditionState.MISSED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What asking led to. ``is_new`` says that work began or goes on; ``late_readers`` joined a past edition."""

    edition_id: int
    is_new: bool
    late_readers: int
    bells: tuple[Bell, ...]


def request_edition(connection: sa.Connection, request: EditionRequest, now: datetime) -> Answer:
    """Ask for an edition; return what that led to and the bells to ring after the commit.

    Readers named for a date whose edition has gone to all join that one.
    """
    edition_id = _sent_to_all(connection, request)
    if edition_id is None:
        edition_id, is_new = plan_edition(connection, request)
        if is_new:
            return Answer(edition_id, is_new, 0, (Bell(TaskName.ADVANCE_EDITION, edition_id),))
    return ask_again(connection, edition_id, request.subscription_ids, request.requested_by, now)


def ask_again(
    connection: sa.Connection,
    edition_id: int,
    subscription_ids: Sequence[int] | None,
    requested_by: str,
    now: datetime,
) -> Answer:
    """Ask for an edition that exists, for all of its readers or for those named."""
    # Locked, so that readers named now cannot fall between another's request and the freezing of the audience.
    found = store.get_edition(connection, edition_id, lock=True)
    if found.state in {EditionState.SENDING, EditionState.DONE}:
        late = extend_audience(connection, edition_id, subscription_ids, now)
        is_running = late > 0 or found.state is EditionState.SENDING
        bells = (Bell(TaskName.ADVANCE_EDITION, edition_id),) if is_running else ()
        return Answer(edition_id, is_running, late, bells)
    if found.state in _RETRIED:
        store.move(
            connection, edition_id, (found.state, EditionState.PLANNED), reason="", finished_at=None, due_at=now
        )
    is_late = is_too_late(found, late_limit(connection, found), now)
    if found.due_at > now or is_late or (found.state in UNSENT and not found.sends_when_ready):
        # The timetable's own waits for its time, one made by hand for a word: whoever asks for it wants it now.
        connection.execute(sa.update(table).where(table.c.id == edition_id).values(due_at=now))
    if found.is_for_named_readers and subscription_ids is not None:
        name_readers(connection, edition_id, subscription_ids)
    release_for_sending(connection, edition_id, requested_by)
    is_over = found.state in {EditionState.PAUSED, EditionState.CANCELLED}
    bells = () if is_over else (Bell(TaskName.ADVANCE_EDITION, edition_id),)
    return Answer(edition_id, not is_over, 0, bells)


def reassemble(connection: sa.Connection, edition_id: int, now: datetime) -> tuple[Bell, ...]:
    """Let an edition that is ready be chosen and frozen anew, as after an editor's mark; return the bells to ring.

    Its sources are not asked again, its articles' pages are, and it is still sent at its own time. Raises
    ConflictError unless it is ready: what is not assembled yet looks at the marks when it is, and what is being
    sent stays as it is.
    """
    # The last look is given its time from now on, as after gathering.
    again = (EditionState.READY, EditionState.GATHERING)
    store.move(connection, edition_id, again, ready_at=now, rechecked_at=None)
    return (Bell(TaskName.ADVANCE_EDITION, edition_id),)


def _sent_to_all(connection: sa.Connection, request: EditionRequest) -> int | None:
    if request.subscription_ids is None or request.source_ids is not None:
        return None
    edition_id = find_planned(connection, request.newsletter_id, request.edition_on.isoformat())
    if edition_id is None or store.get_edition(connection, edition_id).state not in SENT:
        return None
    return edition_id
