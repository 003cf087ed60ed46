"""An editor's word from the command line."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.edition.states import EditionState
from newsletter.edition.tables import editor_mark
from newsletter.errors import NotFoundError, SettingsError
from newsletter.gather.article import Genre
from newsletter.gather.polling.sources import attach_source, put_source
from newsletter.gather.tables import SourceKind, article
from newsletter.publication.tables import newsletter
from tests.cli.conftest import Terminal
from tests.delivery.press import Press

CRANES, BAKERY, TRAM = "Cranes return to the river", "New bakery opens on Quay Street", "Council wants a tram"


@pytest.fixture
def gathered(terminal: Terminal, press: Press, feed: Path) -> Terminal:
    """Give a terminal on an installation that has gathered three articles, and an edition for them to stand in."""
    with press.database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(created_at=datetime(2026, 1, 1, tzinfo=UTC)))
        source_id = put_source(connection, feed.as_uri(), SourceKind.FILE, Genre.NEWS)
        attach_source(connection, press.newsletter.id, source_id)
    terminal.run("gather", "daily")
    return terminal


def candidates(terminal: Terminal) -> list[dict[str, Any]]:
    told = json.loads(terminal.run("candidates", "daily", "--json").stdout)
    return list(told["articles"])


def id_of(terminal: Terminal, title: str) -> str:
    return next(str(each["id"]) for each in candidates(terminal) if each["title"] == title)


def order(terminal: Terminal) -> list[str]:
    return [each["title"] for each in candidates(terminal) if each["place"]]


def test_candidates(gathered: Terminal) -> None:
    """Each has its id, its points, and why it is in or out."""
    shown = gathered.run("candidates", "daily").stdout
    assert all(title in shown for title in (CRANES, BAKERY, TRAM))
    first, *_ = candidates(gathered)
    assert 1 == first["place"]
    assert first["points"] == pytest.approx(sum(first["parts"].values()), abs=0.01)
    assert first["why"]


def test_marks_change_the_order(gathered: Terminal) -> None:
    """Pinned, blocked, and unmarked again."""
    before = order(gathered)
    last = id_of(gathered, before[-1])
    assert "has place 1" in gathered.run("pin", "daily", last).stdout
    assert before[-1] == order(gathered)[0]
    gathered.run("block", "daily", id_of(gathered, before[0]))
    assert before[0] not in order(gathered)
    assert "had 1 mark in daily" in gathered.run("unmark", "daily", last).stdout
    gathered.run("boost", "daily", id_of(gathered, before[1]), "-20")
    assert before[1] == order(gathered)[-1]
    shown = gathered.run("candidates", "daily").stdout
    assert "blocked by an editor" in shown
    assert "-20 points" in shown


def test_a_mark_by_address(gathered: Terminal, press: Press) -> None:
    """An article is named by its URL too, and whoever marked it is noted."""
    gathered.run("allow-update", "daily", "https://paper.example/Cra")
    with press.database.transaction() as connection:
        (row,) = connection.execute(sa.select(editor_mark)).all()
    assert ("update", "command line") == (row.kind, row.made_by)
    with pytest.raises(NotFoundError, match="no article"):
        gathered.run("block", "daily", "https://paper.example/none")
    with pytest.raises(SettingsError, match="too much"):
        gathered.run("boost", "daily", "1", "21")


def test_a_pin_for_a_date(gathered: Terminal) -> None:
    """It stands in that edition and in no other."""
    before = order(gathered)
    gathered.run("pin", "daily", id_of(gathered, before[-1]), "--place", "1", "--on", "2026-03-02")
    assert before == order(gathered)
    told = json.loads(gathered.run("candidates", "daily", "--date", "2026-03-02", "--json").stdout)
    assert before[-1] == told["articles"][0]["title"]


def test_retract(gathered: Terminal, press: Press) -> None:
    """A ready edition is made anew without it, one that is being sent stops."""
    ready = json.loads(gathered.run("assemble", "daily", "--json").stdout)
    article_id = id_of(gathered, CRANES)
    with pytest.raises(SettingsError, match="for a reason"):
        gathered.run("retract", article_id, "--why", " ")
    shown = gathered.run("retract", article_id, "--why", "It is made up.").stdout
    assert f"“{CRANES}” is taken back." in shown
    assert "is made anew without it" in shown
    assert EditionState.GATHERING is press.edition(ready["id"]).state
    assert CRANES not in order(gathered)
    with press.database.transaction() as connection:
        query = sa.select(article.c.withdrawn_why).where(article.c.id == int(article_id))
        assert "It is made up." == connection.execute(query).scalar_one()


def test_runs_and_their_difference(gathered: Terminal) -> None:
    """A trial makes a run and no edition; two runs are told apart in words, and each gives its outcome again."""
    first = json.loads(gathered.run("assemble", "daily", "--dry-run", "--json").stdout)
    assert 3 == len(first["articles"])
    gathered.run("block", "daily", str(first["articles"][0]["id"]))
    shown = gathered.run("assemble", "daily", "--dry-run").stdout
    assert "blocked by an editor" in shown
    runs = json.loads(gathered.run("runs", "daily", "--json").stdout)
    assert [True, True] == [each["is_trial"] for each in runs]
    assert "on trial: 2 of 3" in gathered.run("runs", "daily").stdout
    numbers = sorted(str(each["id"]) for each in runs)
    shown = gathered.run("diff", *numbers).stdout
    assert f"Went out from place 1: “{first['articles'][0]['title']}”" in shown
    assert "Nothing changed." in gathered.run("diff", numbers[0], numbers[0]).stdout
    told = json.loads(gathered.run("diff", *numbers, "--json").stdout)
    assert [] == told["not_repeated"]
    assert "No editions yet." in gathered.run("status").stdout
    with pytest.raises(NotFoundError):
        gathered.run("diff", numbers[0], "999")


def test_runs_of_two_newsletters(gathered: Terminal) -> None:
    """They have nothing to be compared in."""
    named = ("--name", "Weekly", "--publisher", "Paper", "--sender", "w@paper.example")
    gathered.run("newsletters", "add", "weekly", *named)
    for slug in ("daily", "weekly"):
        gathered.run("assemble", slug, "--dry-run")
    numbers = [
        str(json.loads(gathered.run("runs", slug, "--json").stdout)[0]["id"]) for slug in ("daily", "weekly")
    ]
    with pytest.raises(SettingsError, match="of two newsletters"):
        gathered.run("diff", *numbers)


def test_a_pin_names_its_own_option(gathered: Terminal) -> None:
    """What mends a wrong date is --on, which is what was typed."""
    with pytest.raises(SettingsError) as caught:
        gathered.run("pin", "daily", id_of(gathered, CRANES), "--on", "2001-01-01")
    assert "Choose --on" in caught.value.mend


def test_no_runs_yet(gathered: Terminal) -> None:
    """Before anything was chosen there is nothing to list, and a word on how to begin."""
    assert "--dry-run" in gathered.run("runs", "daily").stdout
