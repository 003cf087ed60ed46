"""`newsletter preflight`, and `newsletter send` of what is held."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.edition import store
from newsletter.edition.states import EditionState
from newsletter.edition.tables import edition, edition_content
from newsletter.errors import ConflictError, NotFoundError, SettingsError
from newsletter.preflight.store import find_check
from newsletter.schedule.alarms import alarms_in_force
from newsletter.services import Services
from tests.cli.conftest import Terminal
from tests.delivery.press import Press
from tests.preflight.mails import a_mail, save, with_html


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask neither the network nor SpamAssassin: other tests do."""
    monkeypatch.setattr("newsletter.preflight.alive.Scout._is_asked", lambda *_: False)
    monkeypatch.setattr("newsletter.preflight.spam.PROGRAM", "no-such-program")


def spoil(press: Press, edition_id: int) -> None:
    """Take the text part from an edition."""
    with press.database.transaction() as connection:
        whose = edition_content.c.edition_id == edition_id
        connection.execute(sa.update(edition_content).where(whose).values(text="\n"))


def test_a_file_needs_no_database(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A good message exits with 0, one with something that blocks with 1, and both say what to mend."""
    monkeypatch.setattr("newsletter.cli.preflight.open_services", None)
    good = terminal.run("preflight", save(tmp_path, a_mail()), "--offline").stdout
    assert ("block" in good, "pictures alive" in good) == (False, True)
    bad = terminal.run("preflight", save(tmp_path, with_html('<a href="">a</a>')), "--offline", code=1).stdout
    assert ("block" in bad, "Leave the link" in bad) == (True, True)


def test_json(terminal: Terminal, tmp_path: Path) -> None:
    """Machine-readable output has the worst outcome and every finding."""
    path = save(tmp_path, with_html('<a href="">a</a>'))
    told = json.loads(terminal.run("preflight", path, "--offline", "--json", code=1).stdout)
    (bad,) = [each for each in told["findings"] if each["outcome"] == "block"]
    assert ("block", "links", "A link's address is ''.") == (told["outcome"], bad["check"], bad["what"])


def test_a_file_that_cannot_be_read(terminal: Terminal, tmp_path: Path) -> None:
    """A file that is missing, empty, or no edition's name, is told in a sentence."""
    for path in (tmp_path / "none.eml", tmp_path):
        with pytest.raises(SettingsError, match="cannot be read") if path.suffix else pytest.raises(SystemExit):
            terminal.run("preflight", path, code=1 if path.suffix else 2)
            raise SystemExit
    empty = tmp_path / "empty.eml"
    empty.touch()
    with pytest.raises(SettingsError, match="is empty"):
        terminal.run("preflight", empty)
    with pytest.raises(NotFoundError):
        terminal.run("preflight", "daily")


def test_an_edition_is_checked_and_kept(terminal: Terminal, services: Services, press: Press) -> None:
    """What is found of an edition is kept with it; each time it is looked at anew."""
    edition_id = press.make_ready([])
    terminal.run("preflight", "daily")
    spoil(press, edition_id)
    told = json.loads(terminal.run("preflight", "daily", "--json", code=1).stdout)
    assert "The text part is empty." in [each["what"] for each in told["findings"]]
    with services.database.transaction() as connection:
        kept = find_check(connection, store.get_edition(connection, edition_id))
    assert kept is not None
    assert ["text part"] == [each.check for each in kept.blocks]


def test_send_refuses_what_is_held(terminal: Terminal, services: Services, press: Press) -> None:
    """A held edition is not sent and the reason is told, until somebody sends it anyway."""
    press.add_readers("ann")
    edition_id = press.make_ready([])
    spoil(press, edition_id)
    with services.database.transaction() as connection:
        connection.execute(sa.update(edition).values(due_at=sa.func.now(), ready_at=sa.func.now()))
    held = terminal.run("send", "daily", code=1)
    assert "The text part is empty (the text)." in held.stdout
    assert EditionState.READY is press.edition(edition_id).state
    with services.database.transaction() as connection:
        (owed,) = alarms_in_force(connection)
    assert ("preflight", True) == (owed.kind, "The text part is empty" in owed.reason)
    with pytest.raises(ConflictError, match="text part is empty"):
        terminal.run("send", "daily")
    terminal.run("send", "daily", "--anyway", "--wait", "20")
    assert EditionState.DONE is press.edition(edition_id).state
    assert "command line let it go although: The text part is empty (the text)." in press.edition(edition_id).notes
