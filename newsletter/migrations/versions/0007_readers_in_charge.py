"""What readers choose: how often, which sections, at what hour, another address; and who asked from where."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and columns, and keep when each reader asked last."""
    _make_consent()
    _make_address_change()
    _make_import()
    _widen_subscriber()
    _widen_subscription()
    _widen_newsletter()
    _widen_edition()
    _let_suppressions_forget_addresses()


def _make_consent() -> None:
    op.create_table(
        "consent_text",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_consent_text")),
    )
    op.create_table(
        "sign_up",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("newsletter_ids", ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("text_version", sa.Text(), server_default="", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up")),
    )
    op.create_index(op.f("ix_sign_up_asked_at"), "sign_up", ["asked_at"])
    op.create_table(
        "allowance",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("used_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_allowance")),
    )
    op.create_index(op.f("ix_allowance_used_until_at"), "allowance", ["used_until_at"])
    op.add_column("consent", sa.Column("source", sa.Text(), server_default="", nullable=False))
    op.add_column("consent", sa.Column("text_version", sa.Text(), server_default="", nullable=False))
    op.drop_constraint(op.f("ck_consent_event"), "consent")
    op.create_check_constraint(
        op.f("ck_consent_event"),
        "consent",
        "event IN ('requested', 'confirmed', 'unsubscribed', 'added', 'paused', 'resumed', 'changed', 'moved')",
    )


def _make_address_change() -> None:
    op.create_table(
        "address_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("new_address", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_address_change_subscriber_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_address_change_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
        sa.UniqueConstraint("subscriber_id", name=op.f("uq_address_change_subscriber_id")),
    )
    op.create_index(op.f("ix_address_change_asked_at"), "address_change", ["asked_at"])
    op.create_table(
        "address_side",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("address_change_id", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True)),
        sa.Column("mail_due_at", sa.DateTime(timezone=True)),
        sa.Column("mail_attempts", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("side IN ('old', 'new')", name=op.f("ck_address_side_side")),
        sa.ForeignKeyConstraint(
            ["address_change_id"],
            ["address_change.id"],
            name=op.f("fk_address_side_address_change_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_side")),
        sa.UniqueConstraint("address_change_id", "side", name=op.f("uq_address_side_address_change_id_side")),
    )
    op.create_index(op.f("ix_address_side_mail_due_at"), "address_side", ["mail_due_at"])


def _make_import() -> None:
    op.create_table(
        "reader_import",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("newsletter_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("counts", JSONB(), server_default="{}", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletter.id"], name=op.f("fk_reader_import_newsletter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader_import")),
        sa.UniqueConstraint("newsletter_id", "digest", name=op.f("uq_reader_import_newsletter_id_digest")),
    )


def _widen_subscriber() -> None:
    op.add_column(
        "subscriber",
        sa.Column("confirmation_asks", ARRAY(sa.DateTime(timezone=True)), server_default="{}", nullable=False),
    )
    op.add_column("subscriber", sa.Column("bounce_score", sa.Float(), server_default="0", nullable=False))
    op.add_column("subscriber", sa.Column("bounced_on", sa.Date()))
    op.execute(
        "UPDATE subscriber SET confirmation_asks = ARRAY[confirmation_asked_at] "
        "WHERE confirmation_asked_at IS NOT NULL"
    )
    op.drop_column("subscriber", "confirmation_asked_at")


def _widen_subscription() -> None:
    op.add_column("subscription", sa.Column("hour", sa.Time()))
    op.add_column("subscription", sa.Column("frequency", sa.Text(), server_default="daily", nullable=False))
    op.add_column("subscription", sa.Column("breaking", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("subscription", sa.Column("sections", ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("subscription", sa.Column("left_paused", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("subscription", sa.Column("left_paused_until", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("ck_subscription_frequency"), "subscription", "frequency IN ('daily', 'weekly')"
    )
    for name, holds in (("weekly", "frequency = 'weekly'"), ("sections", "sections <> '{}'")):
        where = sa.text(holds)
        op.create_index(f"ix_subscription_{name}", "subscription", ["newsletter_id"], postgresql_where=where)
    op.create_index(
        "ix_subscription_requested_at",
        "subscription",
        ["requested_at"],
        postgresql_where=sa.text("state = 'unconfirmed'"),
    )
    op.drop_constraint(op.f("ck_owed_letter_kind"), "owed_letter")
    op.create_check_constraint(
        op.f("ck_owed_letter_kind"), "owed_letter", "kind IN ('welcome', 'goodbye', 'data')"
    )


def _widen_newsletter() -> None:
    op.add_column("newsletter", sa.Column("weekly_day", sa.Text(), server_default="sun", nullable=False))
    op.add_column("newsletter", sa.Column("reader_sections", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("newsletter", sa.Column("breaking", sa.Boolean(), server_default="true", nullable=False))
    op.create_check_constraint(
        op.f("ck_newsletter_weekly_day"),
        "newsletter",
        "weekly_day IN ('', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')",
    )


def _widen_edition() -> None:
    op.add_column("edition_article", sa.Column("section", sa.Text(), server_default="", nullable=False))
    op.add_column("edition_content", sa.Column("sections", sa.Text(), server_default="", nullable=False))
    op.drop_constraint(op.f("pk_edition_content"), "edition_content")
    op.create_primary_key(op.f("pk_edition_content"), "edition_content", ["edition_id", "language", "sections"])
    op.drop_constraint(op.f("ck_edition_kind"), "edition")
    op.create_check_constraint(
        op.f("ck_edition_kind"), "edition", "kind IN ('digest', 'weekly', 'breaking', 'correction')"
    )
    op.add_column("delivery", sa.Column("sections", sa.Text(), server_default="", nullable=False))
    op.drop_constraint(op.f("ck_exclusion_reason"), "exclusion")
    op.create_check_constraint(op.f("ck_exclusion_reason"), "exclusion", "reason IN ('suppressed', 'no section')")


def _let_suppressions_forget_addresses() -> None:
    op.drop_constraint(op.f("pk_suppression"), "suppression")
    op.add_column("suppression", sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False))
    op.create_primary_key(op.f("pk_suppression"), "suppression", ["id"])
    op.alter_column("suppression", "canonical_address", nullable=True)
    op.add_column("suppression", sa.Column("address_hash", sa.LargeBinary()))
    op.create_unique_constraint(op.f("uq_suppression_canonical_address"), "suppression", ["canonical_address"])
    op.create_unique_constraint(op.f("uq_suppression_address_hash"), "suppression", ["address_hash"])
    op.create_check_constraint(
        op.f("ck_suppression_one_address"), "suppression", "num_nonnulls(canonical_address, address_hash) = 1"
    )
    op.drop_constraint(op.f("ck_suppression_reason"), "suppression")
    op.create_check_constraint(
        op.f("ck_suppression_reason"), "suppression", "reason IN ('bounce', 'complaint', 'manual', 'erased')"
    )
