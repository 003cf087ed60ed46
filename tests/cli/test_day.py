"""`newsletter day`, with a worker that hears at once."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.delivery.transport import MemoryTransport
from newsletter.errors import SettingsError
from newsletter.services import Services
from tests.cli.conftest import Terminal
from tests.delivery.press import Press


def day(terminal: Terminal, *words: str | Path, code: int = 0) -> dict[str, Any]:
    """Run the command for a machine; return what it printed, which is JSON and nothing else."""
    told: dict[str, Any] = json.loads(terminal.run("day", "daily", "--json", *words, code=code).stdout)
    return told


def mailed(press: Press) -> list[str]:
    """Return who was mailed, in order."""
    transport: object = press.transport
    assert isinstance(transport, MemoryTransport)
    return [each.envelope_to for each in transport.submitted]


def test_a_day_from_a_file(terminal: Terminal, mailing: Services, press: Press, feed: Path) -> None:
    """One feed and one address give one message and a receipt whose figures add up."""
    told = day(terminal, "--feed", feed, "--to", "ann@example.org")
    assert ("sent", "done", 1, {"accepted": 1}) == (
        told["verdict"],
        told["state"],
        told["audience"],
        told["deliveries"],
    )
    assert 3 == len(told["articles"])
    assert [feed.as_uri()] == [each["url"] for each in told["sources"]]
    assert ["ann@example.org"] == mailed(press)


def test_the_same_day_again(terminal: Terminal, mailing: Services, press: Press, feed: Path) -> None:
    """Asked for again it is skipped with the reason; a new address gets the same edition alone."""
    first = day(terminal, "--feed", feed, "--to", "ann@example.org")
    again = day(terminal, "--feed", feed, "--to", "ann@example.org")
    assert ("skipped", first["id"]) == (again["verdict"], again["id"])
    assert "nobody has joined since" in again["reason"]
    late = day(terminal, "--feed", feed, "--to", "bo@example.org")
    assert ("sent", first["id"], {"accepted": 2}) == (late["verdict"], late["id"], late["deliveries"])
    assert ["ann@example.org", "bo@example.org"] == mailed(press)


def test_another_day_has_other_news(terminal: Terminal, mailing: Services, press: Press, feed: Path) -> None:
    """The next date finds nothing unsent in the same feed, and says so: nothing is sent twice."""
    tomorrow = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
    day(terminal, "--feed", feed, "--to", "ann@example.org")
    told = day(terminal, "--feed", feed, "--to", "ann@example.org", "--date", tomorrow)
    assert ("skipped", tomorrow) == (told["verdict"], told["date"])
    assert "No unsent stories" in told["reason"]
    assert ["ann@example.org"] == mailed(press)


def test_for_a_person(terminal: Terminal, mailing: Services, feed: Path) -> None:
    """Progress goes to standard error, the receipt to standard output."""
    result = terminal.run("day", "daily", "--feed", feed, "--to", "ann@example.org")
    today = datetime.now(UTC).date().isoformat()
    assert f"daily/{today}" in result.stderr
    assert "done" in result.stderr
    assert "sent. The relay accepted it for 1 of 1 reader." in result.stdout
    assert "Deliveries: 1 = 1 accepted" in result.stdout


def test_a_refused_reader_is_a_failure(terminal: Terminal, mailing: Services, press: Press, feed: Path) -> None:
    """When the relay refuses everybody the run failed, and the exit code says so."""
    transport: object = press.transport
    assert isinstance(transport, MemoryTransport)
    transport.answer = lambda _: (550, "5.7.1 not from you")
    told = day(terminal, "--feed", feed, "--to", "ann@example.org", code=1)
    assert ("failed", {"failed": 1}) == (told["verdict"], told["deliveries"])


def test_out_of_patience(terminal: Terminal, mailing: Services, press: Press, feed: Path) -> None:
    """An edition that has not ended in time is still running, which is no success."""
    mailing.ringer.is_deaf = True  # type: ignore[attr-defined]  # the ringer of these tests
    told = day(terminal, "--feed", feed, "--to", "ann@example.org", "--wait", "0", code=1)
    assert ("running", "planned") == (told["verdict"], told["state"])


def test_a_source_that_cannot_be_read(terminal: Terminal, mailing: Services, feed: Path, tmp_path: Path) -> None:
    """It is named in the receipt, and the others make the edition."""
    broken = tmp_path / "broken.xml"
    broken.write_text("<p>no feed</p>")
    told = day(terminal, "--feed", feed, "--feed", broken, "--to", "ann@example.org")
    assert ["sent", [broken.as_uri()]] == [
        told["verdict"],
        [each["url"] for each in told["sources"] if each["error"]],
    ]


def test_no_news(terminal: Terminal, mailing: Services, press: Press, tmp_path: Path) -> None:
    """Nothing to say, nothing sent, and that is no error."""
    empty = tmp_path / "empty.xml"
    empty.write_text('<rss version="2.0"><channel><title>Quiet</title></channel></rss>')
    told = day(terminal, "--feed", empty, "--to", "ann@example.org")
    assert "skipped" == told["verdict"]
    assert [] == mailed(press)


@pytest.mark.parametrize(("days", "said"), [(2, "no more than a day ahead"), (-1, "it exists since")])
def test_a_date_that_no_edition_can_have(
    terminal: Terminal, mailing: Services, feed: Path, days: int, said: str
) -> None:
    """Neither news of the day after tomorrow nor of before the newsletter; the error says which may be."""
    today = datetime.now(UTC).date()
    date = (today + timedelta(days=days)).isoformat()
    with pytest.raises(SettingsError, match=said) as caught:
        terminal.run("day", "daily", "--feed", feed, "--to", "ann@example.org", "--date", date)
    assert date in caught.value.what
    assert f"from {today} to {today + timedelta(days=1)}" in caught.value.mend
    assert "No editions yet." in terminal.run("status").stdout


def test_slips(terminal: Terminal, mailing: Services, press: Press, feed: Path) -> None:
    """A feed that is no file, and an address that is none, are refused before anything is stored."""
    with pytest.raises(SettingsError, match=r"nowhere\.xml"):
        terminal.run("day", "daily", "--feed", "nowhere.xml")
    assert "'ann'" in terminal.run("day", "daily", "--feed", feed, "--to", "ann", code=2).output
    terminal.run("day", "daily", "--date", "yesterday", code=2)
    for seconds in ("nan", "inf", "-1", "soon", "1e300"):
        terminal.run("day", "daily", "--wait", seconds, code=2)
    assert "No editions yet." in terminal.run("status").stdout
