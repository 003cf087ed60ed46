"""The one place where an error becomes words and an exit code."""

import io
import sys
from importlib.metadata import version

import pytest

from newsletter.cli import main
from newsletter.errors import AddressError, NotFoundError, SettingsError
from newsletter.publication.newsletters import Newsletter
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


@pytest.mark.parametrize(
    ("error", "code"),
    [(SettingsError("No.", "Do."), 2), (AddressError("No.", "Do."), 2), (NotFoundError("No.", "Do."), 1)],
)
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


def test_the_version(terminal: Terminal) -> None:
    """--version says which release this is, and does nothing else."""
    assert f"newsletter {version('newsletter')}\n" == terminal.run("--version").stdout


SLIPS = [
    *("day Daily", "day daily --wait nan", "day daily --date 2026-02-30", "day daily --date 9999-12-31"),
    *("day daily --to ann", "day daily --feed nowhere.xml", "day daily --feed http://[", "gather ../daily"),
    *(
        "assemble daily/x",
        "assemble daily --date 1",
        "send daily/2026-99-99",
        "send -- -1",
        "send daily --wait inf",
    ),
    *("pause Q", "resume a/b/c", "cancel é", "status daily/x", "status --data /etc/passwd"),
    *("preview daily --format doc", "preview daily --to ann", "preview daily/2026-11-22~x", "tick 5"),
    *("inspect feed --url paper.example feed.xml", "newsletters set Q zone=UTC", "newsletters set daily zone"),
    *("newsletters set daily id=4", "newsletters set daily top_stories=99999999999999999999"),
    *("sources add daily feed.xml", "sources add daily http://x/ --genre sport", "sources remove daily feed.xml"),
    *(
        "sources list Q",
        "readers add daily ann",
        "readers show ann",
        "up --to ann",
        "admin create ann --password-stdin",
    ),
]


@pytest.mark.parametrize("line", SLIPS)
def test_a_slip_of_the_hand_exits_with_2(
    terminal: Terminal, daily: Newsletter, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """Whatever cannot be meant is the command line's fault, not one of the service: scripts tell them apart."""
    monkeypatch.setattr(sys, "argv", ["newsletter", *line.split()])
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery staple\n"))
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert 2 == ended.value.code


def test_a_word_that_is_no_command(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip of the hand exits with 2, and says so."""
    monkeypatch.setattr(sys, "argv", ["newsletter", "dya"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert 2 == ended.value.code
    assert "dya" in capsys.readouterr().err
