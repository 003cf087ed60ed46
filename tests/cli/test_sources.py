"""`newsletter sources`."""

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.errors import NotFoundError, SettingsError
from newsletter.gather import tables
from newsletter.gather.article import Article, Genre
from newsletter.gather.memory.store import store_articles
from newsletter.gather.polling.sources import genres_of, list_sources, source_ids_of
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
    assert f"feed  blog  {URL}" in terminal.run("sources", "list", "daily").stdout
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


def test_a_source_of_another_kind(terminal: Terminal, database: Database, daily: Newsletter) -> None:
    """What was chosen is stored, shown, and can be changed; the next step tries the source the same way."""
    page = "https://paper.example/"
    chosen = ("--kind", "page", "--selector", "main h2 a", "--profile", "wordpress")
    told = terminal.run("sources", "add", "daily", page, *chosen).stdout
    assert f"inspect feed {page} --kind page --selector 'main h2 a'" in told
    assert "reads its articles' pages by the profile wordpress" in terminal.run("sources", "list", "daily").stdout
    terminal.run("sources", "set", "daily", page, "--selector", "", "--no-read-pages", "--genre", "blog")
    (shown,) = json.loads(terminal.run("sources", "list", "daily", "--json").stdout)
    expected = {"kind": "page", "genre": "blog", "selector": "", "reads_pages": False, "profile": "wordpress"}
    assert expected == {name: shown[name] for name in expected}
    assert "  page  blog  " in terminal.run("sources", "list", "daily").stdout
    terminal.run("sources", "set", "daily", page, "--kind", "feed")
    assert "feed  blog  " in terminal.run("sources", "list", "daily").stdout


def test_a_source_that_pushes(terminal: Terminal, daily: Newsletter) -> None:
    """Its address is a name, its kind goes without saying, and it alone has a key."""
    assert "sources key daily push:paper" in terminal.run("sources", "add", "daily", "push:paper").stdout
    key = terminal.run("sources", "key", "daily", "push:paper").stdout
    assert (33, key) == (len(key), terminal.run("sources", "key", "daily", "push:paper").stdout)
    terminal.run("sources", "add", "daily", URL)
    with pytest.raises(SettingsError, match="does not push"):
        terminal.run("sources", "key", "daily", URL)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((URL, "--kind", "push"), "cannot be a source of the kind push"),
        (("push:paper", "--kind", "feed"), "cannot be a source of the kind feed"),
        ((URL, "--selector", "h2 a"), "A feed has no links to select"),
        ((URL, "--profile", "geocities"), "no site profile"),
    ],
)
def test_choices_that_do_not_fit(
    terminal: Terminal, database: Database, daily: Newsletter, words: tuple[str, ...], why: str
) -> None:
    """The error says so, and nothing is stored."""
    with pytest.raises(SettingsError, match=why):
        terminal.run("sources", "add", "daily", *words)
    with database.transaction() as connection:
        assert [] == source_ids_of(connection, daily.id)


@pytest.mark.parametrize("words", [("--kind", "file"), ("--kind", "x"), ("--kind", "page", "--selector", "a[")])
def test_a_slip_is_told_at_once(terminal: Terminal, daily: Newsletter, words: tuple[str, ...]) -> None:
    """No such kind, no such selector."""
    terminal.run("sources", "add", "daily", URL, *words, code=2)


def test_the_name_of_a_site_that_pushes(terminal: Terminal, daily: Newsletter) -> None:
    """One that cannot be is told as a name, and not as an address that fails."""
    assert "names no site" in terminal.run("sources", "add", "daily", "push:My Paper", code=2).output


def test_nothing_to_set(terminal: Terminal, daily: Newsletter) -> None:
    """A change needs something to change."""
    terminal.run("sources", "add", "daily", URL)
    with pytest.raises(SettingsError, match="nothing to change"):
        terminal.run("sources", "set", "daily", URL)


def test_what_to_look_after_is_listed(terminal: Terminal, database: Database, daily: Newsletter) -> None:
    """How often it is polled, what may be lost, where it went, and what waits for an editor's word."""
    terminal.run("sources", "add", "daily", URL)
    values = {
        "last_error": "paper.example answered 500.",
        "interval_seconds": 1800,
        "lost_at": datetime(2026, 11, 21, 9, tzinfo=UTC),
        "moved_to": "https://paper.example/new.xml",
    }
    with database.transaction() as connection:
        (source_id,) = source_ids_of(connection, daily.id)
        (origin,) = list_sources(connection, [source_id])
        connection.execute(sa.update(tables.source).values(values))
        store_articles(connection, origin, [Article("Ferry", "https://paper.example/1", "1")], datetime.now(UTC))
        connection.execute(sa.update(tables.article).values(is_held=True))
    told = terminal.run("sources", "list", "daily").stdout
    for note in (
        "answered 500.",
        "polled every 30 min",
        "articles may have been lost before 2026-11-21 09:00 UTC",
        "says that it has moved to https://paper.example/new.xml",
        f"1 articles are held, they look like an import: newsletter sources release daily {URL}",
    ):
        assert note in told
    assert "1 articles" in terminal.run("sources", "release", "daily", URL).stdout
    assert "held" not in terminal.run("sources", "list", "daily").stdout
    with database.transaction() as connection:
        connection.execute(sa.update(tables.source).values(state="gone"))
    assert "gone for good" in terminal.run("sources", "list", "daily").stdout
