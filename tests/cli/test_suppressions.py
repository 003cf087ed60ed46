"""`newsletter suppressions`."""

import json
from pathlib import Path

import pytest

from newsletter.errors import NotFoundError, SettingsError
from tests.cli.conftest import Terminal
from tests.delivery.press import Press


def listed(terminal: Terminal) -> list[tuple[str, str, str]]:
    """Return the suppressions: address, reason, detail."""
    lines = terminal.run("suppressions", "list", "--json").stdout.splitlines()
    return [(row["address"], row["reason"], row["detail"]) for row in map(json.loads, lines)]


def test_an_address_is_suppressed_and_lifted(terminal: Terminal) -> None:
    """It is listed with its reason, and can be mailed again once that is taken back."""
    told = terminal.run("suppressions", "add", "Ann@example.org", "--detail", "asked by letter").stdout
    assert "Ann@example.org is not mailed any more.\n" == told
    assert "was suppressed already" in terminal.run("suppressions", "add", "ann@example.org").stdout
    assert [("ann@example.org", "manual", "asked by letter")] == listed(terminal)
    assert "ann@example.org: manual since " in terminal.run("suppressions", "list").stdout
    terminal.run("suppressions", "lift", "ANN@example.org")
    assert [] == listed(terminal)
    with pytest.raises(NotFoundError, match="not suppressed"):
        terminal.run("suppressions", "lift", "ann@example.org")


def test_a_list_goes_out_and_in(terminal: Terminal, press: Press, tmp_path: Path) -> None:
    """Exported, lifted and imported they are what they were; of the erased, that they were."""
    press.add_readers("gone")
    terminal.run("suppressions", "add", "ann@example.org", "--reason", "complaint", "--detail", "=spam")
    terminal.run("readers", "erase", "gone@example.org", "--yes")
    before = listed(terminal)
    out = tmp_path / "suppressions.csv"
    terminal.run("suppressions", "export", "--out", out)
    assert "'=spam" in out.read_text()
    for address in ("ann@example.org", "gone@example.org"):
        terminal.run("suppressions", "lift", address)
    assert "2 lines were taken in.\n" == terminal.run("suppressions", "import", out).stdout
    assert before == listed(terminal)
    assert out.read_text() == terminal.run("suppressions", "export").stdout


def test_somebody_else_s_list(terminal: Terminal, tmp_path: Path) -> None:
    """A column of addresses is enough; what is none is told, and the strongest of two lines counts."""
    path, rejected = tmp_path / "list.csv", tmp_path / "rejected.csv"
    lines = ("ann@example.org,", "ANN@example.org,complaint", "no address,", "bob@example.org,who knows")
    path.write_text("\n".join(["E-Mail,reason", *lines, "cy@example.org,erased"]))
    told = terminal.run("suppressions", "import", path, "--reason", "bounce", "--rejected", rejected).stdout
    assert "2 lines were taken in.\nline 4: no address" in told
    assert [("ann@example.org", "complaint", "")] == listed(terminal)
    refused = [line.partition(",")[0] for line in rejected.read_text().splitlines()]
    assert ["line", "4", "5", "6"] == refused


def test_what_is_weaker_changes_nothing(terminal: Terminal, tmp_path: Path) -> None:
    """A bounce in a list takes no complaint back."""
    terminal.run("suppressions", "add", "ann@example.org", "--reason", "complaint")
    path = tmp_path / "list.csv"
    path.write_text("address,reason\nann@example.org,bounce\n")
    terminal.run("suppressions", "import", path)
    assert [("ann@example.org", "complaint", "")] == listed(terminal)


@pytest.mark.parametrize("text", ["", "name\nAnn\n", "ann@example.org\n"])
def test_a_file_that_is_no_list(terminal: Terminal, tmp_path: Path, text: str) -> None:
    """It is told what the file has instead."""
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(SettingsError):
        terminal.run("suppressions", "import", path)


@pytest.mark.parametrize("known", ["00", "zz", "0" * 34])
def test_a_hash_that_is_none(terminal: Terminal, tmp_path: Path, known: str) -> None:
    """It is refused with its line."""
    path = tmp_path / "list.csv"
    path.write_text(f"address,address_hash\n,{known}\n")
    assert "line 2: " in terminal.run("suppressions", "import", path).stdout
    assert [] == listed(terminal)
