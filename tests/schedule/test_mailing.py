"""What the editors are mailed."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.delivery import control
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition.rendering.content import Stationery
from newsletter.publication.newsletters import Newsletter, NewsletterSettings, add_newsletter, change_newsletter
from newsletter.readers.tables import SuppressionReason, suppression
from newsletter.schedule.alarms import Cause, due_alarms, end_alarms, raise_alarm
from newsletter.schedule.mailing import submit_alarm, submit_verdict
from newsletter.schedule.tables import AlarmKind
from newsletter.schedule.verdicts import due_verdicts, give_verdicts
from newsletter.tokens import Tokens
from tests.delivery.mail import mailed, memory, parse, text_of
from tests.delivery.press import Press
from tests.schedule.conftest import Desk


@pytest.fixture
def press(database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path) -> Press:
    """Give the press of a newsletter that keeps its mail in memory."""
    return Press(database, daily, tokens, FileJournals(tmp_path / "journals"))


@pytest.fixture
def stationery(templates: tuple[Path, ...]) -> Stationery:
    """Give the templates."""
    return Stationery(templates)


def name_editors(press: Press, editors: str) -> None:
    with press.database.transaction() as connection:
        change_newsletter(connection, "daily", {"editors": editors})


def texts(press: Press) -> list[tuple[str, str]]:
    """Return the subject and the text of each note."""
    notes = [parse(each.content) for each in memory(press).submitted]
    return [(note["Subject"], text_of(note, "plain").replace("\r\n", "\n")) for note in notes]


def raise_one(press: Press, now: datetime, newsletter_id: int | None = None) -> int:
    """Return an alarm just raised."""
    with press.database.transaction() as connection:
        raise_alarm(connection, Cause(AlarmKind.TICK, "never", "No tick was done yet.", newsletter_id), now)
        return due_alarms(connection, now)[0]


def test_a_verdict_has_the_facts_of_its_run(press: Press, stationery: Stationery, ready_to_send: Desk) -> None:
    """What was chosen and why, who got it and who did not, which source failed, and where to look."""
    desk = ready_to_send
    name_editors(press, "ed@paper.example chief@paper.example")
    desk.reader("bob")
    desk.reader("gone")
    with press.database.transaction() as connection:
        connection.execute(
            sa.insert(suppression).values(canonical_address="gone@reader.example", reason=SuppressionReason.BOUNCE)
        )
    edition_id = desk.plan()
    desk.advance(edition_id)
    desk.accept_all()
    with press.database.transaction() as connection:
        connection.execute(sa.update(delivery).where(delivery.c.id == 1).values(state=DeliveryState.FAILED))
    desk.advance(edition_id)
    with press.database.transaction() as connection:
        assert [edition_id] == due_verdicts(connection, desk.now)
    assert submit_verdict(press.post, stationery, edition_id, desk.now)
    assert ["ed@paper.example", "chief@paper.example"] == mailed(press)
    subject, text = texts(press)[0]
    assert "The Daily, 2026-03-02: sent" == subject
    assert text.startswith("daily/2026-03-02: sent.\nThe relay accepted it for 1 of 2 readers; 1 failed.\n")
    assert " 1. Headline" in text
    assert " points · " in text
    assert "Deliveries: 2 = 1 accepted, 1 failed" in text
    assert "Readers left out: 1 suppressed" in text
    assert text.endswith(f"https://news.paper.example/console/editions/{edition_id}\n")
    html = text_of(parse(memory(press).submitted[0].content), "html")
    for said in (
        "Headline1",
        " points",
        ">accepted</span>",
        ">suppressed</span>",
        f"/console/editions/{edition_id}",
    ):
        assert said in html
    assert "@reader.example" not in text + html
    assert not submit_verdict(press.post, stationery, edition_id, desk.now + timedelta(days=1))


def test_an_edition_without_a_verdict_is_not_mailed(press: Press, stationery: Stationery, desk: Desk) -> None:
    """A bell too many is no mail."""
    assert not submit_verdict(press.post, stationery, desk.plan(), desk.now)
    assert [] == mailed(press)


def test_an_alarm_goes_to_every_newsletter_s_editors_once(
    press: Press, stationery: Stationery, noon: datetime
) -> None:
    """Who edits two newsletters is told once."""
    name_editors(press, "ed@paper.example")
    weekly = NewsletterSettings(
        "weekly", "Weekly", "Paper", "week@paper.example", editors="ed@paper.example other@paper.example"
    )
    with press.database.transaction() as connection:
        add_newsletter(connection, weekly)
    alarm_id = raise_one(press, noon)
    assert submit_alarm(press.post, stationery, alarm_id, noon)
    assert ["ed@paper.example", "other@paper.example"] == mailed(press)
    subject, text = texts(press)[0]
    assert "Alarm: Nothing runs (The Daily)" == subject
    expected = "No tick was done yet.\nIt is not mended yet.\n\nhttps://news.paper.example/console\n"
    assert expected == text
    assert not submit_alarm(press.post, stationery, alarm_id, noon)


def test_an_alarm_of_one_newsletter(press: Press, stationery: Stationery, noon: datetime) -> None:
    """Its own editors hear of it, even when it ended meanwhile; one that is not there is nobody's."""
    name_editors(press, "ed@paper.example")
    alarm_id = raise_one(press, noon, press.newsletter.id)
    with press.database.transaction() as connection:
        end_alarms(connection, sa.true(), noon)
    assert submit_alarm(press.post, stationery, alarm_id, noon)
    assert "It ended at 2026-03-02 12:00 UTC." in texts(press)[0][1]
    assert not submit_alarm(press.post, stationery, 99, noon)


