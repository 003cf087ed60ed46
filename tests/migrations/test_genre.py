"""Migration 0004: what a source was for all is what it is for each newsletter that gathers it."""

from importlib import import_module

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from newsletter.db import Database
from newsletter.gather.article import Genre
from newsletter.gather.polling.sources import genres_of
from newsletter.gather.tables import source
from newsletter.publication.newsletters import Newsletter
from tests.publication.newsroom import a_source

MIGRATION = "newsletter.migrations.versions.0004_genre_of_a_newsletters_source"


def test_each_newsletter_starts_with_what_was_said_for_all(database: Database, daily: Newsletter) -> None:
    """A blog stays a blog and news stay news, though nobody says so again."""
    with database.engine.connect() as connection, connection.begin() as trial:
        paper, blog = a_source(connection, daily.id, "paper"), a_source(connection, daily.id, "blog")
        connection.execute(sa.text("ALTER TABLE newsletter_source DROP COLUMN genre"))
        connection.execute(sa.update(source).where(source.c.id == blog.id).values(genre=Genre.BLOG))
        with Operations.context(MigrationContext.configure(connection)):
            import_module(MIGRATION).upgrade()
        assert {paper.id: Genre.NEWS, blog.id: Genre.BLOG} == genres_of(connection, daily.id)
        trial.rollback()
