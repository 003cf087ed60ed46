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
    sa.Column("popularity_points", sa.Float, nullable=False, server_default="70"),
    sa.Column("placing_points", sa.Float, nullable=False, server_default="10"),
    sa.Column("coverage_points", sa.Float, nullable=False, server_default="10"),
    sa.Column("taste_points", sa.Float, nullable=False, server_default="5"),
    sa.Column("freshness_points", sa.Float, nullable=False, server_default="5"),
    sa.Column("featured_points", sa.Float, nullable=False, server_default="10"),
    sa.Column("comment_votes", sa.Float, nullable=False, server_default="0"),
    sa.Column("votes_grow_hours", sa.Float, nullable=False, server_default="4"),
    sa.Column("freshness_hours", sa.Float, nullable=False, server_default="24"),
    sa.Column("story_cut", sa.Float, nullable=False, server_default="0.12"),
    sa.Column("likeness_penalty", sa.Float, nullable=False, server_default="0.3"),
    sa.Column("section_share", sa.Integer, nullable=False, server_default="40"),
    sa.Column("cutoff_minutes", sa.Integer, nullable=False, server_default="20"),
    sa.Column("carry_hours", sa.Integer, nullable=False, server_default="48"),
    sa.Column("late_hours", sa.Integer, nullable=False, server_default="6"),
    sa.Column("most_skips", sa.Integer, nullable=False, server_default="3"),
    sa.Column("send_days", sa.Text, nullable=False, server_default="mon tue wed thu fri sat sun"),
    sa.Column("days_off", sa.Text, nullable=False, server_default=""),
    sa.Column("reader_hours", sa.Boolean, nullable=False, server_default="false"),
    # The day of the weekly edition for readers who want one mail a week; empty offers none.
    sa.Column("weekly_day", sa.Text, nullable=False, server_default="sun"),
    # Whether readers may choose sections, and whether they may be told what cannot wait.
    sa.Column("reader_sections", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("breaking", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("recommend", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("show_why", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("quiet", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("languages", sa.Text, nullable=False, server_default=""),
    sa.Column("theme", sa.Text, nullable=False, server_default="broadsheet"),
    sa.Column("welcome", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("goodbye", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("proof", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("preflight_holds", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("editors", sa.Text, nullable=False, server_default=""),
    sa.Column(
        "excluded", sa.Text, nullable=False, server_default="sponsored, advertorial, partner content, paid content"
    ),
    sa.Column(
        "never_lead",
        sa.Text,
        nullable=False,
        server_default="live, live blog, quiz, obituaries, corrections, horoscope",
    ),
    # Since when the timetable holds as it is: what lay before is neither due nor missed.
    sa.Column("scheduled_since", Moment, nullable=False, server_default=sa.func.now()),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="slug"),
    sa.CheckConstraint("weekly_day IN ('', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')", name="weekly_day"),
    sa.CheckConstraint("accent ~ '^#[0-9a-f]{6}$'", name="accent"),
    sa.CheckConstraint("top_stories BETWEEN 1 AND 30 AND blog_posts BETWEEN 0 AND 30", name="sizes"),
    sa.CheckConstraint("min_articles >= 1 AND max_per_source >= 1 AND window_hours >= 1", name="limits"),
    sa.CheckConstraint(
        "popularity_points BETWEEN 0 AND 1000 AND placing_points BETWEEN 0 AND 1000 "
        "AND coverage_points BETWEEN 0 AND 1000 AND taste_points BETWEEN 0 AND 1000 "
        "AND freshness_points BETWEEN 0 AND 1000 AND featured_points BETWEEN 0 AND 1000 "
        "AND comment_votes BETWEEN 0 AND 100",
        name="points",
    ),
    sa.CheckConstraint(
        "votes_grow_hours BETWEEN 0.1 AND 168 AND freshness_hours BETWEEN 0.1 AND 8784 "
        "AND story_cut BETWEEN 0 AND 1 AND likeness_penalty BETWEEN 0 AND 1 AND section_share BETWEEN 1 AND 100",
        name="ranking",
    ),
    sa.CheckConstraint(
        "cutoff_minutes BETWEEN 0 AND 720 AND carry_hours BETWEEN 0 AND 336 AND late_hours BETWEEN 1 AND 24 "
        "AND most_skips BETWEEN 0 AND 365 AND btrim(send_days) <> ''",
        name="timetable",
    ),
)
