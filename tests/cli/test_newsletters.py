"""`newsletter newsletters`."""

from datetime import time

import pytest

from newsletter.db import Database
from newsletter.errors import ConflictError, ContentError, SettingsError
from newsletter.publication.newsletters import Newsletter, get_newsletter
from tests.cli.conftest import Terminal

PLAIN = ("newsletters", "add", "daily", "--name", "The Daily", "--publisher", "The Paper", "--sender")


def test_add(terminal: Terminal, database: Database) -> None:
    """What is typed is what is stored."""
    more = ("--zone", "Asia/Beirut", "--at", "06:30", "--language", "ar", "--site", "https://paper.example")
    shown = terminal.run(*PLAIN, "news@paper.example", *more, "--postal-address", "1 Quay Street").stdout
    assert "daily: The Daily, daily at 06:30 Asia/Beirut." in shown
    with database.transaction() as connection:
        found = get_newsletter(connection, "daily")
    assert ("news@paper.example", "Asia/Beirut", time(6, 30), "ar", "1 Quay Street") == (
        found.sender_address,
        found.zone,
        found.send_time,
        found.language,
        found.postal_address,
    )


def test_add_again(terminal: Terminal, database: Database) -> None:
    """A newsletter that exists is left as it is, and the error names the command that changes it."""
    terminal.run(*PLAIN, "news@paper.example")
    with pytest.raises(ConflictError, match="'daily' already") as caught:
        terminal.run(*PLAIN, "other@paper.example")
    assert "newsletters set daily" in caught.value.mend
    with database.transaction() as connection:
        assert "news@paper.example" == get_newsletter(connection, "daily").sender_address


def test_what_cannot_be(terminal: Terminal) -> None:
    """A sender without an address, an unknown zone and an odd slug are refused by name."""
    told = terminal.run(*PLAIN, "nobody", code=2).output
    assert "--sender" in told
    assert "'nobody'" in told
    with pytest.raises(SettingsError, match="zone 'Mars/Base'"):
        terminal.run(*PLAIN, "news@paper.example", "--zone", "Mars/Base")
    with pytest.raises(SettingsError, match="slug"):
        terminal.run(*[word.replace("daily", "A b") for word in PLAIN], "news@paper.example")
    terminal.run(*PLAIN, "news@paper.example", "--at", "25:00", code=2)


WRONG = [
    ("--language", "klingon", "language must be a language tag"),
    ("--language", "en_US", "language must be a language tag"),
    ("--site", "ftp://paper.example", "site_url must be an http or https address"),
    ("--publisher", " ", "publisher must be 1 to 100 characters"),
    ("--tagline", "one\ntwo", "tagline must be at most 200 characters on one line"),
]


@pytest.mark.parametrize(("option", "value", "mend"), WRONG)
def test_a_setting_is_checked_by_name(terminal: Terminal, option: str, value: str, mend: str) -> None:
    """What cannot be is told with the setting's name, its value and what it must be, and nothing is stored."""
    with pytest.raises(SettingsError) as caught:
        terminal.run(*PLAIN, "news@paper.example", option, value)
    assert repr(value) in caught.value.what
    assert mend in caught.value.mend
    assert "" == terminal.run("newsletters", "list").stdout


def test_set(terminal: Terminal, database: Database) -> None:
    """A setting is changed by name; a wrong value changes nothing."""
    terminal.run(*PLAIN, "news@paper.example")
    assert "language = pt-BR\n" == terminal.run("newsletters", "set", "daily", "language=pt-BR").stdout
    for change in ("language=xx", "site_url=paper.example", "send_time=07:00+02:00", "send_time=25"):
        with pytest.raises(SettingsError, match=change.partition("=")[0]):
            terminal.run("newsletters", "set", "daily", "tagline=New", change)
    with database.transaction() as connection:
        found = get_newsletter(connection, "daily")
    assert ("pt-BR", "", "", time(7, 0)) == (found.language, found.site_url, found.tagline, found.send_time)


def test_a_theme_that_is_not_there_changes_nothing(
    terminal: Terminal, daily: Newsletter, database: Database
) -> None:
    """A look is tried when it is set, not when the next edition is made."""
    assert "theme = gazette" in terminal.run("newsletters", "set", "daily", "theme=gazette").stdout
    with pytest.raises(ContentError, match="nowhere"):
        terminal.run("newsletters", "set", "daily", "theme=nowhere")
    with database.transaction() as connection:
        assert "gazette" == get_newsletter(connection, "daily").theme


def test_list(terminal: Terminal) -> None:
    """Each newsletter has a line."""
    assert "" == terminal.run("newsletters", "list").stdout
    terminal.run(*PLAIN, "news@paper.example")
    assert "daily: The Daily, daily at 07:00 UTC\n" == terminal.run("newsletters", "list").stdout
    terminal.run("newsletters", "set", "daily", "send_days=mon fri")
    assert "daily: The Daily, mon fri at 07:00 UTC\n" == terminal.run("newsletters", "list").stdout
    assert "scheduled = false\n" == terminal.run("newsletters", "set", "daily", "scheduled=no").stdout
    assert "daily: The Daily, not scheduled\n" == terminal.run("newsletters", "list").stdout
