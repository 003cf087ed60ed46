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


class EditionKind(StrEnum):
    """What an edition is made of, and for whom."""

    DIGEST = "digest"
    """A day's selection."""
    WEEKLY = "weekly"
    """The best of a week's selections, for readers who want one mail a week."""
    BREAKING = "breaking"
    """One article that cannot wait, for readers who want to be told."""
    CORRECTION = "correction"
    """The correction of one article, for whoever was sent it."""


PUBLIC_KINDS = (EditionKind.DIGEST, EditionKind.WEEKLY)
"""Editions of many articles: they have a proof before they go out, and a place in the archive afterwards."""


class MarkKind(StrEnum):
    """What an editor may say of an article."""

    PIN = "pin"
    BOOST = "boost"
    BLOCK = "block"
    UPDATE = "update"


class TasteKind(StrEnum):
    """What readers' taste is learnt of."""

    SECTION = "section"
    SOURCE = "source"


edition = sa.Table(
    "edition",
    metadata,
    key(),
    reference("newsletter", on_delete="RESTRICT"),
    # The local date, or that date with a mark of its kind, or for named sources or readers: one edition a key,
    # whoever asks.
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("edition_on", sa.Date, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default=EditionState.PLANNED),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("notes", JSONB, nullable=False, server_default="[]"),
    sa.Column("kind", sa.Text, nullable=False, server_default=EditionKind.DIGEST),
    # The article that a correction corrects, or that is breaking news; null for the others.
    sa.Column("article_id", sa.BigInteger, sa.ForeignKey("article.id", ondelete="RESTRICT")),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("sends_when_ready", sa.Boolean, nullable=False),
    # Null means the newsletter's own sources and all of its active subscriptions.
    sa.Column("source_ids", ARRAY(sa.BigInteger)),
    sa.Column("subscription_ids", ARRAY(sa.BigInteger)),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.Column("gathering_at", Moment),
    # When the chosen articles were looked at once more.
    sa.Column("rechecked_at", Moment),
    sa.Column("ready_at", Moment),
    sa.Column("sending_at", Moment),
    sa.Column("finished_at", Moment),
    # Over its content in every language, once that is frozen.
    sa.Column("content_hash", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("newsletter_id", "key"),
    one_of("state", EditionState),
    one_of("kind", EditionKind),
)

edition_content = sa.Table(
    "edition_content",
    metadata,
    # Frozen when the edition becomes ready: one row a language, the newsletter's own at place 0; and one for each
    # selection that is left to readers of chosen sections, where that is some of the articles and not all.
    reference("edition", primary_key=True),
    sa.Column("language", sa.Text, primary_key=True),
    # Those of the edition's sections that are in it, sorted and parted by line feeds; empty is everything.
    sa.Column("sections", sa.Text, primary_key=True, server_default=""),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("preheader", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("marker", sa.Text, nullable=False),
    sa.UniqueConstraint("edition_id", "place"),
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
    # As it was called then: by it readers of chosen sections get the article or not.
    sa.Column("section", sa.Text, nullable=False, server_default=""),
    sa.Column("points", sa.Float, nullable=False),
    sa.Column("parts", JSONB, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    # Sent before, changed since, and labelled so.
    sa.Column("is_update", sa.Boolean, nullable=False, server_default="false"),
    # The articles linked beside it: whoever read of the event there need not read of it again.
    sa.Column("also_in", ARRAY(sa.BigInteger), nullable=False, server_default="{}"),
    sa.Column("withdrawn_at", Moment),
    sa.UniqueConstraint("edition_id", "article_id"),
    one_of("part", Part),
)

edition_run = sa.Table(
    "edition_run",
    metadata,
    # One row for each time an edition's articles were chosen, tried or for good: what was known, what followed.
    key(),
    reference("newsletter"),
    sa.Column("edition_id", sa.BigInteger, sa.ForeignKey("edition.id", ondelete="CASCADE"), index=True),
    sa.Column("edition_on", sa.Date, nullable=False),
    sa.Column("is_trial", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("settings", JSONB, nullable=False),
    sa.Column("facts", JSONB, nullable=False),
    sa.Column("outcome", JSONB, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
)

editor_mark = sa.Table(
    "editor_mark",
    metadata,
    key(),
    reference("newsletter"),
    reference("article", index=True),
    sa.Column("kind", sa.Text, nullable=False),
    # The place of a pin, the points of a boost.
    sa.Column("value", sa.Integer, nullable=False, server_default="0"),
    # The one edition it is meant for; a pin is never stale.
    sa.Column("edition_on", sa.Date),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.UniqueConstraint("newsletter_id", "article_id", "kind"),
    one_of("kind", MarkKind),
)

taste = sa.Table(
    "taste",
    metadata,
    # How much the newsletter's readers followed a section or a source, against what its places would have had.
    reference("newsletter", primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("learnt_at", Moment, nullable=False),
    one_of("kind", TasteKind),
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
    # As it was sent: what a change is measured against.
    sa.Column("title", sa.Text, nullable=False, server_default=""),
    sa.Column("lead", sa.Text, nullable=False, server_default=""),
    sa.Column("shingles", ARRAY(sa.BigInteger), nullable=False, server_default="{}"),
    # Sent once more, as an update; and when its correction was told.
    sa.Column("update_edition_id", sa.BigInteger, sa.ForeignKey("edition.id", ondelete="RESTRICT")),
    sa.Column("correction_told_at", Moment),
)
