"""What goes out: editions, the articles chosen for each, and the memory of what was ever sent."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from newsletter.db import Moment, key, metadata, one_of, reference
from newsletter.edition.states import EditionState


class Part(StrEnum):
    """The two parts of an edition."""

    TOP_STORIES = "top stories"
    BLOG_POSTS = "blog posts"


edition = sa.Table(
    "edition",
    metadata,
    key(),
    reference("newsletter", on_delete="RESTRICT"),
    # The local date, or that date with a mark for named sources or readers: one edition a key, whoever asks.
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("edition_on", sa.Date, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default=EditionState.PLANNED),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("notes", JSONB, nullable=False, server_default="[]"),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("sends_when_ready", sa.Boolean, nullable=False),
    # Null means the newsletter's own sources and all of its active subscriptions.
    sa.Column("source_ids", ARRAY(sa.BigInteger)),
    sa.Column("subscription_ids", ARRAY(sa.BigInteger)),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.Column("gathering_at", Moment),
    sa.Column("ready_at", Moment),
    sa.Column("sending_at", Moment),
    sa.Column("finished_at", Moment),
    # Frozen when the edition becomes ready.
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    sa.Column("preheader", sa.Text, nullable=False, server_default=""),
    sa.Column("text", sa.Text, nullable=False, server_default=""),
    sa.Column("html", sa.Text, nullable=False, server_default=""),
    sa.Column("marker", sa.Text, nullable=False, server_default=""),
    sa.Column("content_hash", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("newsletter_id", "key"),
    one_of("state", EditionState),
)

edition_article = sa.Table(
    "edition_article",
    metadata,
    reference("edition", primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    reference("article", on_delete="RESTRICT"),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("points", sa.Float, nullable=False),
    sa.Column("parts", JSONB, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.UniqueConstraint("edition_id", "article_id"),
    one_of("part", Part),
)

edition_link = sa.Table(
    "edition_link",
    metadata,
    # Where the edition's counted links lead: frozen with its content, none where the newsletter tracks no clicks.
    reference("edition", primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
)

sent_article = sa.Table(
    "sent_article",
    metadata,
    # The promise that a newsletter never sends an article twice is this key.
    reference("newsletter", primary_key=True),
    reference("article", on_delete="RESTRICT", primary_key=True),
    # What went to a few readers by name is still new to all the others.
    sa.Column("for_named_readers", sa.Boolean, primary_key=True),
    reference("edition", on_delete="RESTRICT"),
    sa.Column("sent_at", Moment, nullable=False),
)
