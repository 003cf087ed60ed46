"""`newsletter newsletters`."""

from datetime import time

import pytest

from newsletter.db import Database
from newsletter.errors import AddressError, SettingsError
from newsletter.publication.newsletters import get_newsletter
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
    """A newsletter that exists is left as it is."""
    terminal.run(*PLAIN, "news@paper.example")
    terminal.run(*PLAIN, "other@paper.example")
    with database.transaction() as connection:
        assert "news@paper.example" == get_newsletter(connection, "daily").sender_address


def test_what_cannot_be(terminal: Terminal) -> None:
    """A sender without an address, an unknown zone and an odd slug are refused by name."""
    with pytest.raises(AddressError):
        terminal.run(*PLAIN, "nobody")
    with pytest.raises(SettingsError, match="zone 'Mars/Base'"):
        terminal.run(*PLAIN, "news@paper.example", "--zone", "Mars/Base")
    with pytest.raises(SettingsError, match="slug"):
        terminal.run(*[word.replace("daily", "A b") for word in PLAIN], "news@paper.example")
    terminal.run(*PLAIN, "news@paper.example", "--at", "25:00", code=2)


def test_list(terminal: Terminal) -> None:
    """Each newsletter has a line."""
    assert "" == terminal.run("newsletters", "list").stdout
    terminal.run(*PLAIN, "news@paper.example")
    assert "daily: The Daily, daily at 07:00 UTC\n" == terminal.run("newsletters", "list").stdout
