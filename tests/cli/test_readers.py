"""`newsletter readers`."""

from datetime import UTC, datetime, time

import pytest
import sqlalchemy as sa

from newsletter.errors import NotFoundError, SettingsError
from newsletter.publication.newsletters import Newsletter, change_newsletter
from newsletter.readers.tables import SubscriptionState, subscription
from tests.cli.conftest import Terminal
from tests.delivery.press import Press


def test_add_and_show(terminal: Terminal, daily: Newsletter) -> None:
    """A reader is active at once, and is one reader however the address is spelled."""
    assert "daily: active\n" == terminal.run("readers", "add", "daily", " Ann@Example.org").stdout
    assert "daily: active\n" == terminal.run("readers", "add", "daily", "ann@example.org").stdout
    assert "daily: active\n" == terminal.run("readers", "show", "ANN@example.ORG").stdout


def test_who_left_stays_gone(terminal: Terminal, press: Press) -> None:
    """The operator's word does not bring back a reader who unsubscribed."""
    (ann,) = press.add_readers("ann")
    press.unsubscribe(ann)
    shown = terminal.run("readers", "add", "daily", "ann@example.org").stdout
    assert "daily: unsubscribed\nThey left daily, and were not added: only they can come back" in shown
    assert "http://localhost:8000/" in shown


def test_who_is_there_is_told_nothing_more(terminal: Terminal, daily: Newsletter) -> None:
    """That somebody left is said of nobody else."""
    assert "left" not in terminal.run("readers", "add", "daily", "bo@example.org").stdout


def test_a_zone_of_their_own(terminal: Terminal, press: Press) -> None:
    """A reader's zone is noted, changed and taken away again; one that there is not is refused."""

    def zone() -> str:
        with press.database.transaction() as connection:
            return str(connection.execute(sa.select(subscription.c.zone)).scalar_one())

    for given in ("America/New_York", "Asia/Tokyo", ""):
        terminal.run("readers", "add", "daily", "ann@example.org", "--zone", given)
        assert given == zone()
    terminal.run("readers", "add", "daily", "ann@example.org", "--zone", "Asia/Tokyo")
    terminal.run("readers", "add", "daily", "ann@example.org")
    assert "Asia/Tokyo" == zone()
    with pytest.raises(SettingsError, match="Mars"):
        terminal.run("readers", "add", "daily", "bo@example.org", "--zone", "Mars/Olympus")


def test_a_language_of_their_own(terminal: Terminal, press: Press) -> None:
    """A reader's language is noted, shown and taken away again; one that no edition is written in is refused."""
    with press.database.transaction() as connection:
        change_newsletter(connection, "daily", {"languages": "ar"})
    for given, expected in (
        ("ar", "daily: active, in ar\n"),
        ("en", "daily: active\n"),
        ("ar", "daily: active, in ar\n"),
    ):
        terminal.run("readers", "add", "daily", "ann@example.org", "--language", given)
        assert expected == terminal.run("readers", "show", "ann@example.org").stdout
    terminal.run("readers", "add", "daily", "ann@example.org", "--zone", "Asia/Tokyo")
    assert "daily: active, in ar, zone Asia/Tokyo\n" == terminal.run("readers", "show", "ann@example.org").stdout
    with pytest.raises(SettingsError, match="'fr'"):
        terminal.run("readers", "add", "daily", "bo@example.org", "--language", "fr")
    (cy,) = press.add_readers("cy")
    press.unsubscribe(cy)
    assert "They left" in terminal.run("readers", "add", "daily", "cy@example.org", "--language", "ar").stdout


def test_what_a_reader_chose_is_shown(terminal: Terminal, press: Press) -> None:
    """All of it, in the order of the preferences page; a pause with its end."""
    press.add_readers("ann")
    chosen = {
        "state": SubscriptionState.PAUSED,
        "paused_until": datetime(2099, 1, 2, tzinfo=UTC),
        "frequency": "weekly",
        "breaking": True,
        "sections": ["Sport", "Town"],
        "hour": time(9),
    }
    with press.database.transaction() as connection:
        connection.execute(sa.update(subscription).values(chosen))
    expected = "daily: paused, until 2099-01-02, once a week, breaking news, sections Sport + Town, at 09:00\n"
    assert expected == terminal.run("readers", "show", "ann@example.org").stdout


def test_who_is_suppressed_is_shown_as_that(terminal: Terminal, press: Press) -> None:
    """Whoever looks up why an active reader gets nothing finds it."""
    press.add_readers("ann")
    terminal.run("suppressions", "add", "ann@example.org", "--detail", "asked by telephone")
    expected = "daily: active\nsuppressed: manual  asked by telephone\n"
    assert expected == terminal.run("readers", "show", "ann@example.org").stdout


def test_errors(terminal: Terminal, daily: Newsletter) -> None:
    """A stranger, an odd address and an unknown newsletter are each told apart."""
    with pytest.raises(NotFoundError, match="No reader"):
        terminal.run("readers", "show", "ann@example.org")
    assert "'ann'" in terminal.run("readers", "add", "daily", "ann", code=2).output
    with pytest.raises(NotFoundError, match="weekly"):
        terminal.run("readers", "add", "weekly", "ann@example.org")
