"""`newsletter readers import` and `export`: what an operator sees of them."""

import csv
import json
import stat
from pathlib import Path

import pytest

from newsletter.errors import NotFoundError, SettingsError
from tests.cli.conftest import Terminal
from tests.delivery.press import Press

SOURCE = ("--newsletter", "daily", "--source", "the old list, 2019")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a file with a good reader, a broken line, and one who will have left."""
    path = tmp_path / "readers.csv"
    path.write_text("Adresse,status\nann@example.org,active\nno address,\nleft@example.org,active\n")
    return path


def test_a_file_is_taken_in(terminal: Terminal, press: Press, file: Path, tmp_path: Path) -> None:
    """What became of the lines is told by count, the refused ones with line and reason, and all in a file."""
    (left,) = press.add_readers("left")
    press.unsubscribe(left)
    rejected = tmp_path / "rejected.csv"
    words = (file, *SOURCE, "--map", "Adresse=address", "--rejected", rejected)
    told = terminal.run("readers", "import", *words).stdout
    assert "read: 3\n" in told
    assert "added: 1\n" in told
    assert "line 4, left@example.org: left us\n" in told
    assert "daily: active\n" == terminal.run("readers", "show", "ann@example.org").stdout
    with rejected.open(newline="") as kept:
        rows = list(csv.DictReader(kept))
    assert [("3", "no address"), ("4", "left@example.org")] == [(row["line"], row["address"]) for row in rows]


def test_a_trial_and_json(terminal: Terminal, press: Press, file: Path) -> None:
    """For a program the same as JSON and nothing else; a trial changes nothing."""
    press.add_readers("bob")
    words = (file, *SOURCE, "--map", "Adresse=address", "--dry-run", "--json")
    told = json.loads(terminal.run("readers", "import", *words).stdout)
    assert ("daily", True) == (told["newsletter"], told["dry_run"])
    assert {"read": 3, "added": 2, "rejected": 1} == told["lines"]
    assert [3] == [each["line"] for each in told["examples"]]
    with pytest.raises(NotFoundError):
        terminal.run("readers", "show", "ann@example.org")


def test_readers_are_asked(terminal: Terminal, press: Press, tmp_path: Path) -> None:
    """With --state unconfirmed nobody is a reader before they confirm."""
    press.add_readers("bob")
    path = tmp_path / "readers.csv"
    path.write_text("email\nann@example.org\n")
    told = terminal.run("readers", "import", path, *SOURCE, "--state", "unconfirmed").stdout
    assert "asked: 1\n" in told
    assert "daily: unconfirmed\n" == terminal.run("readers", "show", "ann@example.org").stdout


@pytest.mark.parametrize("source", ["", "   ", "two\nlines", "x" * 201])
def test_consent_needs_a_source(terminal: Terminal, press: Press, file: Path, source: str) -> None:
    """Nobody is taken in without a word about where their consent is from."""
    press.add_readers("bob")
    with pytest.raises(SettingsError, match="where consent is from"):
        terminal.run("readers", "import", file, "--newsletter", "daily", "--source", source)


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"", "line 1 is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "No column holds the address"),
        ("name;e-mail\n".encode("utf-16-le"), "NUL"),
        (b"name,surname\nAnn,B\n", "No column holds the address"),
        (b'"never closed\n', "a quote is never closed"),
        (b"x" * 10_000_000, "longer than"),
    ],
    ids=["empty", "a picture", "UTF-16 that does not say so", "no address", "an open quote", "one line"],
)
def test_a_file_that_is_none(terminal: Terminal, press: Press, tmp_path: Path, octets: bytes, told: str) -> None:
    """What is wrong with a file is told, and never as a traceback."""
    press.add_readers("bob")
    path = tmp_path / "readers.csv"
    path.write_bytes(octets)
    with pytest.raises(SettingsError, match=told):
        terminal.run("readers", "import", path, *SOURCE)


def test_slips_on_the_command_line(terminal: Terminal, press: Press, file: Path, tmp_path: Path) -> None:
    """A column without a field, a file that is not there, a place that cannot be written: each is named."""
    press.add_readers("bob")
    assert "Their column=address" in terminal.run("readers", "import", file, *SOURCE, "--map", "x", code=2).stderr
    with pytest.raises(SettingsError, match="cannot be read"):
        terminal.run("readers", "import", tmp_path / "none.csv", *SOURCE)
    with pytest.raises(SettingsError, match="cannot be written"):
        terminal.run("readers", "import", file, *SOURCE, "--rejected", tmp_path / "none" / "rejected.csv")
    with pytest.raises(SettingsError, match="cannot be written"):
        terminal.run("readers", "export", "--out", tmp_path)


def test_an_export(terminal: Terminal, press: Press, tmp_path: Path) -> None:
    """Readers come as CSV, on standard output or in a file that only its owner reads."""
    press.add_readers("ann", "=bob")
    out = tmp_path / "out.csv"
    terminal.run("readers", "export", "--newsletter", "daily", "--out", out)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [("ann@example.org", "active"), ("'=bob@example.org", "active")] == [
        (row["address"], row["state"]) for row in rows
    ]
    assert 0o600 == stat.S_IMODE(out.stat().st_mode)
    assert out.read_text() == terminal.run("readers", "export").stdout
