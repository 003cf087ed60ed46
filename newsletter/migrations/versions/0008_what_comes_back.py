"""What comes back: mail as it was received, reports, answers, and the alarms about them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    _make_mail()
    _make_report()
    _make_calls()
    _make_answers()
    op.drop_constraint(op.f("ck_alarm_kind"), "alarm")
    op.create_check_constraint(
        op.f("ck_alarm_kind"),
        "alarm",
        "kind IN ('missed', 'no verdict', 'tick', 'import', 'preflight', 'sign-ups', 'complaints')",
    )


def _make_mail() -> None:
    op.create_table(
        "inbound_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("envelope_from", sa.Text(), nullable=False),
        sa.Column("envelope_to", sa.Text(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'done', 'failed')", name=op.f("ck_inbound_mail_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_mail")),
        sa.UniqueConstraint("digest", "envelope_to", name=op.f("uq_inbound_mail_digest_envelope_to")),
    )
    op.create_index(op.f("ix_inbound_mail_due_at"), "inbound_mail", ["due_at"])
    op.create_index(op.f("ix_inbound_mail_received_at"), "inbound_mail", ["received_at"])


def _make_report() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("diagnostic", sa.Text(), server_default="", nullable=False),
        sa.Column("points", sa.Float(), server_default="0", nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("edition_id", sa.BigInteger()),
        sa.CheckConstraint("kind IN ('permanent', 'transient', 'complaint')", name=op.f("ck_report_kind")),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_report_edition_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_report_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("source", "event", name=op.f("uq_report_source_event")),
    )
    op.create_index(op.f("ix_report_edition_id"), "report", ["edition_id"])
    op.create_index(op.f("ix_report_reported_at"), "report", ["reported_at"])
    op.create_index(op.f("ix_report_subscriber_id"), "report", ["subscriber_id"])


def _make_calls() -> None:
    op.create_table(
        "hook_call",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "digest", name=op.f("pk_hook_call")),
    )
    op.create_index(op.f("ix_hook_call_heard_at"), "hook_call", ["heard_at"])


def _make_answers() -> None:
    op.create_table(
        "auto_reply",
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("replied_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", "replied_on", name=op.f("pk_auto_reply")),
    )
    op.create_table(
        "owed_reply",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("newsletter_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("in_reply_to", sa.Text(), server_default="", nullable=False),
        sa.Column("owed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mail_due_at", sa.DateTime(timezone=True)),
        sa.Column("mail_attempts", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletter.id"], name=op.f("fk_owed_reply_newsletter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owed_reply")),
    )
    op.create_index(op.f("ix_owed_reply_mail_due_at"), "owed_reply", ["mail_due_at"])
