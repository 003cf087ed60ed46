"""The one place where an error becomes words and an exit code."""

import sys

import pytest

from newsletter.cli import main
from newsletter.errors import NotFoundError, SettingsError
from tests.cli.conftest import Terminal

COMMANDS = [
    *("up", "day", "gather", "assemble", "send", "pause", "resume", "cancel", "preview", "status"),
    *("migrate", "tick", "newsletters add", "newsletters list", "sources add", "sources remove", "sources list"),
    *("readers add", "readers show", "inspect feed", "admin create"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(terminal: Terminal, command: str) -> None:
    """--help says what a command does."""
    assert "Usage:" in terminal.run(*command.split(), "--help").stdout


def test_no_command_lists_them(terminal: Terminal) -> None:
    """Without a word the command line shows what there is."""
    shown = terminal.run(code=2).output
    assert all(name in shown for name in ("day", "status", "readers"))


@pytest.mark.parametrize(("error", "code"), [(SettingsError("No.", "Do."), 2), (NotFoundError("No.", "Do."), 1)])
def test_an_error_is_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    """What happened and how to mend it go to standard error; a setting that is wrong exits with 2."""

    def fail() -> object:
        raise error

    monkeypatch.setattr(main, "create_app", lambda: fail)
    with pytest.raises(SystemExit) as ended:
        main.main()
    said = capsys.readouterr()
    assert (code, "", "newsletter: No.\nDo.\n") == (ended.value.code, said.out, said.err)


def test_an_error_without_a_mend(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing can be advised, no empty line is."""

    def fail() -> object:
        raise NotFoundError("No.")

    monkeypatch.setattr(main, "create_app", lambda: fail)
    with pytest.raises(SystemExit):
        main.main()
    assert "newsletter: No.\n" == capsys.readouterr().err


def test_a_word_that_is_no_command(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip of the hand exits with 2, and says so."""
    monkeypatch.setattr(sys, "argv", ["newsletter", "dya"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert 2 == ended.value.code
    assert "dya" in capsys.readouterr().err
