"""The latest edition at once: GET offers it, one POST has it mailed, once, and to nobody else."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.delivery import control
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition.tables import edition, edition_article
from newsletter.readers.pauses import pause
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import unsubscribe
from newsletter.readers.tables import subscriber
from newsletter.tokens import Purpose
from tests.readers.asking import ask_for

BUTTON = "Send it to me now"
TITLES = ["The harbour opens", "Rain is coming", "Markets close early"]


def _path(scene: Any, number: int, purpose: Purpose = Purpose.PREFERENCES) -> str:
    door = "today" if purpose is Purpose.PREFERENCES else purpose
    return f"/{door}/{scene.services.tokens.sign(purpose, number, scene.clock())}"


def _deliveries(scene: Any, number: int) -> list[str]:
    with scene.database.transaction() as connection:
        query = sa.select(delivery.c.state).where(delivery.c.subscription_id == number)
        return list(connection.execute(query).scalars())


def _settle(scene: Any, number: int, state: DeliveryState) -> None:
    with scene.database.transaction() as connection:
        connection.execute(sa.update(delivery).where(delivery.c.subscription_id == number).values(state=state))


@pytest.fixture
def sent(scene: Any) -> int:
    """Give an edition that is being sent to one reader."""
    scene.add_reader("first@example.com")
    scene.gather(TITLES)
    return int(scene.make_edition(ready_only=False))


@pytest.fixture
def late(scene: Any, sent: int) -> int:
    """Give a reader who joined after that."""
    assert sent
    return int(scene.add_reader("late@example.com"))


@pytest.mark.parametrize("purpose", [Purpose.PREFERENCES, Purpose.WELCOME])
def test_one_press_plans_one_delivery(scene: Any, sent: int, late: int, purpose: Purpose) -> None:
    """The offer names the edition and leads to the archive; after the press it is on its way, however often."""
    page = _path(scene, late, purpose)
    offer = scene.browser().get(page).text
    assert TITLES[0] in offer
    assert 'href="/archive/daily/2026-03-02"' in offer
    assert BUTTON in offer
    for _ in range(2):
        answer = scene.browser().post(page)
        assert (303, page) == (answer.status_code, answer.headers["location"])
    assert [DeliveryState.PENDING] == _deliveries(scene, late)
    assert [Bell(TaskName.ADVANCE_EDITION, sent)] * 2 == scene.ringer.rung
    shown = scene.browser().get(page).text
    assert "on its way" in shown
    assert BUTTON not in shown


@pytest.mark.parametrize("purpose", [Purpose.PREFERENCES, Purpose.WELCOME])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_sends_nothing(scene: Any, late: int, method: str, purpose: Purpose) -> None:
    """Scanners get no edition for anybody."""
    before = scene.everything()
    assert 200 == scene.browser().request(method, _path(scene, late, purpose)).status_code
    assert before == scene.everything()
    assert [] == scene.ringer.rung


def test_an_edition_that_is_done_goes_out_once_more(scene: Any, sent: int, late: int) -> None:
    """To this reader alone; nobody else has a second copy."""
    _settle(scene, 1, DeliveryState.ACCEPTED)
    with scene.database.transaction() as connection:
        connection.execute(sa.text("UPDATE edition SET state = 'done' WHERE id = :id"), {"id": sent})
    scene.browser().post(_path(scene, late))
    assert [[DeliveryState.ACCEPTED], [DeliveryState.PENDING]] == [_deliveries(scene, each) for each in (1, late)]


def test_the_archive_does_not_tell_who_joins(scene: Any, sent: int, late: int) -> None:
    """One reader more makes no news of an edition: its page and its entry in the feed stay what they were."""
    with scene.database.transaction() as connection:
        connection.execute(sa.text("UPDATE edition SET state = 'done' WHERE id = :id"), {"id": sent})
    paths = ("/archive/daily/2026-03-02", "/archive/daily/feed.xml")
    before = [scene.browser().get(each).content for each in paths]
    scene.clock.at += timedelta(hours=2)
    scene.browser().post(_path(scene, late))
    assert [DeliveryState.PENDING] == _deliveries(scene, late)
    assert before == [scene.browser().get(each).content for each in paths]


def test_who_has_it_is_told_so(scene: Any, sent: int) -> None:
    """Nothing is planned, and no button asks for it."""
    assert sent
    _settle(scene, 1, DeliveryState.ACCEPTED)
    page = _path(scene, 1)
    assert "It was mailed to you" in scene.browser().get(page).text
    before = scene.everything()
    scene.browser().post(page)
    assert before == scene.everything()


def _leave(connection: sa.Connection, number: int, scene: Any) -> None:
    unsubscribe(connection, number, Origin("test"), scene.clock())


def _pause(connection: sa.Connection, number: int, scene: Any) -> None:
    pause(connection, number, 14, Origin("test"), scene.clock())


def _grow_old(connection: sa.Connection, _number: int, scene: Any) -> None:
    old = scene.clock() - timedelta(days=7, seconds=1)
    connection.execute(sa.update(edition).values(due_at=old))


def _stop(connection: sa.Connection, _number: int, _scene: Any) -> None:
    control.pause(connection, 1, "An editor looks at it.")


def _take_back(connection: sa.Connection, _number: int, scene: Any) -> None:
    connection.execute(
        sa.update(edition_article).where(edition_article.c.place == 1).values(withdrawn_at=scene.clock())
    )


@pytest.mark.parametrize("happen", [_leave, _pause, _grow_old, _stop, _take_back])
def test_when_nothing_is_sent(scene: Any, late: int, happen: Any) -> None:
    """To who left or pauses; of an edition that is old, stopped, or of which something was taken back."""
    with scene.database.transaction() as connection:
        happen(connection, late, scene)
    page = _path(scene, late)
    assert BUTTON not in scene.browser().get(page).text
    assert 303 == scene.browser().post(page).status_code
    assert [] == _deliveries(scene, late)


def test_before_the_first_edition(scene: Any) -> None:
    """There is nothing to send, and the page says so."""
    reader = scene.add_reader("early@example.com")
    assert "No edition was sent" in scene.browser().get(_path(scene, reader)).text
    assert "You are subscribed" in scene.browser().get(_path(scene, reader, Purpose.WELCOME)).text
    scene.browser().post(_path(scene, reader))
    assert [] == scene.ringer.rung


def test_confirming_leads_to_the_offer(scene: Any, sent: int) -> None:
    """The address it leads to confirms nothing, opens no preferences, and is good for an hour."""
    assert sent
    with scene.database.transaction() as connection:
        asked = ask_for(connection, scene.newsletter.id, "new@example.com", Origin("form"), scene.clock())
    assert asked is not None
    confirm = _path(scene, asked, Purpose.CONFIRM)
    page = scene.browser().post(confirm).headers["location"]
    shown = scene.browser().get(page).text
    assert "You are subscribed" in shown
    assert BUTTON in shown
    assert "new@example.com" not in shown
    assert "/preferences/" not in shown
    for door in ("preferences", "unsubscribe", "confirm", "today"):
        assert 403 == scene.browser().get(page.replace("welcome", door)).status_code
    scene.clock.pass_by(timedelta(hours=1, minutes=2))
    assert [403, 403] == [scene.browser().get(page).status_code, scene.browser().post(page).status_code]
    assert [] == _deliveries(scene, asked)


def test_an_erased_reader_gets_nothing(scene: Any, late: int) -> None:
    """And is told that nothing is left."""
    with scene.database.transaction() as connection:
        connection.execute(sa.delete(subscriber).where(subscriber.c.canonical_address == "late@example.com"))
    assert [404, 404] == [
        scene.browser().request(each, _path(scene, late)).status_code for each in ("GET", "POST")
    ]
