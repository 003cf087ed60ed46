"""A source's genre is each newsletter's own choice."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let each newsletter start with the genre that its sources had for all."""
    op.add_column("newsletter_source", sa.Column("genre", sa.Text(), server_default="news", nullable=False))
    op.create_check_constraint(
        op.f("ck_newsletter_source_genre"), "newsletter_source", "genre IN ('news', 'blog')"
    )
    op.execute(
        "UPDATE newsletter_source SET genre = source.genre FROM source WHERE source.id = newsletter_source.source_id"
    )
