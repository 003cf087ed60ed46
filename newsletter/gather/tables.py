"""What came in: sources, every poll of them, and one row for each article, for ever."""

from enum import StrEnum

import sqlalchemy as sa

from newsletter.db import Moment, key, metadata, one_of, reference
from newsletter.gather.article import Genre


class SourceKind(StrEnum):
    """How a source is read: over HTTP, or from a file that the operator named on the command line."""

    FEED = "feed"
    FILE = "file"


class SourceState(StrEnum):
    """Whether a source is still polled; a 410 ends it."""

    ACTIVE = "active"
    GONE = "gone"


class PollOutcome(StrEnum):
    """How one poll of a source ended."""

    OK = "ok"
    UNCHANGED = "unchanged"
    FAILED = "failed"


source = sa.Table(
    "source",
    metadata,
    key(),
    sa.Column("url", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False, server_default=SourceKind.FEED),
    sa.Column("genre", sa.Text, nullable=False, server_default=Genre.NEWS),
    sa.Column("title", sa.Text, nullable=False, server_default=""),
    sa.Column("language", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False, server_default=SourceState.ACTIVE),
    sa.Column("etag", sa.Text, nullable=False, server_default=""),
    sa.Column("last_modified", sa.Text, nullable=False, server_default=""),
    sa.Column("content_hash", sa.Text, nullable=False, server_default=""),
    sa.Column("is_dated_order", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_error", sa.Text, nullable=False, server_default=""),
    sa.Column("polled_at", Moment),
    sa.Column("succeeded_at", Moment),
    sa.Column("next_poll_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.Column("lease_until", Moment),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
    one_of("kind", SourceKind),
    one_of("genre", Genre),
    one_of("state", SourceState),
)

newsletter_source = sa.Table(
    "newsletter_source",
    metadata,
    reference("newsletter", primary_key=True),
    reference("source", primary_key=True),
    # What is news to one newsletter is a blog to another.
    sa.Column("genre", sa.Text, nullable=False, server_default=Genre.NEWS),
    one_of("genre", Genre),
)

poll = sa.Table(
    "poll",
    metadata,
    key(),
    reference("source"),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("finished_at", Moment, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("articles", sa.Integer, nullable=False, server_default="0"),
    sa.Column("new_articles", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    one_of("outcome", PollOutcome),
    sa.Index("ix_poll_source_id_finished_at", "source_id", "finished_at"),
)

article = sa.Table(
    "article",
    metadata,
    key(),
    sa.Column("canonical_url", sa.Text, nullable=False, unique=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False, server_default=""),
    sa.Column("author", sa.Text, nullable=False, server_default=""),
    sa.Column("section", sa.Text, nullable=False, server_default=""),
    sa.Column("genre", sa.Text, nullable=False),
    sa.Column("image_url", sa.Text, nullable=False, server_default=""),
    sa.Column("image_alt", sa.Text, nullable=False, server_default=""),
    sa.Column("language", sa.Text, nullable=False, server_default=""),
    sa.Column("votes", sa.Integer),
    sa.Column("comments", sa.Integer),
    sa.Column("published_at", Moment),
    sa.Column("updated_at", Moment),
    sa.Column("first_seen_at", Moment, nullable=False),
    sa.Column("last_seen_at", Moment, nullable=False),
    one_of("genre", Genre),
    sa.Index("ix_article_first_seen_at", "first_seen_at"),
)

sighting = sa.Table(
    "sighting",
    metadata,
    reference("source", primary_key=True),
    sa.Column("guid", sa.Text, primary_key=True),
    reference("article", index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("first_seen_at", Moment, nullable=False),
    sa.Column("last_seen_at", Moment, nullable=False),
)
