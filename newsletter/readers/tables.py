"""Who reads: subscribers, their subscriptions, what they consented to, and whom we never mail."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from newsletter.db import Moment, key, metadata, one_of, reference


class SubscriptionState(StrEnum):
    """Where a subscription stands: unconfirmed → active ⇄ paused → unsubscribed → unconfirmed."""

    UNCONFIRMED = "unconfirmed"
    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"


class ConsentEvent(StrEnum):
    """What a reader did, or an operator did for them."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    ADDED = "added"
    PAUSED = "paused"
    RESUMED = "resumed"
    CHANGED = "changed"
    MOVED = "moved"


class Frequency(StrEnum):
    """How often a reader is mailed."""

    DAILY = "daily"
    """Each edition."""
    WEEKLY = "weekly"
    """One edition a week, of what was in that week's."""


class LetterKind(StrEnum):
    """A mail to one reader about their subscription, besides the confirmation."""

    WELCOME = "welcome"
    GOODBYE = "goodbye"
    DATA = "data"
    """With the link under which a reader sees, takes and erases all that is known of them."""


class Side(StrEnum):
    """Which of the two addresses agrees to a change from one to the other."""

    OLD = "old"
    NEW = "new"


class SuppressionReason(StrEnum):
    """Why an address is never mailed."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    ERASED = "erased"
    """Its reader had everything erased: nobody else may put them back."""


subscriber = sa.Table(
    "subscriber",
    metadata,
    key(),
    sa.Column("address", sa.Text, nullable=False),
    # The address folded to lower case: two spellings of it are one reader.
    sa.Column("canonical_address", sa.Text, nullable=False, unique=True),
    # When confirmations were asked for by this address, over all newsletters: the last few, the latest last.
    sa.Column("confirmation_asks", ARRAY(Moment), nullable=False, server_default="{}"),
    # Points for transient bounces, and the day of the last one: at most one a day counts.
    sa.Column("bounce_score", sa.Float, nullable=False, server_default="0"),
    sa.Column("bounced_on", sa.Date),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
)

subscription = sa.Table(
    "subscription",
    metadata,
    key(),
    reference("subscriber"),
    reference("newsletter", on_delete="RESTRICT"),
    sa.Column("state", sa.Text, nullable=False),
    # The reader's own time zone, an IANA name; empty is the newsletter's.
    sa.Column("zone", sa.Text, nullable=False, server_default=""),
    # In which of the newsletter's languages editions come; empty is its own.
    sa.Column("language", sa.Text, nullable=False, server_default=""),
    # The reader's own hour; null is the newsletter's.
    sa.Column("hour", sa.Time),
    sa.Column("frequency", sa.Text, nullable=False, server_default=Frequency.DAILY),
    # Whether what cannot wait for the next edition comes too.
    sa.Column("breaking", sa.Boolean, nullable=False, server_default="false"),
    # The sections that the reader wants, sorted; none means all.
    sa.Column("sections", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("requested_at", Moment, nullable=False),
    sa.Column("confirmed_at", Moment),
    sa.Column("ended_at", Moment),
    # When a pause ends by itself; null for one without end, and while there is none.
    sa.Column("paused_until", Moment),
    # The pause that was on when the reader left, and its end, so that undoing it undoes all of it.
    sa.Column("left_paused", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("left_paused_until", Moment),
    # The confirmation still owed: null when none is. A retry time is a column, never a task's delay.
    sa.Column("confirmation_due_at", Moment, index=True),
    sa.Column("confirmation_attempts", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("subscriber_id", "newsletter_id"),
    one_of("state", SubscriptionState),
    one_of("frequency", Frequency),
    sa.CheckConstraint("paused_until IS NULL OR state = 'paused'", name="paused_until"),
    sa.Index("ix_subscription_newsletter_id_state", "newsletter_id", "state"),
    sa.Index("ix_subscription_requested_at", "requested_at", postgresql_where=sa.text("state = 'unconfirmed'")),
    sa.Index("ix_subscription_paused_until", "paused_until", postgresql_where=sa.text("paused_until IS NOT NULL")),
    # Few among many, and looked for by every tick and by every edition.
    sa.Index("ix_subscription_weekly", "newsletter_id", postgresql_where=sa.text("frequency = 'weekly'")),
    sa.Index("ix_subscription_sections", "newsletter_id", postgresql_where=sa.text("sections <> '{}'")),
)

owed_letter = sa.Table(
    "owed_letter",
    metadata,
    key(),
    reference("subscription"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("owed_at", Moment, nullable=False),
    sa.Column("mail_due_at", Moment, index=True),
    sa.Column("mail_attempts", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("subscription_id", "kind"),
    one_of("kind", LetterKind),
)

consent = sa.Table(
    "consent",
    metadata,
    key(),
    reference("subscription", index=True),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    # The door it came through (form, link, one-click, command line), and the network, never the whole address.
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("network", sa.Text, nullable=False, server_default=""),
    # Where the form stood, or the list that an operator brought: what the door itself was told.
    sa.Column("source", sa.Text, nullable=False, server_default=""),
    # Which text they agreed to (``consent_text``); empty where none was shown.
    sa.Column("text_version", sa.Text, nullable=False, server_default=""),
    one_of("event", ConsentEvent),
)

consent_text = sa.Table(
    "consent_text",
    metadata,
    # The text by its own digest: once shown it is never changed, only followed by another.
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("first_shown_at", Moment, nullable=False),
)

sign_up = sa.Table(
    "sign_up",
    metadata,
    # What a door was asked, word for word, until a task decides what follows: the door does the same for all,
    # in the same time, and tells nobody who reads us.
    key(),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("newsletter_ids", ARRAY(sa.BigInteger), nullable=False),
    sa.Column("language", sa.Text, nullable=False, server_default=""),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("network", sa.Text, nullable=False, server_default=""),
    sa.Column("source", sa.Text, nullable=False, server_default=""),
    sa.Column("text_version", sa.Text, nullable=False, server_default=""),
    sa.Column("asked_at", Moment, nullable=False, index=True),
)

allowance = sa.Table(
    "allowance",
    metadata,
    # How far ahead of its rate a network, or everybody together, has asked: one moment says it (GCRA).
    sa.Column("bucket", sa.Text, primary_key=True),
    sa.Column("used_until_at", Moment, nullable=False, index=True),
)

address_change = sa.Table(
    "address_change",
    metadata,
    # A wish to be mailed at another address, until both addresses agree.
    key(),
    sa.Column(
        "subscriber_id",
        sa.BigInteger,
        sa.ForeignKey("subscriber.id", ondelete="CASCADE"),
        unique=True,
        nullable=False,
    ),
    # From whose pages it was asked for: whose newsletter writes the two letters.
    reference("subscription"),
    sa.Column("new_address", sa.Text, nullable=False),
    sa.Column("asked_at", Moment, nullable=False, index=True),
)

address_side = sa.Table(
    "address_side",
    metadata,
    key(),
    reference("address_change"),
    sa.Column("side", sa.Text, nullable=False),
    sa.Column("agreed_at", Moment),
    sa.Column("mail_due_at", Moment, index=True),
    sa.Column("mail_attempts", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("address_change_id", "side"),
    one_of("side", Side),
)

suppression = sa.Table(
    "suppression",
    metadata,
    key(),
    sa.Column("canonical_address", sa.Text, unique=True),
    # In its place once its reader is erased: a keyed hash, by which only who asks with the address finds it.
    sa.Column("address_hash", sa.LargeBinary, unique=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.Column("expires_at", Moment),
    one_of("reason", SuppressionReason),
    sa.CheckConstraint("num_nonnulls(canonical_address, address_hash) = 1", name="one_address"),
)

reader_import = sa.Table(
    "reader_import",
    metadata,
    # How far each file of readers was taken in: an import that ended early goes on from there.
    key(),
    reference("newsletter"),
    # Of the file and of how its columns are read: the same file read otherwise is another import.
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("counts", JSONB, nullable=False, server_default="{}"),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.UniqueConstraint("newsletter_id", "digest"),
)
