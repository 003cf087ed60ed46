"""`newsletter inspect mail`, and mail in `newsletter status`."""

import json

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.inbound.door.store import Arrived, keep_mail
from newsletter.inbound.tables import InboundState, inbound_mail
from tests.cli.conftest import Terminal
from tests.delivery.press import NOW

MAIL = b"From: ann@reader.example\r\nSubject: Pause 14\r\nAuto-Submitted: auto-replied\r\n\r\nDaily\r\n"


def keep(database: Database, state: InboundState) -> int:
    """Keep a mail that was tried three times."""
    with database.transaction() as connection:
        arrived = Arrived("lmtp", "ann@reader.example", "help@mail.paper.example", MAIL)
        number = keep_mail(connection, arrived, NOW)
        connection.execute(sa.update(inbound_mail).values(state=state, attempts=3, outcome="ValueError"))
    assert number is not None
    return number


def test_a_mail_that_failed(terminal: Terminal, database: Database) -> None:
    """Status names it, and inspect shows its envelope, its fate and what is read in it."""
    number = keep(database, InboundState.FAILED)
    assert {"waiting": 0, "failed": [number]} == json.loads(terminal.run("status", "--json").stdout)[
        "inbound_mail"
    ]
    assert f"could not be handled: {number} (" in terminal.run("status").stdout
    told = json.loads(terminal.run("inspect", "mail", str(number), "--json").stdout)
    assert ("failed", 3, "ValueError") == (told["state"], told["attempts"], told["outcome"])
    assert ("ann@reader.example", "help@mail.paper.example") == (told["envelope_from"], told["envelope_to"])
    assert (["pause", "daily"], "automatic") == (told["commands"], told["left_alone"])


def test_in_a_table(terminal: Terminal, database: Database) -> None:
    """Without --json it is a table; mail that waits is no line of status."""
    number = keep(database, InboundState.WAITING)
    shown = terminal.run("inspect", "mail", str(number)).stdout
    assert f"Mail {number}" in shown
    assert "pause, daily" in shown
    assert "could not be handled" not in terminal.run("status").stdout


def test_a_mail_that_is_not_there(terminal: Terminal) -> None:
    """What was never there, or is forgotten, is an error."""
    assert "There is no mail 7." in terminal.run("inspect", "mail", "7", code=1).stderr
