"""Breaking news from the command line."""

import pytest
import sqlalchemy as sa

from newsletter.edition.breaking import BreakingError
from newsletter.edition.store import list_editions
from newsletter.readers.tables import subscription
from tests.cli.conftest import Terminal
from tests.delivery.press import Press


@pytest.fixture
def article_id(press: Press) -> str:
    """Give an article, and two readers of whom one asked for breaking news."""
    (made,) = press.put_articles("harbour")
    press.add_readers("ann", "bo")
    with press.database.transaction() as connection:
        connection.execute(sa.update(subscription).where(subscription.c.id == 1).values(breaking=True))
    return str(made)


def test_it_is_sent_once(terminal: Terminal, article_id: str) -> None:
    """The edition is named, and can be looked at; asked again, nobody is mailed twice, and nothing is asked."""
    told = terminal.run("breaking", "daily", article_id, "--yes").stdout
    name = next(word for word in told.split() if f"~breaking-{article_id}" in word)
    assert "goes to 1 reader." in told
    assert name in terminal.run("status", name).stdout
    again = terminal.run("breaking", "daily", "https://paper.example/harbour").stdout
    assert f"{name} told it: nobody is mailed it twice." in again


def test_nobody_asked(terminal: Terminal, press: Press, article_id: str) -> None:
    """No edition is begun for nobody."""
    with press.database.transaction() as connection:
        connection.execute(sa.update(subscription).values(breaking=False))
    with pytest.raises(BreakingError, match="No active reader of daily"):
        terminal.run("breaking", "daily", article_id)


@pytest.mark.parametrize(("typed", "expected"), [("y\n", (0, 1)), ("n\n", (1, 0)), ("", (1, 0))])
def test_it_is_confirmed(
    terminal: Terminal, press: Press, article_id: str, typed: str, expected: tuple[int, int]
) -> None:
    """What is sent to how many is said first, and only a yes sends it."""
    code, editions = expected
    asked = terminal.run("breaking", "daily", article_id, code=code, typed=typed)
    assert "Send “harbour” now to 1 reader of daily?" in asked.stdout
    with press.database.transaction() as connection:
        assert editions == len(list_editions(connection))
