"""Editions in several languages, looks, letters that are owed to readers, and what is checked before a sending."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_CONTENT = ("subject", "preheader", "text", "html", "marker")

# A pause that has ended counts as active before anybody writes so: whoever leaves or pauses then is heard of too.
_STOPPED = """
DROP TRIGGER subscription_stopped ON subscription;
CREATE TRIGGER subscription_stopped AFTER UPDATE OF state ON subscription FOR EACH ROW
  WHEN (OLD.state IN ('active', 'paused') AND NEW.state <> 'active')
  EXECUTE FUNCTION newsletter_subscription_stopped();
"""


def upgrade() -> None:
    """Add the tables and columns, and move what was frozen of each edition into a row of its own."""
    _make_tables()
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    _constrain()
    op.execute(_STOPPED)
    names = ", ".join(_CONTENT)
    op.execute(
        f"INSERT INTO edition_content (edition_id, language, place, {names}) "  # noqa: S608 — names of columns
        f"SELECT edition.id, newsletter.language, 0, {', '.join(f'edition.{name}' for name in _CONTENT)} "
        "FROM edition JOIN newsletter ON newsletter.id = edition.newsletter_id WHERE content_hash <> ''"
    )
    for name in _CONTENT:
        op.drop_column("edition", name)


def _columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "newsletter": [
            sa.Column("languages", sa.Text(), server_default="", nullable=False),
            sa.Column("theme", sa.Text(), server_default="broadsheet", nullable=False),
            sa.Column("welcome", sa.Boolean(), server_default="true", nullable=False),
            sa.Column("goodbye", sa.Boolean(), server_default="true", nullable=False),
            sa.Column("proof", sa.Boolean(), server_default="true", nullable=False),
            sa.Column("preflight_holds", sa.Boolean(), server_default="true", nullable=False),
        ],
        "subscription": [
            sa.Column("language", sa.Text(), server_default="", nullable=False),
            sa.Column("paused_until", sa.DateTime(timezone=True)),
        ],
        "edition": [
            sa.Column("kind", sa.Text(), server_default="digest", nullable=False),
            sa.Column("article_id", sa.BigInteger()),
        ],
        "verdict": [_settled()],
        "alarm": [_settled()],
        "delivery": [
            sa.Column("language", sa.Text(), server_default="", nullable=False),
        ],
    }


def _settled() -> sa.Column[Any]:
    return sa.Column("mail_settled", ARRAY(sa.Text()), server_default="{}", nullable=False)


def _make_tables() -> None:
    op.create_table(
        "edition_content",
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _CONTENT),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_edition_content_edition_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", "language", name=op.f("pk_edition_content")),
        sa.UniqueConstraint("edition_id", "place", name=op.f("uq_edition_content_edition_id_place")),
    )
    op.create_table(
        "owed_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mail_due_at", sa.DateTime(timezone=True)),
        sa.Column("mail_attempts", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("kind IN ('welcome', 'goodbye')", name=op.f("ck_owed_letter_kind")),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_owed_letter_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owed_letter")),
        sa.UniqueConstraint("subscription_id", "kind", name=op.f("uq_owed_letter_subscription_id_kind")),
    )
    op.create_index(op.f("ix_owed_letter_mail_due_at"), "owed_letter", ["mail_due_at"])
    op.create_table(
        "preflight",
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("findings", JSONB(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overruled_by", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("outcome IN ('pass', 'warn', 'block')", name=op.f("ck_preflight_outcome")),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_preflight_edition_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_preflight")),
    )
    op.create_table(
        "proof",
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), server_default="1", nullable=False),
        sa.Column("mail_due_at", sa.DateTime(timezone=True)),
        sa.Column("mail_attempts", sa.Integer(), server_default="0", nullable=False),
        _settled(),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_proof_edition_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_proof")),
    )
    op.create_index(op.f("ix_proof_mail_due_at"), "proof", ["mail_due_at"])


def _constrain() -> None:
    op.create_check_constraint(
        op.f("ck_subscription_paused_until"), "subscription", "paused_until IS NULL OR state = 'paused'"
    )
    op.create_index(
        "ix_subscription_paused_until",
        "subscription",
        ["paused_until"],
        postgresql_where=sa.text("paused_until IS NOT NULL"),
    )
    op.create_check_constraint(op.f("ck_edition_kind"), "edition", "kind IN ('digest', 'correction')")
    op.create_foreign_key(
        op.f("fk_edition_article_id"), "edition", "article", ["article_id"], ["id"], ondelete="RESTRICT"
    )
    op.drop_constraint(op.f("ck_alarm_kind"), "alarm")
    op.create_check_constraint(
        op.f("ck_alarm_kind"), "alarm", "kind IN ('missed', 'no verdict', 'tick', 'import', 'preflight')"
    )
    op.drop_constraint(op.f("ck_consent_event"), "consent")
    op.create_check_constraint(
        op.f("ck_consent_event"),
        "consent",
        "event IN ('requested', 'confirmed', 'unsubscribed', 'added', 'paused', 'resumed', 'changed')",
    )
