"""When the installation last did what it does again and again, what became of each run, and what is wrong."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from newsletter.db import Moment, key, metadata, one_of, reference


class AlarmKind(StrEnum):
    """What an operator must be told though nobody asked."""

    MISSED = "missed"
    NO_VERDICT = "no verdict"
    TICK = "tick"
    IMPORT = "import"
    PREFLIGHT = "preflight"
    SIGN_UPS = "sign-ups"
    COMPLAINTS = "complaints"


heartbeat = sa.Table(
    "heartbeat",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("beaten_at", Moment, nullable=False),
)

verdict = sa.Table(
    "verdict",
    metadata,
    # What became of a planned run, written once it is known and mailed to the editors.
    reference("edition", primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("given_at", Moment, nullable=False),
    sa.Column("mail_due_at", Moment, index=True),
    sa.Column("mail_attempts", sa.Integer, nullable=False, server_default="0"),
    # Whose copy was accepted, or refused for good: they are not mailed again.
    sa.Column("mail_settled", ARRAY(sa.Text), nullable=False, server_default="{}"),
)

proof = sa.Table(
    "proof",
    metadata,
    # Owed to the editors of an edition that is ready: what it says, as its readers would get it.
    reference("edition", primary_key=True),
    sa.Column("content_hash", sa.Text, nullable=False),
    # Counted on when it is assembled anew with other content.
    sa.Column("number", sa.Integer, nullable=False, server_default="1"),
    sa.Column("mail_due_at", Moment, index=True),
    sa.Column("mail_attempts", sa.Integer, nullable=False, server_default="0"),
    # Whose copy was accepted, or refused for good: they are not mailed again.
    sa.Column("mail_settled", ARRAY(sa.Text), nullable=False, server_default="{}"),
)

alarm = sa.Table(
    "alarm",
    metadata,
    key(),
    sa.Column("newsletter_id", sa.BigInteger, sa.ForeignKey("newsletter.id", ondelete="CASCADE")),
    sa.Column("kind", sa.Text, nullable=False),
    # What it is about: a date or a source; the same thing is told once.
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("raised_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("mail_due_at", Moment, index=True),
    sa.Column("mail_attempts", sa.Integer, nullable=False, server_default="0"),
    # Whose copy was accepted, or refused for good: they are not mailed again.
    sa.Column("mail_settled", ARRAY(sa.Text), nullable=False, server_default="{}"),
    one_of("kind", AlarmKind),
    sa.UniqueConstraint("kind", "about"),
)
