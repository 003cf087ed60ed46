"""`newsletter sources`."""

import pytest

from newsletter.db import Database
from newsletter.errors import NotFoundError, SettingsError
from newsletter.gather.article import Genre
from newsletter.gather.store import list_sources, source_ids_of
from newsletter.publication.newsletters import Newsletter
from tests.cli.conftest import Terminal

URL = "https://paper.example/feed.xml"


def test_add_list_remove(terminal: Terminal, database: Database, daily: Newsletter) -> None:
    """A source comes and goes; adding it twice is adding it once, and its genre is the one given last."""
    assert "daily gathers" in terminal.run("sources", "add", "daily", URL).stdout
    terminal.run("sources", "add", "daily", URL, "--genre", "blog")
    with database.transaction() as connection:
        (source,) = list_sources(connection, source_ids_of(connection, daily.id))
    assert (URL, Genre.BLOG) == (source.url, source.genre)
    assert URL in terminal.run("sources", "list", "daily").stdout
    assert "no longer" in terminal.run("sources", "remove", "daily", URL).stdout
    assert "" == terminal.run("sources", "list", "daily").stdout


@pytest.mark.parametrize("url", ["feed.xml", "file:///etc/passwd", "ftp://paper.example/feed.xml", ""])
def test_only_the_web_is_a_source(terminal: Terminal, daily: Newsletter, url: str) -> None:
    """A newsletter's own sources are http or https addresses: no file can be named for good."""
    with pytest.raises(SettingsError, match="http"):
        terminal.run("sources", "add", "daily", url)


def test_remove_what_is_not_there(terminal: Terminal, daily: Newsletter) -> None:
    """The error names what there is."""
    terminal.run("sources", "add", "daily", URL)
    with pytest.raises(SettingsError) as caught:
        terminal.run("sources", "remove", "daily", "https://other.example/")
    assert URL in caught.value.mend


def test_an_unknown_newsletter(terminal: Terminal, daily: Newsletter) -> None:
    """The error names the newsletters there are."""
    with pytest.raises(NotFoundError) as caught:
        terminal.run("sources", "list", "weekly")
    assert "daily" in caught.value.mend
