"""Links of an edition that are counted, where a newsletter wants it, and the clicks on them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "newsletter", sa.Column("track_clicks", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_table(
        "edition_link",
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_edition_link_edition_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", "number", name=op.f("pk_edition_link")),
    )
    op.create_table(
        "click",
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("clicked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id", "number"],
            ["edition_link.edition_id", "edition_link.number"],
            name=op.f("fk_click_edition_id_number"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_click_subscription_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", "number", "subscription_id", "automatic", name=op.f("pk_click")),
    )
    op.create_index(op.f("ix_click_subscription_id"), "click", ["subscription_id"], unique=False)
