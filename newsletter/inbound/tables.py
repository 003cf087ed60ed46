"""What comes back: mail as it was received, what reports said, and what we answered."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from newsletter.db import Moment, key, metadata, one_of, reference
from newsletter.inbound.report.reported import Kind


class InboundState(StrEnum):
    """What became of a message that was received."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    """It could not be handled, three times; it lies there to be looked at."""


inbound_mail = sa.Table(
    "inbound_mail",
    metadata,
    # Written before the sender is told that it was taken, and kept for a few days.
    key(),
    sa.Column("received_at", Moment, nullable=False, index=True),
    # LMTP or IMAP: an envelope is known only from the first, and taken from the header for the other.
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("envelope_from", sa.Text, nullable=False),
    sa.Column("envelope_to", sa.Text, nullable=False),
    sa.Column("octets", sa.LargeBinary, nullable=False),
    # SHA-256 of the octets: a mailbox read twice, or a sender who missed our answer, is one message.
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default=InboundState.WAITING),
    sa.Column("due_at", Moment, index=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    # What it was taken for, in a word or two; never an address.
    sa.Column("outcome", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("digest", "envelope_to"),
    one_of("state", InboundState),
)

report = sa.Table(
    "report",
    metadata,
    key(),
    sa.Column("reported_at", Moment, nullable=False, index=True),
    # The door it came through: mail, or the name of a provider.
    sa.Column("source", sa.Text, nullable=False),
    # The provider's own id, or a digest of the mail and recipient: told twice, it counts once.
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False, server_default=""),
    sa.Column("diagnostic", sa.Text, nullable=False, server_default=""),
    # What it added to the reader's score: a delivery adds to it once, however often it is reported.
    sa.Column("points", sa.Float, nullable=False, server_default="0"),
    reference("subscriber", index=True),
    sa.Column("edition_id", sa.BigInteger, sa.ForeignKey("edition.id", ondelete="CASCADE"), index=True),
    sa.UniqueConstraint("source", "event"),
    one_of("kind", Kind),
)

hook_call = sa.Table(
    "hook_call",
    metadata,
    # Calls whose signature does not cover what they say: each is heard once, and kept while it could come again.
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("heard_at", Moment, nullable=False, index=True),
)

auto_reply = sa.Table(
    "auto_reply",
    metadata,
    # Which mailbox was answered on which day, by keyed hash: one answer an address and day (RFC 3834).
    sa.Column("address_hash", sa.LargeBinary, primary_key=True),
    sa.Column("replied_on", sa.Date, primary_key=True),
)

owed_reply = sa.Table(
    "owed_reply",
    metadata,
    key(),
    reference("newsletter"),
    # Erased with the mail once it is settled.
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("facts", JSONB, nullable=False),
    # The Message-ID that it answers.
    sa.Column("in_reply_to", sa.Text, nullable=False, server_default=""),
    sa.Column("owed_at", Moment, nullable=False),
    sa.Column("mail_due_at", Moment, index=True),
    sa.Column("mail_attempts", sa.Integer, nullable=False, server_default="0"),
)
