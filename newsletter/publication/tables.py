"""The newsletters of this installation and the settings of each."""

import sqlalchemy as sa

from newsletter.db import Moment, key, metadata

newsletter = sa.Table(
    "newsletter",
    metadata,
    key(),
    sa.Column("slug", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("publisher", sa.Text, nullable=False),
    sa.Column("tagline", sa.Text, nullable=False, server_default=""),
    sa.Column("language", sa.Text, nullable=False, server_default="en"),
    sa.Column("zone", sa.Text, nullable=False, server_default="UTC"),
    sa.Column("accent", sa.Text, nullable=False, server_default="#9b1c1f"),
    sa.Column("site_url", sa.Text, nullable=False, server_default=""),
    sa.Column("postal_address", sa.Text, nullable=False, server_default=""),
    sa.Column("sender_address", sa.Text, nullable=False),
    sa.Column("send_time", sa.Time, nullable=False, server_default="07:00"),
    sa.Column("scheduled", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("top_stories", sa.Integer, nullable=False, server_default="8"),
    sa.Column("blog_posts", sa.Integer, nullable=False, server_default="2"),
    sa.Column("min_articles", sa.Integer, nullable=False, server_default="3"),
    sa.Column("max_per_source", sa.Integer, nullable=False, server_default="2"),
    sa.Column("window_hours", sa.Integer, nullable=False, server_default="24"),
    sa.Column("track_clicks", sa.Boolean, nullable=False, server_default="false"),
    # Since when the timetable holds as it is: what lay before is neither due nor missed.
    sa.Column("scheduled_since", Moment, nullable=False, server_default=sa.func.now()),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="slug"),
    sa.CheckConstraint("accent ~ '^#[0-9a-f]{6}$'", name="accent"),
    sa.CheckConstraint("top_stories BETWEEN 1 AND 30 AND blog_posts BETWEEN 0 AND 30", name="sizes"),
    sa.CheckConstraint("min_articles >= 1 AND max_per_source >= 1 AND window_hours >= 1", name="limits"),
)
