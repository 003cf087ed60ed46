"""An editor's mark takes effect on an edition that is ready already."""

from newsletter.bell import Bell, TaskName
from newsletter.edition.states import EditionState
from newsletter.schedule.marking import heed_marks
from tests.schedule.conftest import Desk


def test_a_ready_edition_is_made_anew(ready_to_send: Desk) -> None:
    """It goes back to be chosen; one that is not there, or is being sent, is left alone."""
    desk = ready_to_send
    newsletter_id, on = desk.newsletter.id, desk.now.date()
    with desk.database.transaction() as connection:
        assert () == heed_marks(connection, newsletter_id, on, desk.now)
    edition_id = desk.plan(sends_when_ready=False)
    desk.advance(edition_id)
    with desk.database.transaction() as connection:
        assert (Bell(TaskName.ADVANCE_EDITION, edition_id),) == heed_marks(connection, newsletter_id, on, desk.now)
    assert EditionState.GATHERING is desk.edition(edition_id).state
    desk.ask()
    desk.advance(edition_id)
    with desk.database.transaction() as connection:
        assert () == heed_marks(connection, newsletter_id, on, desk.now)
    assert EditionState.SENDING is desk.edition(edition_id).state
