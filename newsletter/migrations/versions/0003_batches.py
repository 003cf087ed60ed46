"""Batches with a lease and a journal take the place of a lease on every delivery; workers hear what must stop."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TRIGGERS = """
CREATE FUNCTION newsletter_edition_stopped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('newsletter_stops', 'edition ' || NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER edition_stopped AFTER UPDATE OF state ON edition FOR EACH ROW
  WHEN (OLD.state = 'sending' AND NEW.state <> 'sending') EXECUTE FUNCTION newsletter_edition_stopped();

CREATE FUNCTION newsletter_subscription_stopped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('newsletter_stops', 'subscription ' || OLD.id);
  RETURN NULL;
END $$;
CREATE TRIGGER subscription_stopped AFTER UPDATE OF state ON subscription FOR EACH ROW
  WHEN (OLD.state = 'active' AND NEW.state <> 'active') EXECUTE FUNCTION newsletter_subscription_stopped();
CREATE TRIGGER subscription_erased AFTER DELETE ON subscription FOR EACH ROW
  EXECUTE FUNCTION newsletter_subscription_stopped();

CREATE FUNCTION newsletter_deliveries_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM delivery USING erased WHERE delivery.subscription_id = erased.id;
  RETURN NULL;
END $$;
CREATE TRIGGER deliveries_erased AFTER DELETE ON subscription REFERENCING OLD TABLE AS erased
  FOR EACH STATEMENT EXECUTE FUNCTION newsletter_deliveries_erased();

CREATE FUNCTION newsletter_address_stopped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('newsletter_stops', 'subscription ' || subscription.id)
    FROM subscription JOIN subscriber ON subscriber.id = subscription.subscriber_id
    WHERE subscriber.canonical_address = NEW.canonical_address;
  RETURN NULL;
END $$;
CREATE TRIGGER address_suppressed AFTER INSERT OR UPDATE ON suppression FOR EACH ROW
  EXECUTE FUNCTION newsletter_address_stopped();
CREATE TRIGGER address_changed AFTER UPDATE OF address ON subscriber FOR EACH ROW
  WHEN (OLD.address <> NEW.address) EXECUTE FUNCTION newsletter_address_stopped();
"""

# What a worker had begun may have been accepted. No worker of the version before runs now; the pause is for one that
# was forgotten.
_MESSAGES_UNDER_WAY = """
UPDATE delivery SET state = 'uncertain', possible_copy = true, not_before_at = now() + interval '20 minutes'
  WHERE state = 'in_flight'
"""

# Of ids that follow on each other, so that no batch reaches over another edition's deliveries; 2,000 at most.
_BATCHES = """
INSERT INTO batch (edition_id, first_id, last_id, due_at, created_at)
SELECT edition_id, min(id), max(id), min(not_before_at) FILTER (WHERE is_open), min(created_at)
FROM (
  SELECT *, (row_number() OVER (PARTITION BY edition_id, run ORDER BY id) - 1) / 2000 AS slice
  FROM (
    SELECT id, edition_id, not_before_at, created_at, state IN ('pending', 'deferred', 'uncertain') AS is_open,
      id - row_number() OVER (PARTITION BY edition_id ORDER BY id) AS run
    FROM delivery
  ) AS numbered
) AS sliced
GROUP BY edition_id, run, slice HAVING bool_or(is_open) ORDER BY min(id)
"""


def upgrade() -> None:
    """Move to this version; an edition that is being sent goes on."""
    op.create_table(
        "batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=True),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "lease_until", sa.DateTime(timezone=True), server_default=sa.text("'-infinity'"), nullable=False
        ),
        sa.Column("journals", sa.Text(), server_default="", nullable=False),
        sa.Column("journal", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_batch_edition_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_index(
        "ix_batch_edition_id_due_at",
        "batch",
        ["edition_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_batch_held", "batch", ["id"], unique=False, postgresql_where=sa.text("lease_until <> '-infinity'")
    )
    op.create_table(
        "relay_day",
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("relay", "day_on", name=op.f("pk_relay_day")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("beaten_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.execute(_MESSAGES_UNDER_WAY)
    op.execute(_BATCHES)
    op.drop_index("ix_delivery_open", table_name="delivery")
    op.drop_constraint("fk_delivery_edition_id", "delivery")
    op.drop_constraint("fk_delivery_subscription_id", "delivery")
    op.drop_column("delivery", "lease_token")
    op.drop_column("delivery", "lease_until")
    op.execute("ALTER TABLE delivery SET (fillfactor = 50)")
    op.execute(_TRIGGERS)
