"""Held articles are told once for each import, for as long as they are held."""

from datetime import datetime, timedelta

import pytest

from newsletter.gather.polling.imports import LOOKED_BACK, hold_import, release_held
from newsletter.gather.polling.sources import Source, attach_source, detach_source
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter
from newsletter.schedule.alarms import Alarm, alarms_in_force, due_alarms
from newsletter.schedule.heartbeat import note_tick
from newsletter.schedule.tables import AlarmKind
from newsletter.schedule.watchdog import Patience, watch
from tests.publication.newsroom import a_source, an_article, publish
from tests.schedule.conftest import Desk

PATIENCE = Patience(timedelta(minutes=5), timedelta(hours=24))
MINUTE = timedelta(minutes=1)


def bring(desk: Desk, source: Source, first: int, at: datetime) -> None:
    """Let a source bring six articles of one date, which are held."""
    listed = [an_article(number, published_at=at - 90 * MINUTE) for number in range(first, first + 6)]
    with desk.database.transaction() as connection:
        publish(connection, source, listed, at)
        assert hold_import(connection, source.id, at)


def look(desk: Desk, at: datetime) -> list[Alarm]:
    """Look at a moment, and return the alarms in force."""
    with desk.database.transaction() as connection:
        note_tick(connection)
        watch(connection, PATIENCE, at, has_waited=False)
        return alarms_in_force(connection)


@pytest.fixture
def paper(desk: Desk) -> Source:
    """Give a source that is known, and that nothing is held of."""
    source = desk.source()
    desk.publish(source, 1)
    return source


def test_an_import_is_told_until_it_is_released(desk: Desk, paper: Source) -> None:
    """The alarm says what to do, lasts for however long nobody does it, and does not come again."""
    assert [] == look(desk, desk.now)
    at = desk.now + MINUTE
    bring(desk, paper, 10, at)
    (alarm,) = look(desk, at + MINUTE)
    assert (AlarmKind.IMPORT, desk.newsletter.id) == (alarm.kind, alarm.newsletter_id)
    assert "6 articles that came at 2026-03-02 12:01 UTC look like an import" in alarm.reason
    assert alarm.reason.endswith(f"newsletter sources release daily {paper.url}")
    assert [alarm] == look(desk, at + 2 * MINUTE)
    assert [alarm] == look(desk, at + 2 * LOOKED_BACK)
    with desk.database.transaction() as connection:
        assert [alarm.id] == due_alarms(connection, at + MINUTE)
        assert 6 == release_held(connection, paper.id)
    assert [] == look(desk, at + 2 * LOOKED_BACK + MINUTE)
    assert [] == look(desk, at + 3 * MINUTE)


def test_the_next_import_is_told_again(desk: Desk, paper: Source) -> None:
    """Each is one of its own, also while the one before is held."""
    for number in (1, 2):
        bring(desk, paper, 10 * number, desk.now + number * MINUTE)
    assert 2 == len(look(desk, desk.now + 3 * MINUTE))


def test_each_newsletter_of_the_source_is_told(desk: Desk, paper: Source) -> None:
    """Its own editors can act; a newsletter that gathers the source no more has nothing to do."""
    settings = NewsletterSettings(
        "weekly", "Weekly", "The Paper", "weekly@paper.example", postal_address="1 Quay Street"
    )
    with desk.database.transaction() as connection:
        weekly = add_newsletter(connection, settings)
        attach_source(connection, weekly.id, paper.id)
        other = a_source(connection, desk.newsletter.id, "wire")
    bring(desk, paper, 10, desk.now + MINUTE)
    with desk.database.transaction() as connection:
        publish(connection, other, [an_article(10)], desk.now + 2 * MINUTE)
    alarms = look(desk, desk.now + 3 * MINUTE)
    assert {desk.newsletter.id, weekly.id} == {each.newsletter_id for each in alarms}
    assert 2 == len(alarms)
    with desk.database.transaction() as connection:
        detach_source(connection, weekly.id, paper.id)
    assert [desk.newsletter.id] == [each.newsletter_id for each in look(desk, desk.now + 4 * MINUTE)]
