"""One engine a process, one transaction a use case."""

from enum import StrEnum

import pytest
import sqlalchemy as sa

from newsletter.config import Settings
from newsletter.db import Database, one_of
from newsletter.errors import SettingsError
from newsletter.publication.newsletters import Newsletter, NewsletterSettings, add_newsletter, list_newsletters

EVENING = NewsletterSettings(slug="evening", name="E", publisher="P", sender_address="e@paper.example")


def test_a_transaction_commits_at_its_end(database: Database) -> None:
    """What a block did stands once it is left."""
    with database.transaction() as connection:
        add_newsletter(connection, EVENING)
    with database.transaction() as connection:
        assert ["evening"] == [each.slug for each in list_newsletters(connection)]


def _add_and_fail(connection: sa.Connection) -> None:
    add_newsletter(connection, EVENING)
    raise RuntimeError("half way")


def test_an_exception_undoes_the_whole_block(database: Database, daily: Newsletter) -> None:
    """A block that fails half way leaves nothing behind, and the exception goes on."""
    with pytest.raises(RuntimeError, match="half way"), database.transaction() as connection:
        _add_and_fail(connection)
    with database.transaction() as connection:
        assert [daily] == list_newsletters(connection)


def test_the_connection_says_who_we_are(servers: Settings) -> None:
    """The server's list of connections tells our processes apart."""
    mine = Database(servers.database_url.get_secret_value(), application="one of ours")
    with mine.transaction() as connection:
        assert "one of ours" == connection.execute(sa.text("SHOW application_name")).scalar_one()
    mine.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "news",
        "sqlite:///news.db",
        "mysql://host/news",
        "postgresql://reader:secret@host:port/news",
    ],
)
def test_what_is_no_address_of_a_database_is_said_at_once(url: str) -> None:
    """Every wrong spelling of DATABASE_URL is one error with a mend, without the password."""
    with pytest.raises(SettingsError, match="DATABASE_URL") as caught:
        Database(url)
    assert caught.value.mend
    assert "sec" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_usual_name_of_postgresql_will_do(scheme: str) -> None:
    """Hosts hand out addresses in several spellings; all of them lead to the one driver we have."""
    database = Database(f"{scheme}://reader@host/news")
    assert "psycopg" == database.engine.driver
    database.close()


def test_a_server_that_is_away_is_named_without_the_password() -> None:
    """The error says where, why and what to look at; never the password."""
    database = Database("postgresql://reader:secret@127.0.0.1:1/news")
    with pytest.raises(SettingsError, match=r"127\.0\.0\.1:1/news cannot be reached: .+") as caught:
        database.transaction().__enter__()
    assert "secret" not in str(caught.value)
    assert "DATABASE_URL" in caught.value.mend
    database.close()


class Size(StrEnum):
    """Two words for a column."""

    SMALL = "small"
    LARGE = "large"


def test_a_column_is_kept_to_the_words_of_its_enum(database: Database) -> None:
    """The database itself refuses a word that the enum does not have."""
    words = sa.Table(
        "words", sa.MetaData(), sa.Column("size", sa.Text), one_of("size", Size), prefixes=["TEMPORARY"]
    )
    with database.transaction() as connection:
        words.create(connection)
        connection.execute(sa.insert(words), [{"size": each} for each in Size])
        with pytest.raises(sa.exc.IntegrityError, match="violates check constraint"), connection.begin_nested():
            connection.execute(sa.insert(words).values(size="medium"))
        words.drop(connection)


def test_only_a_few_hold_a_place_at_once(database: Database) -> None:
    """Two places under one key are two, another key has its own, and a place is free again after use."""
    with (
        database.one_of_few(7, 2) as first,
        database.one_of_few(7, 2) as second,
        database.one_of_few(7, 2) as third,
        database.one_of_few(8, 2) as other,
    ):
        assert (True, True, False, True) == (first, second, third, other)
    with database.one_of_few(7, 1) as again:
        assert again
