"""`newsletter status`."""

import json

import pytest
import sqlalchemy as sa

from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.errors import NotFoundError
from newsletter.gather.article import Genre
from newsletter.gather.polling.sources import attach_source, put_source
from newsletter.gather.tables import SourceKind, source
from newsletter.readers.gate import Gate
from newsletter.readers.sign_ups import SignUp, put_sign_up
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import request_subscription
from newsletter.schedule.alarms import Cause, end_alarms, raise_alarm
from newsletter.schedule.tables import AlarmKind
from newsletter.services import now
from tests.cli.conftest import Terminal
from tests.delivery.press import NOW, Press

URL = "https://paper.example/feed.xml"


NO_SIGN_UPS = {"undecided": 0, "since": None, "confirmations_put_off": 0, "until": None}


def test_an_empty_installation(terminal: Terminal) -> None:
    """With nothing there it says so."""
    nothing = {"alarms": [], "sign_ups": NO_SIGN_UPS, "newsletters": [], "sources": [], "editions": []}
    no_mail = {"inbound_mail": {"waiting": 0, "failed": []}}
    assert {**nothing, **no_mail} == json.loads(terminal.run("status", "--json").stdout)
    assert "No sources.\nNo editions yet.\n" == terminal.run("status").stdout


def test_the_overview(terminal: Terminal, press: Press) -> None:
    """Newsletters with their readers, sources with their health, editions with their verdicts."""
    edition_id = press.send("ann", "bo", "cy")
    press.unsubscribe(press.rows(edition_id)[0].subscription_id)
    press.change(delivery.c.id == press.rows(edition_id)[1].id, state="accepted")
    with press.database.transaction() as connection:
        attach_source(connection, press.newsletter.id, put_source(connection, URL, SourceKind.FEED, Genre.NEWS))
        connection.execute(sa.update(source).values(last_error="It did not answer.", failures=1))
    told = json.loads(terminal.run("status", "--json").stdout)
    assert {"active": 2, "unsubscribed": 1} == told["newsletters"][0]["readers"]
    assert [(URL, "It did not answer.")] == [(each["url"], each["last_error"]) for each in told["sources"]]
    assert [("daily/2026-03-02", "running", {"pending": 2, "accepted": 1})] == [
        (each["edition"], each["verdict"], each["deliveries"]) for each in told["editions"]
    ]
    shown = terminal.run("status").stdout
    assert "daily: The Daily, daily at 07:00 UTC; " in shown
    assert f"  {URL}: It did not answer." in shown
    assert "  daily/2026-03-02: running. Accepted for 1 of 3 readers, 2 to go." in shown


def test_alarms_come_first(terminal: Terminal, press: Press) -> None:
    """What is wrong is the first line, for as long as it is."""
    cause = Cause(AlarmKind.TICK, "never", "No tick was done yet.")
    with press.database.transaction() as connection:
        raise_alarm(connection, cause, NOW)
    (told,) = json.loads(terminal.run("status", "--json").stdout)["alarms"]
    assert ("tick", "never", "No tick was done yet.") == (told["kind"], told["about"], told["reason"])
    assert terminal.run("status").stdout.startswith("Alarm: No tick was done yet.\n")
    with press.database.transaction() as connection:
        end_alarms(connection, sa.true(), NOW)
    assert "Alarm" not in terminal.run("status").stdout


def test_one_edition(terminal: Terminal, press: Press) -> None:
    """Named by id, by date or by its newsletter, an edition is shown in full."""
    edition_id = press.send("ann")
    shown = [
        terminal.run("status", name, "--json").stdout for name in (str(edition_id), "daily/2026-03-02", "daily")
    ]
    assert 1 == len(set(shown))
    told = json.loads(shown[0])
    assert ("daily/2026-03-02", "sending", 1, "2026-03-02") == (
        told["edition"],
        told["state"],
        told["audience"],
        told["date"],
    )
    assert "2026-03-02T12:00:00Z" == told["times"]["sending_at"]
    assert "running" in terminal.run("status", "daily").stdout


def test_the_figures_add_up(terminal: Terminal, press: Press) -> None:
    """The audience is the sum of the deliveries in each state, whatever these are."""
    edition_id = press.send(*(f"reader{number}" for number, _ in enumerate(DeliveryState)))
    for row, state in zip(press.rows(edition_id), DeliveryState, strict=True):
        press.change(delivery.c.id == row.id, state=state)
    told = json.loads(terminal.run("status", "daily", "--json").stdout)
    assert {state.value: 1 for state in DeliveryState} == told["deliveries"]
    assert len(DeliveryState) == told["audience"] == sum(told["deliveries"].values())


def test_no_such_edition(terminal: Terminal, press: Press) -> None:
    """An edition that is not there is told as such."""
    with pytest.raises(NotFoundError):
        terminal.run("status", "daily/1999-01-01")


def test_sign_ups_that_wait_are_told(terminal: Terminal, press: Press) -> None:
    """Wishes that no worker decided on, and confirmations that wait for room, have a line each."""
    gate = Gate(press.tokens, per_network=10, per_hour=1)
    with press.database.transaction() as connection:
        for number in range(3):
            sign_up = SignUp(f"reader{number}@example.org", (press.newsletter.id,), Origin("form"))
            request_subscription(connection, gate, sign_up, now())
        put_sign_up(connection, sign_up, NOW)
    told = terminal.run("status").stdout
    assert "Sign-ups: 1 wait to be decided, the oldest since 2026-03-02" in told
    assert "Confirmations: 2 wait for room, the last until " in told
    counts = json.loads(terminal.run("status", "--json").stdout)["sign_ups"]
    assert (1, 2) == (counts["undecided"], counts["confirmations_put_off"])
