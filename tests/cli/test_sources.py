"""`newsletter sources`."""

import pytest

from newsletter.db import Database
from newsletter.errors import NotFoundError, SettingsError
from newsletter.gather.article import Genre
from newsletter.gather.sources import genres_of, list_sources, source_ids_of
from newsletter.publication.newsletters import Newsletter, NewsletterSettings, add_newsletter
from tests.cli.conftest import Terminal

URL = "https://paper.example/feed.xml"


def test_add_list_remove(terminal: Terminal, database: Database, daily: Newsletter) -> None:
    """A source comes and goes; adding it twice is adding it once, and its genre is the one given last."""
    assert f"daily gathers {URL} as news." in terminal.run("sources", "add", "daily", URL).stdout
    assert (
        f"daily gathers {URL} as blog." in terminal.run("sources", "add", "daily", URL, "--genre", "blog").stdout
    )
    assert f"daily gathers {URL} as blog." in terminal.run("sources", "add", "daily", URL).stdout
    with database.transaction() as connection:
        (source,) = list_sources(connection, source_ids_of(connection, daily.id))
        assert {source.id: Genre.BLOG} == genres_of(connection, daily.id)
    assert f"blog  {URL}" in terminal.run("sources", "list", "daily").stdout
    assert "no longer" in terminal.run("sources", "remove", "daily", URL).stdout
    assert "" == terminal.run("sources", "list", "daily").stdout


def test_the_genre_is_each_newsletters_own(terminal: Terminal, database: Database, daily: Newsletter) -> None:
    """What is a blog to one newsletter is news to another, whoever comes first and last."""
    weekly = NewsletterSettings(slug="weekly", name="W", publisher="P", sender_address="w@paper.example")
    with database.transaction() as connection:
        add_newsletter(connection, weekly)
    terminal.run("sources", "add", "daily", URL)
    terminal.run("sources", "add", "weekly", URL, "--genre", "blog")
    assert f"news  {URL}" in terminal.run("sources", "list", "daily").stdout
    assert f"blog  {URL}" in terminal.run("sources", "list", "weekly").stdout
    terminal.run("sources", "remove", "weekly", URL)
    assert "as news." in terminal.run("sources", "add", "weekly", URL).stdout


@pytest.mark.parametrize(
    "url",
    [
        "feed.xml",
        "file:///etc/passwd",
        "ftp://paper.example/feed.xml",
        "",
        "http://",
        "http://[",
        "https://a:99999/",
    ],
)
def test_only_the_web_is_a_source(terminal: Terminal, daily: Newsletter, url: str) -> None:
    """A newsletter's own sources are http or https addresses: no file can be named for good."""
    assert "is no http or https" in terminal.run("sources", "add", "daily", url, code=2).stderr


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
