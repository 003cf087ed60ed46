"""The web process raises the alarm itself, and mails it, where every worker is dead."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from newsletter.publication.newsletters import change_newsletter
from newsletter.schedule.alarms import alarms_in_force
from newsletter.schedule.heartbeat import note_tick
from newsletter.web.watch import look, watching
from tests.delivery.scripted_relay import CLOSE, ScriptedRelay


@pytest.fixture
def relay() -> Iterator[ScriptedRelay]:
    """Give a relay that takes everything until a test gives it a script."""
    with ScriptedRelay() as opened:
        yield opened


@pytest.fixture
def silent(make_scene: Callable[..., Any]) -> Callable[..., Any]:
    """Give the maker of apps whose newsletter has an editor, and where no tick was ever done."""

    def make(relay: ScriptedRelay) -> Any:
        scene = make_scene(
            smtp_url=SecretStr(f"smtp://127.0.0.1:{relay.port}"), tick_interval=timedelta(milliseconds=1)
        )
        with scene.database.transaction() as connection:
            change_newsletter(connection, "daily", {"editors": "ed@paper.example"})
        return scene

    return make


def test_the_alarm_is_mailed_without_a_worker(silent: Callable[..., Any], relay: ScriptedRelay) -> None:
    """Raised and mailed once, in the log, in the console and to the editor."""
    scene = silent(relay)
    for _ in range(3):
        look(scene.services, scene.clock(), has_waited=True)
    assert ["ed@paper.example"] == relay.recipients()
    assert scene.browser().get("/readyz").status_code == 503


def test_a_relay_that_is_away_keeps_the_alarm_owed(silent: Callable[..., Any], relay: ScriptedRelay) -> None:
    """It is mailed once the relay is back."""
    scene = silent(relay)
    relay.decide = lambda moment: CLOSE if moment.step == "banner" else None
    look(scene.services, scene.clock(), has_waited=True)
    relay.decide = lambda _: None
    look(scene.services, scene.clock() + timedelta(hours=1), has_waited=True)
    assert ["ed@paper.example"] == relay.recipients()


def test_the_app_looks_for_as_long_as_it_lives(silent: Callable[..., Any], relay: ScriptedRelay) -> None:
    """On a timer of its own, through a database that was away and a fault of ours, and no longer."""
    scene = silent(relay)
    faults = iter([OSError("away"), KeyError("ours")])
    moments = []

    def now() -> Any:
        fault = next(faults, None)
        if fault is not None:
            raise fault
        moments.append(1)
        return scene.clock()

    async def live() -> None:
        async with watching(scene.services, now, seconds=0.02)(scene.app):
            while not relay.recipients():  # noqa: ASYNC110 — the relay lives on a thread of its own
                await asyncio.sleep(0.02)

    asyncio.run(asyncio.wait_for(live(), 30))
    assert ["ed@paper.example"] == relay.recipients()
    assert moments


def test_the_console_shows_it(scene: Any, editor: Any) -> None:
    """At the top, until a tick is done."""
    look(scene.services, scene.clock(), has_waited=True)
    page = editor.get("/console").text
    assert 'role="alert"' in page
    assert "No tick was done yet" in page
    with scene.database.transaction() as connection:
        note_tick(connection)
    look(scene.services, scene.clock(), has_waited=True)
    assert 'role="alert"' not in editor.get("/console").text
    with scene.database.transaction() as connection:
        assert [] == alarms_in_force(connection)
