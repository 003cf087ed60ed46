"""What came in: sources, every poll of them, and one row for each article, for ever."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from newsletter.db import Moment, key, metadata, one_of, reference
from newsletter.gather.article import Form, Genre


class SourceKind(StrEnum):
    """How a source is read.

    A feed of any format, a news sitemap, a page whose links stand in the editors' order, a WordPress or Drupal
    site's own interface, what a site pushes to us, or a file that the operator named on the command line.
    """

    FEED = "feed"
    SITEMAP = "sitemap"
    PAGE = "page"
    WORDPRESS = "wordpress"
    DRUPAL = "drupal"
    PUSH = "push"
    FILE = "file"


class SourceState(StrEnum):
    """Whether a source is still polled; a 410 ends it."""

    ACTIVE = "active"
    GONE = "gone"


class ImageState(StrEnum):
    """What became of an article's image: still to fetch, ready to be shown, or not fit for it."""

    PENDING = "pending"
    READY = "ready"
    REFUSED = "refused"


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
    # Of a page: the CSS selector of its links to articles.
    sa.Column("selector", sa.Text, nullable=False, server_default=""),
    # Whether its articles' own pages are read for what the source does not say, and by which site profile.
    sa.Column("reads_pages", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("profile", sa.Text, nullable=False, server_default=""),
    # Where it says it has moved for good, and how often in a row it said so.
    sa.Column("moved_to", sa.Text, nullable=False, server_default=""),
    sa.Column("moved_times", sa.Integer, nullable=False, server_default="0"),
    # Seconds between polls as last worked out from its own pace.
    sa.Column("interval_seconds", sa.Integer),
    # How long it may be kept and when it wants to be left alone, for the answers that do not repeat it.
    sa.Column("wishes", JSONB, nullable=False, server_default="{}"),
    # The last poll whose oldest article was newer than the poll before: some in between may be lost.
    sa.Column("lost_at", Moment),
    # The oldest date that its last answer covered.
    sa.Column("covers_since_at", Moment),
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
    # What an editor should know of a poll that went well: articles held back, articles that may be lost.
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    one_of("outcome", PollOutcome),
    sa.Index("ix_poll_source_id_finished_at", "source_id", "finished_at"),
)

image = sa.Table(
    "image",
    metadata,
    key(),
    sa.Column("url", sa.Text, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False, server_default=ImageState.PENDING),
    # What its address on our own host is made of: it changes with the picture, so a copy may be kept for ever.
    sa.Column("name", sa.Text, unique=True),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    # JPEG: 600 and 1200 pixels wide.
    sa.Column("small", sa.LargeBinary),
    sa.Column("large", sa.LargeBinary),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Column("due_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.Column("fetched_at", Moment),
    one_of("state", ImageState),
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
    # Readers who recommended it from a mail of ours.
    sa.Column("recommendations", sa.Integer, nullable=False, server_default="0"),
    sa.Column("published_at", Moment),
    sa.Column("updated_at", Moment),
    sa.Column("first_seen_at", Moment, nullable=False),
    sa.Column("last_seen_at", Moment, nullable=False),
    # The last part of its address that has words: what stays the same when a headline changes.
    sa.Column("slug", sa.Text, nullable=False, server_default=""),
    sa.Column("form", sa.Text, nullable=False, server_default=Form.PLAIN),
    # Sticky or promoted by its own site.
    sa.Column("is_featured", sa.Boolean, nullable=False, server_default="false"),
    # Came in with what looks like an import; an editor lets it go.
    sa.Column("is_held", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("embargo_ends_at", Moment),
    sa.Column("correction", sa.Text, nullable=False, server_default=""),
    sa.Column("corrected_at", Moment),
    # Taken back by its publisher, or gone when it was looked at again: never chosen any more.
    sa.Column("withdrawn_at", Moment),
    sa.Column("withdrawn_why", sa.Text, nullable=False, server_default=""),
    # What its page says beyond the source, and where each fact came from.
    sa.Column("image_credit", sa.Text, nullable=False, server_default=""),
    sa.Column("dateline", sa.Text, nullable=False, server_default=""),
    sa.Column("subheadings", JSONB, nullable=False, server_default="[]"),
    sa.Column("body", sa.Text, nullable=False, server_default=""),
    sa.Column("words", sa.Integer),
    sa.Column("origins", JSONB, nullable=False, server_default="{}"),
    sa.Column("page_due_at", Moment),
    sa.Column("page_read_at", Moment),
    sa.Column("page_checked_at", Moment),
    sa.Column("page_failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("page_error", sa.Text, nullable=False, server_default=""),
    sa.Column("page_etag", sa.Text, nullable=False, server_default=""),
    sa.Column("page_last_modified", sa.Text, nullable=False, server_default=""),
    sa.Column("image_id", sa.BigInteger, sa.ForeignKey("image.id", ondelete="SET NULL")),
    one_of("genre", Genre),
    one_of("form", Form),
    sa.Index("ix_article_first_seen_at", "first_seen_at"),
    sa.Index("ix_article_published_at", "published_at"),
    sa.Index("ix_article_slug", "slug", postgresql_where=sa.text("slug <> ''")),
    sa.Index("ix_article_page_due_at", "page_due_at", postgresql_where=sa.text("page_due_at IS NOT NULL")),
)

sighting = sa.Table(
    "sighting",
    metadata,
    reference("source", primary_key=True),
    sa.Column("guid", sa.Text, primary_key=True),
    reference("article", index=True),
    sa.Column("position", sa.Integer, nullable=False),
    # Its places in the last three answers, the latest first; an answer without it has no place (0).
    sa.Column("positions", ARRAY(sa.Integer), nullable=False, server_default="{}"),
    sa.Column("first_seen_at", Moment, nullable=False),
    sa.Column("last_seen_at", Moment, nullable=False),
    # What one of the last three answers listed: a source's other sightings are its whole past.
    sa.Index("ix_sighting_placed", "source_id", postgresql_where=sa.text("0 < ANY (positions)")),
)
