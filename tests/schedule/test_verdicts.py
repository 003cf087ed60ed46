"""One verdict for each run that ended, however it ended and however often it is looked at."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.delivery import control
from newsletter.delivery.plan import Slicing
from newsletter.edition.plan import record_missed
from newsletter.edition.tables import EditionKind
from newsletter.publication.newsletters import change_newsletter
from newsletter.publication.tables import newsletter
from newsletter.schedule.alarms import alarms_in_force
from newsletter.schedule.tables import AlarmKind, verdict
from newsletter.schedule.tick import tick
from tests.schedule.conftest import Desk

LONG_AGO = timedelta(days=30)


@pytest.fixture
def staffed(ready_to_send: Desk) -> Desk:
    """Give the desk of a newsletter with editors, whose timetable makes nothing by itself."""
    with ready_to_send.database.transaction() as connection:
        change_newsletter(connection, "daily", {"editors": "ed@paper.example", "scheduled": "no"})
        connection.execute(sa.update(newsletter).values(scheduled_since=ready_to_send.now - LONG_AGO))
    return ready_to_send


def given(desk: Desk) -> list[tuple[str, str, datetime | None]]:
    """Return each verdict's kind and reason, and when it is to be mailed."""
    columns = verdict.c
    query = sa.select(columns.kind, columns.reason, columns.mail_due_at).order_by(columns.edition_id)
    with desk.database.transaction() as connection:
        return [(kind, reason, due_at) for kind, reason, due_at in connection.execute(query)]


def ring(desk: Desk) -> list[Bell]:
    with desk.database.transaction() as connection:
        return tick(connection, desk.now)


def forget_mail(desk: Desk) -> None:
    """Let the verdict's mail have gone out."""
    with desk.database.transaction() as connection:
        connection.execute(sa.update(verdict).values(mail_due_at=None))


def test_sent(staffed: Desk) -> None:
    """Given by the step that ends the edition, and mailed by the next tick's bell."""
    edition_id = staffed.plan()
    staffed.advance(edition_id)
    assert [] == given(staffed)
    staffed.accept_all()
    staffed.advance(edition_id)
    assert [("sent", "The relay accepted it for 1 of 1 reader.", staffed.now)] == given(staffed)
    assert Bell(TaskName.SUBMIT_VERDICT, edition_id) in ring(staffed)


def test_skipped(desk: Desk) -> None:
    """Too little to say is a verdict with its reason; without editors nobody is mailed."""
    desk.advance(desk.plan())
    ((kind, reason, mail_due_at),) = given(desk)
    assert ("skipped", None) == (kind, mail_due_at)
    assert "an edition needs 3" in reason


def test_held(staffed: Desk) -> None:
    """A pause is told once by the next tick; another pause is told with its own reason; the end is told."""
    edition_id = staffed.plan()
    staffed.advance(edition_id)
    for reason in ("The relay refused us.", "Somebody looks."):
        with staffed.database.transaction() as connection:
            control.pause(connection, edition_id, reason)
        ring(staffed)
        ring(staffed)
        assert [("held", reason)] == [each[:2] for each in given(staffed)]
        with staffed.database.transaction() as connection:
            control.resume(connection, edition_id)
    forget_mail(staffed)
    staffed.accept_all()
    staffed.now += timedelta(minutes=1)
    staffed.advance(edition_id)
    assert [("sent", staffed.now)] == [(kind, due_at) for kind, _, due_at in given(staffed)]


def test_held_by_the_canary(staffed: Desk) -> None:
    """Whoever cancels is heard as well."""
    desk = replace(staffed, pace=replace(staffed.pace, slicing=Slicing(canary=1)))
    edition_id = desk.plan()
    with desk.database.transaction() as connection:
        control.cancel(connection, edition_id, "Wrong date.", desk.now)
    ring(desk)
    assert [("held", "Wrong date.", desk.now)] == given(desk)


def test_missed(staffed: Desk) -> None:
    """It is mailed, and an alarm stands until a later edition is sent."""
    with staffed.database.transaction() as connection:
        record_missed(connection, staffed.request(due_at=staffed.now - timedelta(hours=7)), "Nothing ran.")
    ring(staffed)
    assert [("missed", "Nothing ran.", staffed.now)] == given(staffed)
    with staffed.database.transaction() as connection:
        (alarm,) = alarms_in_force(connection)
    assert (AlarmKind.MISSED, "daily/2026-03-02: Nothing ran.") == (alarm.kind, alarm.reason)


def test_old_news_is_recorded_and_not_mailed(staffed: Desk) -> None:
    """Back after a week, the editors are not told of each date."""
    for days in (1, 2, 3, 6):
        due_at = staffed.now - timedelta(days=days, minutes=1)
        request = staffed.request(edition_on=due_at.date(), due_at=due_at)
        with staffed.database.transaction() as connection:
            record_missed(connection, request, "Nothing ran.")
    ring(staffed)
    assert [staffed.now, None, None, None] == [due_at for _, _, due_at in given(staffed)]


def test_named_readers_are_nobody_s_news(staffed: Desk) -> None:
    """A copy for one reader has its verdict, and no mail about it."""
    edition_id = staffed.plan(subscription_ids=(1,))
    staffed.advance(edition_id)
    staffed.accept_all()
    staffed.advance(edition_id)
    assert [("sent", None)] == [(kind, due_at) for kind, _, due_at in given(staffed)]


def test_a_correction_has_a_verdict_that_is_mailed(staffed: Desk) -> None:
    """It is for nobody by name, and who asked for it may not be looking: that nobody was told it, they hear."""
    edition_id = staffed.plan(kind=EditionKind.CORRECTION, article_id=1)
    staffed.advance(edition_id)
    kind, reason, due_at = given(staffed)[0]
    assert ("skipped", staffed.now) == (kind, due_at)
    assert "No active reader is one whom a correction edition is for." == reason


def test_who_joins_a_past_edition_makes_no_news(staffed: Desk) -> None:
    """The verdict counts them, and is not mailed again."""
    edition_id = staffed.plan()
    staffed.advance(edition_id)
    staffed.accept_all()
    staffed.advance(edition_id)
    forget_mail(staffed)
    staffed.reader("bob")
    staffed.now += timedelta(hours=1)
    staffed.ask()
    staffed.accept_all()
    staffed.advance(edition_id)
    assert [("sent", "The relay accepted it for 2 of 2 readers.", None)] == given(staffed)


def test_ringing_again_gives_nothing_new(staffed: Desk) -> None:
    """A verdict that stands is left alone."""
    edition_id = staffed.plan()
    with staffed.database.transaction() as connection:
        control.cancel(connection, edition_id, "Wrong date.", staffed.now)
    ring(staffed)
    forget_mail(staffed)
    ring(staffed)
    assert [("held", "Wrong date.", None)] == given(staffed)