def test_without_editors_nobody_is_mailed(press: Press, stationery: Stationery, noon: datetime) -> None:
    """And nothing stays owed."""
    alarm_id = raise_one(press, noon)
    submit_alarm(press.post, stationery, alarm_id, noon)
    assert [] == mailed(press)
    with press.database.transaction() as connection:
        assert [] == due_alarms(connection, noon + timedelta(days=1))


def test_held_articles_are_told(press: Press, stationery: Stationery, noon: datetime) -> None:
    """The subject says what is wrong in the newsletter whose editors read it."""
    name_editors(press, "ed@paper.example")
    with press.database.transaction() as connection:
        raise_alarm(connection, Cause(AlarmKind.IMPORT, "x", "Six articles.", press.newsletter.id), noon)
        (alarm_id,) = due_alarms(connection, noon)
    assert submit_alarm(press.post, stationery, alarm_id, noon)
    assert ["Alarm: Articles are held (The Daily)"] == [subject for subject, _ in texts(press)]


def test_another_end_while_one_is_mailed_is_told_as_well(
    press: Press, stationery: Stationery, ready_to_send: Desk
) -> None:
    """To everybody, although they had the first; what is paid is the verdict that was mailed."""
    desk = ready_to_send
    name_editors(press, "ed@paper.example")
    edition_id = desk.plan()
    desk.advance(edition_id)
    with press.database.transaction() as connection:
        control.pause(connection, edition_id, "Wait.")
        give_verdicts(connection, desk.now)

    def resume(_: object) -> tuple[int, str]:
        memory(press).answer = lambda _: (250, "ok")
        with press.database.transaction() as connection:
            control.resume(connection, edition_id)
        desk.now += timedelta(minutes=1)
        desk.accept_all()
        desk.advance(edition_id)
        return 250, "ok"

    memory(press).answer = resume
    submit_verdict(press.post, stationery, edition_id, desk.now)
    assert submit_verdict(press.post, stationery, edition_id, desk.now)
    assert ["The Daily, 2026-03-02: held", "The Daily, 2026-03-02: sent"] == [each for each, _ in texts(press)]
