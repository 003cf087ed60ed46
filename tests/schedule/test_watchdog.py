"""The alarm comes when nothing runs, once for each cause, and ends with it."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.edition.states import EditionState
from newsletter.edition.tables import edition
from newsletter.publication.tables import newsletter
from newsletter.schedule.alarms import Alarm, alarms_in_force, due_alarms
from newsletter.schedule.heartbeat import note_tick
from newsletter.schedule.tables import AlarmKind, heartbeat, verdict
from newsletter.schedule.tick import tick
from newsletter.schedule.verdict import VerdictKind
from newsletter.schedule.watchdog import Patience, watch
from tests.schedule.conftest import Desk

PATIENCE = Patience(timedelta(minutes=5), timedelta(hours=24))
SEVEN = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


@pytest.fixture
def watched(desk: Desk) -> Desk:
    """Give the desk of a newsletter that has been due at seven since the day before, and a tick just done."""
    with desk.database.transaction() as connection:
        note_tick(connection)
        connection.execute(sa.update(newsletter).values(scheduled_since=SEVEN - timedelta(hours=1)))
    return desk


def look(desk: Desk, now: datetime, *, has_waited: bool = True) -> list[Alarm]:
    """Look at a moment, and return the alarms in force."""
    with desk.database.transaction() as connection:
        watch(connection, PATIENCE, now, has_waited=has_waited)
        return alarms_in_force(connection)


def fall_silent(desk: Desk, minutes: int = 6) -> None:
    with desk.database.transaction() as connection:
        silent = sa.func.now() - timedelta(minutes=minutes)
        connection.execute(sa.update(heartbeat).values(beaten_at=silent))


def test_all_is_well(watched: Desk) -> None:
    """While ticks are done and nothing is late, there is no alarm."""
    assert [] == look(watched, SEVEN - timedelta(minutes=30))


def test_silence(watched: Desk) -> None:
    """No tick for the whole patience is an alarm, told once, until there is one again."""
    fall_silent(watched)
    (alarm,) = look(watched, SEVEN)
    assert AlarmKind.TICK is alarm.kind
    assert "No tick was done since" in alarm.reason
    assert [alarm] == look(watched, SEVEN + timedelta(minutes=1))
    with watched.database.transaction() as connection:
        assert [alarm.id] == due_alarms(connection, SEVEN)
        note_tick(connection)
    assert [] == look(watched, SEVEN + timedelta(minutes=2))
    fall_silent(watched, 7)
    assert alarm.id != look(watched, SEVEN)[0].id


def test_nothing_ever_ran(desk: Desk) -> None:
    """An installation whose workers were never started is as silent."""
    (alarm,) = look(desk, SEVEN)
    assert alarm.reason.startswith("No tick was done yet")


def test_who_has_just_come_says_nothing(watched: Desk) -> None:
    """After all of it was stopped, the first minutes are for the workers to begin in."""
    fall_silent(watched, 600)
    assert [] == look(watched, SEVEN + timedelta(hours=9), has_waited=False)


@pytest.mark.parametrize(("late", "is_alarming"), [("06:04", False), ("06:06", True)])
def test_an_edition_that_nobody_began(watched: Desk, late: str, *, is_alarming: bool) -> None:
    """Past the late limit and the watchdog's own patience, a date without an edition is an alarm."""
    hours, minutes = map(int, late.split(":"))
    alarms = look(watched, SEVEN + timedelta(hours=hours, minutes=minutes))
    assert is_alarming == bool(alarms)
    if alarms:
        assert (AlarmKind.NO_VERDICT, "daily/2026-03-02") == (alarms[0].kind, alarms[0].about)
        assert "due at 2026-03-02 07:00 UTC, and nothing was begun" in alarms[0].reason


def test_a_verdict_ends_the_alarm(watched: Desk) -> None:
    """The tick that comes at last records the date as missed, which is news of another kind."""
    late = SEVEN + timedelta(hours=7)
    assert [AlarmKind.NO_VERDICT] == [each.kind for each in look(watched, late)]
    with watched.database.transaction() as connection:
        tick(connection, late)
    assert [AlarmKind.MISSED] == [each.kind for each in look(watched, late)]
    with watched.database.transaction() as connection:
        after = late + timedelta(hours=20)
        connection.execute(sa.update(edition).values(state=EditionState.DONE))
        connection.execute(sa.update(verdict).values(kind=VerdictKind.SENT, given_at=after))
    assert [] == look(watched, SEVEN + timedelta(hours=24))


@pytest.mark.parametrize("state", ["planned", "gathering", "ready", "sending"])
def test_an_edition_that_stands_still(watched: Desk, state: str) -> None:
    """Unsent past the limit, or sending for longer than any delivery lives, it is an alarm."""
    edition_id = watched.plan(due_at=SEVEN)
    with watched.database.transaction() as connection:
        connection.execute(sa.update(edition).values(state=state, sending_at=SEVEN))
    limit = timedelta(hours=6, minutes=5) + (timedelta(hours=48) if state == "sending" else timedelta(0))
    about = watched.edition(edition_id).name
    assert about not in [each.about for each in look(watched, SEVEN + limit)]
    found = [each for each in look(watched, SEVEN + limit + timedelta(seconds=1)) if each.about == about]
    assert [f"{about} was due at 2026-03-02 07:00 UTC; it is {state}, and nobody says what became of it."] == [
        each.reason for each in found
    ]


def test_what_waits_for_a_person_is_no_alarm(watched: Desk) -> None:
    """An edition to look at may lie for as long as its editor likes."""
    with watched.database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(scheduled=False))
    watched.plan(due_at=SEVEN, sends_when_ready=False)
    assert [] == look(watched, SEVEN + timedelta(days=3))


def test_an_alarm_that_nobody_can_answer_ends(watched: Desk) -> None:
    """A date that the timetable does not have any more gets no edition: nothing would ever end its alarm."""
    late = SEVEN + timedelta(hours=7)
    (alarm,) = look(watched, late)
    assert AlarmKind.NO_VERDICT is alarm.kind
    with watched.database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(scheduled=False))
    assert [alarm] == look(watched, late, has_waited=False)
    assert [] == look(watched, late)


def test_an_alarm_lasts_until_the_verdict(watched: Desk) -> None:
    """That the edition was begun at last is no verdict yet."""
    late = SEVEN + timedelta(hours=7)
    (alarm,) = look(watched, late)
    watched.now = late
    watched.plan()
    assert [alarm] == look(watched, late)
