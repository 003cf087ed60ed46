"""Correcting an article from the command line."""

import pytest
import sqlalchemy as sa

from newsletter.errors import NotFoundError, SettingsError
from newsletter.gather.tables import article
from tests.cli.conftest import Terminal
from tests.delivery.press import Press

WRONG = "It was nine days, not ten."


@pytest.fixture
def article_id(press: Press) -> str:
    """Give an article that one reader was sent."""
    (made,) = press.put_articles("harbour")
    press.add_readers("ann")
    edition_id = press.make_ready([made])
    press.start(edition_id)
    press.submit(edition_id)
    return str(made)


def test_it_is_written_down(terminal: Terminal, press: Press, article_id: str) -> None:
    """Without --mail nobody is written to; said twice it is said once."""
    first = terminal.run("correct", article_id, "--text", WRONG)
    assert "“harbour” is corrected." in first.stdout
    assert "~correction" not in first.stdout
    assert "“harbour” was corrected so before." in terminal.run("correct", article_id, "--text", WRONG).stdout
    with press.database.transaction() as connection:
        assert WRONG == connection.execute(sa.select(article.c.correction)).scalar_one()


def test_it_is_mailed_once(terminal: Terminal, article_id: str) -> None:
    """The edition that tells it is named; asked again, that nobody is told twice."""
    told = terminal.run("correct", article_id, "--text", WRONG, "--mail").stdout
    assert f"~correction-{article_id} goes to those who were sent it." in told
    again = terminal.run("correct", article_id, "--mail").stdout
    assert "nobody is mailed it twice" in again


def test_an_edition_of_a_correction_can_be_named(terminal: Terminal, article_id: str) -> None:
    """So that it can be looked at, paused and cancelled."""
    told = terminal.run("correct", article_id, "--text", WRONG, "--mail").stdout
    name = next(word for word in told.split() if "~correction-" in word)
    assert name in terminal.run("status", name).stdout


def test_what_no_newsletter_sent(terminal: Terminal, press: Press) -> None:
    """There is nobody to tell, and that is said."""
    (unsent,) = press.put_articles("tram")
    told = terminal.run("correct", str(unsent), "--text", WRONG, "--mail").stdout
    assert "No newsletter has sent it: nobody is mailed." in told


def test_slips(terminal: Terminal, article_id: str) -> None:
    """No text where none stands, and no such article."""
    with pytest.raises(SettingsError, match="what was wrong"):
        terminal.run("correct", article_id)
    with pytest.raises(NotFoundError, match="no article"):
        terminal.run("correct", "999", "--text", WRONG)
