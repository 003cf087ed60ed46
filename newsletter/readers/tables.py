"""Who reads: subscribers, their subscriptions, what they consented to, and whom we never mail."""

from enum import StrEnum

import sqlalchemy as sa

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


class LetterKind(StrEnum):
    """A mail to one reader about their subscription, besides the confirmation."""

    WELCOME = "welcome"
    GOODBYE = "goodbye"


class SuppressionReason(StrEnum):
    """Why an address is never mailed."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"


subscriber = sa.Table(
    "subscriber",
    metadata,
    key(),
    sa.Column("address", sa.Text, nullable=False),
    # The address folded to lower case: two spellings of it are one reader.
    sa.Column("canonical_address", sa.Text, nullable=False, unique=True),
    sa.Column("confirmation_asked_at", Moment),
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
    sa.Column("requested_at", Moment, nullable=False),
    sa.Column("confirmed_at", Moment),
    sa.Column("ended_at", Moment),
    # When a pause ends by itself; null for one without end, and while there is none.
    sa.Column("paused_until", Moment),
    # The confirmation still owed: null when none is. A retry time is a column, never a task's delay.
    sa.Column("confirmation_due_at", Moment, index=True),
    sa.Column("confirmation_attempts", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("subscriber_id", "newsletter_id"),
    one_of("state", SubscriptionState),
    sa.CheckConstraint("paused_until IS NULL OR state = 'paused'", name="paused_until"),
    sa.Index("ix_subscription_newsletter_id_state", "newsletter_id", "state"),
    sa.Index("ix_subscription_paused_until", "paused_until", postgresql_where=sa.text("paused_until IS NOT NULL")),
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
    one_of("event", ConsentEvent),
)

suppression = sa.Table(
    "suppression",
    metadata,
    sa.Column("canonical_address", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.Column("expires_at", Moment),
    one_of("reason", SuppressionReason),
)
