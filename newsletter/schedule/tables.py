"""When the installation last did what it does again and again."""

import sqlalchemy as sa

from newsletter.db import Moment, metadata

heartbeat = sa.Table(
    "heartbeat",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("beaten_at", Moment, nullable=False),
)
