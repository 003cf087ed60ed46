"""Sources of more kinds, what pages say, editors' marks, runs that are kept, verdicts that are mailed."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the new tables, then the new columns of the old ones."""
    _make_tables()
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    _constrain()
    _index()


def _columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "article": [
            sa.Column("recommendations", sa.Integer(), server_default="0", nullable=False),
            sa.Column("slug", sa.Text(), server_default="", nullable=False),
            sa.Column("form", sa.Text(), server_default="plain", nullable=False),
            sa.Column("is_featured", sa.Boolean(), server_default="false", nullable=False),
            sa.Column("is_held", sa.Boolean(), server_default="false", nullable=False),
            sa.Column("embargo_ends_at", sa.DateTime(timezone=True)),
            sa.Column("correction", sa.Text(), server_default="", nullable=False),
            sa.Column("corrected_at", sa.DateTime(timezone=True)),
            sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
            sa.Column("withdrawn_why", sa.Text(), server_default="", nullable=False),
            sa.Column("image_credit", sa.Text(), server_default="", nullable=False),
            sa.Column("dateline", sa.Text(), server_default="", nullable=False),
            sa.Column("subheadings", JSONB(), server_default="[]", nullable=False),
            sa.Column("body", sa.Text(), server_default="", nullable=False),
            sa.Column("words", sa.Integer()),
            sa.Column("origins", JSONB(), server_default="{}", nullable=False),
            sa.Column("page_due_at", sa.DateTime(timezone=True)),
            sa.Column("page_read_at", sa.DateTime(timezone=True)),
            sa.Column("page_checked_at", sa.DateTime(timezone=True)),
            sa.Column("page_failures", sa.Integer(), server_default="0", nullable=False),
            sa.Column("page_error", sa.Text(), server_default="", nullable=False),
            sa.Column("page_etag", sa.Text(), server_default="", nullable=False),
            sa.Column("page_last_modified", sa.Text(), server_default="", nullable=False),
            sa.Column("image_id", sa.BigInteger()),
        ],
        "edition": [
            sa.Column("rechecked_at", sa.DateTime(timezone=True)),
        ],
        "edition_article": [
            sa.Column("is_update", sa.Boolean(), server_default="false", nullable=False),
            sa.Column("also_in", ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
            sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        ],
        "newsletter": [
            sa.Column("popularity_points", sa.Float(), server_default="70", nullable=False),
            sa.Column("placing_points", sa.Float(), server_default="10", nullable=False),
            sa.Column("coverage_points", sa.Float(), server_default="10", nullable=False),
            sa.Column("taste_points", sa.Float(), server_default="5", nullable=False),
            sa.Column("freshness_points", sa.Float(), server_default="5", nullable=False),
            sa.Column("featured_points", sa.Float(), server_default="10", nullable=False),
            sa.Column("comment_votes", sa.Float(), server_default="0", nullable=False),
            sa.Column("votes_grow_hours", sa.Float(), server_default="4", nullable=False),
            sa.Column("freshness_hours", sa.Float(), server_default="24", nullable=False),
            sa.Column("story_cut", sa.Float(), server_default="0.12", nullable=False),
            sa.Column("likeness_penalty", sa.Float(), server_default="0.3", nullable=False),
            sa.Column("section_share", sa.Integer(), server_default="40", nullable=False),
            sa.Column("cutoff_minutes", sa.Integer(), server_default="20", nullable=False),
            sa.Column("carry_hours", sa.Integer(), server_default="48", nullable=False),
            sa.Column("late_hours", sa.Integer(), server_default="6", nullable=False),
            sa.Column("most_skips", sa.Integer(), server_default="3", nullable=False),
            sa.Column("send_days", sa.Text(), server_default="mon tue wed thu fri sat sun", nullable=False),
            sa.Column("days_off", sa.Text(), server_default="", nullable=False),
            sa.Column("reader_hours", sa.Boolean(), server_default="false", nullable=False),
            sa.Column("recommend", sa.Boolean(), server_default="false", nullable=False),
            sa.Column("show_why", sa.Boolean(), server_default="true", nullable=False),
            sa.Column("quiet", sa.Boolean(), server_default="false", nullable=False),
            sa.Column("editors", sa.Text(), server_default="", nullable=False),
            sa.Column(
                "excluded",
                sa.Text(),
                server_default="sponsored, advertorial, partner content, paid content",
                nullable=False,
            ),
            sa.Column(
                "never_lead",
                sa.Text(),
                server_default="live, live blog, quiz, obituaries, corrections, horoscope",
                nullable=False,
            ),
        ],
        "poll": [
            sa.Column("note", sa.Text(), server_default="", nullable=False),
        ],
        "sent_article": [
            sa.Column("title", sa.Text(), server_default="", nullable=False),
            sa.Column("lead", sa.Text(), server_default="", nullable=False),
            sa.Column("shingles", ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
            sa.Column("update_edition_id", sa.BigInteger()),
            sa.Column("correction_told_at", sa.DateTime(timezone=True)),
        ],
        "sighting": [
            sa.Column("positions", ARRAY(sa.Integer()), server_default="{}", nullable=False),
        ],
        "source": [
            sa.Column("selector", sa.Text(), server_default="", nullable=False),
            sa.Column("reads_pages", sa.Boolean(), server_default="false", nullable=False),
            sa.Column("profile", sa.Text(), server_default="", nullable=False),
            sa.Column("moved_to", sa.Text(), server_default="", nullable=False),
            sa.Column("moved_times", sa.Integer(), server_default="0", nullable=False),
            sa.Column("interval_seconds", sa.Integer()),
            sa.Column("wishes", JSONB(), server_default="{}", nullable=False),
            sa.Column("lost_at", sa.DateTime(timezone=True)),
            sa.Column("covers_since_at", sa.DateTime(timezone=True)),
        ],
        "subscription": [
            sa.Column("zone", sa.Text(), server_default="", nullable=False),
        ],
    }


def _make_tables() -> None:
    op.create_table(
        "image",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("small", sa.LargeBinary()),
        sa.Column("large", sa.LargeBinary()),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('pending', 'ready', 'refused')", name=op.f("ck_image_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint("name", name=op.f("uq_image_name")),
        sa.UniqueConstraint("url", name=op.f("uq_image_url")),
    )
    op.create_table(
        "edition_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("newsletter_id", sa.BigInteger(), nullable=False),
        sa.Column("edition_id", sa.BigInteger()),
        sa.Column("edition_on", sa.Date(), nullable=False),
        sa.Column("is_trial", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("settings", JSONB(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("outcome", JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_edition_run_edition_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletter.id"], name=op.f("fk_edition_run_newsletter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_run")),
    )
    op.create_table(
        "editor_mark",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("newsletter_id", sa.BigInteger(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), server_default="0", nullable=False),
        sa.Column("edition_on", sa.Date()),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('pin', 'boost', 'block', 'update')", name=op.f("ck_editor_mark_kind")),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_editor_mark_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletter.id"], name=op.f("fk_editor_mark_newsletter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editor_mark")),
        sa.UniqueConstraint(
            "newsletter_id", "article_id", "kind", name=op.f("uq_editor_mark_newsletter_id_article_id_kind")
        ),
    )
    op.create_table(
        "taste",
        sa.Column("newsletter_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("learnt_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('section', 'source')", name=op.f("ck_taste_kind")),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletter.id"], name=op.f("fk_taste_newsletter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("newsletter_id", "kind", "name", name=op.f("pk_taste")),
    )
    op.create_table(
        "recommendation",
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("recommended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_recommendation_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_recommendation_edition_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_recommendation_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", "subscription_id", name=op.f("pk_recommendation")),
    )
    op.create_table(
        "verdict",
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mail_due_at", sa.DateTime(timezone=True)),
        sa.Column("mail_attempts", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_verdict_edition_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_verdict")),
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("newsletter_id", sa.BigInteger()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("mail_due_at", sa.DateTime(timezone=True)),
        sa.Column("mail_attempts", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("kind IN ('missed', 'no verdict', 'tick', 'import')", name=op.f("ck_alarm_kind")),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletter.id"], name=op.f("fk_alarm_newsletter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("kind", "about", name=op.f("uq_alarm_kind_about")),
    )


def _constrain() -> None:
    op.create_foreign_key(
        op.f("fk_article_image_id"), "article", "image", ["image_id"], ["id"], ondelete="SET NULL"
    )
    op.create_foreign_key(
        op.f("fk_sent_article_update_edition_id"),
        "sent_article",
        "edition",
        ["update_edition_id"],
        ["id"],
        ondelete="RESTRICT",
    )
    op.drop_constraint(op.f("ck_source_kind"), "source")
    op.create_check_constraint(
        op.f("ck_source_kind"),
        "source",
        "kind IN ('feed', 'sitemap', 'page', 'wordpress', 'drupal', 'push', 'file')",
    )
    op.create_check_constraint(
        op.f("ck_article_form"), "article", "form IN ('plain', 'live', 'sponsored', 'notice')"
    )
    op.create_check_constraint(
        op.f("ck_newsletter_points"),
        "newsletter",
        "popularity_points BETWEEN 0 AND 1000 AND placing_points BETWEEN 0 AND 1000 "
        "AND coverage_points BETWEEN 0 AND 1000 AND taste_points BETWEEN 0 AND 1000 "
        "AND freshness_points BETWEEN 0 AND 1000 AND featured_points BETWEEN 0 AND 1000 "
        "AND comment_votes BETWEEN 0 AND 100",
    )
    op.create_check_constraint(
        op.f("ck_newsletter_ranking"),
        "newsletter",
        "votes_grow_hours BETWEEN 0.1 AND 168 AND freshness_hours BETWEEN 0.1 AND 8784 "
        "AND story_cut BETWEEN 0 AND 1 AND likeness_penalty BETWEEN 0 AND 1 AND section_share BETWEEN 1 AND 100",
    )
    op.create_check_constraint(
        op.f("ck_newsletter_timetable"),
        "newsletter",
        "cutoff_minutes BETWEEN 0 AND 720 AND carry_hours BETWEEN 0 AND 336 AND late_hours BETWEEN 1 AND 24 "
        "AND most_skips BETWEEN 0 AND 365 AND btrim(send_days) <> ''",
    )


def _index() -> None:
    op.create_index(op.f("ix_alarm_mail_due_at"), "alarm", ["mail_due_at"], unique=False)
    op.create_index(op.f("ix_edition_run_edition_id"), "edition_run", ["edition_id"], unique=False)
    op.create_index(op.f("ix_editor_mark_article_id"), "editor_mark", ["article_id"], unique=False)
    op.create_index(op.f("ix_recommendation_subscription_id"), "recommendation", ["subscription_id"], unique=False)
    op.create_index(op.f("ix_verdict_mail_due_at"), "verdict", ["mail_due_at"], unique=False)
    op.create_index(
        "ix_article_page_due_at",
        "article",
        ["page_due_at"],
        unique=False,
        postgresql_where=sa.text("page_due_at IS NOT NULL"),
    )
    op.create_index("ix_article_published_at", "article", ["published_at"], unique=False)
    op.create_index(
        "ix_sighting_placed",
        "sighting",
        ["source_id"],
        unique=False,
        postgresql_where=sa.text("0 < ANY (positions)"),
    )
    op.create_index("ix_article_slug", "article", ["slug"], unique=False, postgresql_where=sa.text("slug <> ''"))
