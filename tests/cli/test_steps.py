"""`newsletter gather`, `assemble` and `send`: a day one step at a time."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.delivery.transport import MemoryTransport
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.states import EditionState
from newsletter.errors import ConflictError, NotFoundError, SettingsError
from newsletter.gather.article import Genre
from newsletter.gather.polling.sources import attach_source, put_source
from newsletter.gather.tables import SourceKind
from newsletter.publication.tables import newsletter
from newsletter.services import Services
from tests.cli.conftest import Terminal
from tests.delivery.press import Press

ON = ("--date", "2026-03-02")


@pytest.fixture(autouse=True)
def _since_winter(press: Press) -> None:
    """Let the newsletter be old enough for the editions of these tests."""
    with press.database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(created_at=datetime(2026, 1, 1, tzinfo=UTC)))


@pytest.fixture
def source(press: Press, feed: Path) -> Path:
    """Make the feed a source of the newsletter."""
    attach(press, feed)
    return feed


def attach(press: Press, path: Path) -> None:
    """Attach a file as a source."""
    with press.database.transaction() as connection:
        source_id = put_source(connection, path.as_uri(), SourceKind.FILE, Genre.NEWS)
        attach_source(connection, press.newsletter.id, source_id)


def ask(terminal: Terminal, *words: str | Path, code: int = 0) -> Any:
    """Run a command for a machine."""
    return json.loads(terminal.run(*words, "--json", code=code).stdout)


def test_gather(terminal: Terminal, source: Path) -> None:
    """The first poll stores what is new, the second finds nothing changed."""
    (first,), (second,) = ask(terminal, "gather", "daily"), ask(terminal, "gather", "daily")
    assert ("ok", 3, 3, "") == (first["outcome"], first["articles"], first["new_articles"], first["error"])
    assert ("unchanged", 0) == (second["outcome"], second["new_articles"])
    assert "unchanged" in terminal.run("gather", "daily").stdout


def test_gather_with_a_failure(terminal: Terminal, press: Press, source: Path, tmp_path: Path) -> None:
    """A source that fails is named and makes the exit code 1; the others are stored all the same."""
    broken = tmp_path / "broken.xml"
    broken.write_text("no feed")
    attach(press, broken)
    told = {each["url"]: each for each in ask(terminal, "gather", "daily", code=1)}
    assert "failed" == told[broken.as_uri()]["outcome"]
    assert told[broken.as_uri()]["error"]
    assert 3 == told[source.as_uri()]["new_articles"]


def test_a_day_step_by_step(terminal: Terminal, mailing: Services, press: Press, source: Path) -> None:
    """Gathered, assembled, looked at, sent: the edition waits at each step for the next command."""
    press.add_readers("ann", "bo")
    terminal.run("gather", "daily")
    ready = ask(terminal, "assemble", "daily", *ON)
    assert ("ready", "running", 3, {}) == (
        ready["state"],
        ready["verdict"],
        len(ready["articles"]),
        ready["deliveries"],
    )
    terminal.run("tick")
    assert EditionState.READY is press.edition(ready["id"]).state
    sent = ask(terminal, "send", "daily/2026-03-02")
    assert ("sent", {"accepted": 2}, ready["subject"]) == (sent["verdict"], sent["deliveries"], sent["subject"])
    transport: object = press.transport
    assert isinstance(transport, MemoryTransport)
    assert ["ann@example.org", "bo@example.org"] == [each.envelope_to for each in transport.submitted]
    again = ask(terminal, "send", "daily")
    assert "skipped" == again["verdict"]
    press.add_readers("cy")
    late = ask(terminal, "send", str(ready["id"]))
    assert ("sent", {"accepted": 3}) == (late["verdict"], late["deliveries"])


def test_assemble_again(terminal: Terminal, press: Press, source: Path) -> None:
    """Until it is sent an edition may be assembled anew, with what was gathered since."""
    told = ask(terminal, "assemble", "daily", *ON)
    assert ("skipped", []) == (told["state"], told["articles"])
    terminal.run("gather", "daily")
    first = ask(terminal, "assemble", "daily", *ON)
    second = ask(terminal, "assemble", "daily", *ON)
    assert ("ready", "ready", told["id"]) == (first["state"], second["state"], second["id"])
    assert first["articles"] == second["articles"]


def test_assemble_too_late(terminal: Terminal, press: Press) -> None:
    """What is under way is not assembled again."""
    press.send("ann")
    with pytest.raises(ConflictError, match="is sending"):
        terminal.run("assemble", "daily", *ON)


def test_assemble_for_an_odd_date(terminal: Terminal, press: Press) -> None:
    """No edition is made of a time before the newsletter, nor of one that nobody knows yet."""
    for date in ("2025-12-31", "9999-12-31"):
        with pytest.raises(SettingsError, match=date):
            terminal.run("assemble", "daily", "--date", date)


def test_assemble_with_a_fault_of_ours(
    terminal: Terminal, press: Press, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unforeseen error is a failed edition that says so, not one that is under way for ever."""

    def fail(*_: object) -> None:
        raise KeyError("colour")

    terminal.run("gather", "daily")
    with monkeypatch.context() as patched:
        patched.setattr(Stationery, "digest", fail)
        told = ask(terminal, "assemble", "daily", *ON, code=1)
    assert ("failed", "failed", True) == (told["state"], told["verdict"], "KeyError: 'colour'" in told["reason"])
    assert "ready" == ask(terminal, "assemble", "daily", *ON)["state"]


def test_send_for_a_person(terminal: Terminal, mailing: Services, press: Press, source: Path) -> None:
    """The receipt names the articles with their points and reasons."""
    press.add_readers("ann")
    terminal.run("gather", "daily")
    terminal.run("assemble", "daily", *ON)
    shown = terminal.run("send", "daily").stdout
    assert "daily/2026-03-02: sent." in shown
    assert "Cranes return to the river" in shown
    assert "points" in shown


@pytest.mark.parametrize("command", ["gather", "assemble", "send"])
def test_unknown(terminal: Terminal, mailing: Services, press: Press, command: str) -> None:
    """A newsletter that is not there is told as such."""
    with pytest.raises(NotFoundError):
        terminal.run(command, "weekly")
