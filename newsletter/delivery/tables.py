"""How it goes: one row for each reader of each edition, and a reason for each reader left out."""

from enum import StrEnum

import sqlalchemy as sa

from newsletter.db import Moment, key, metadata, one_of, reference
from newsletter.delivery.states import DeliveryState


class Exclusion(StrEnum):
    """Why an active subscription gets no delivery of an edition."""

    SUPPRESSED = "suppressed"
    NO_SECTION = "no section"
    """Nothing in the edition is of a section that the reader chose."""


delivery = sa.Table(
    "delivery",
    metadata,
    key(),
    # No foreign keys here: each would be checked row by row, which costs more than all else about a row. Rows
    # come from a query over subscriptions, go with theirs by a trigger, and lie in a batch that has the key.
    sa.Column("edition_id", sa.BigInteger, nullable=False),
    sa.Column("subscription_id", sa.BigInteger, nullable=False, index=True),
    # Which of the edition's contents it is, as the reader wished when the audience was frozen.
    sa.Column("language", sa.Text, nullable=False, server_default=""),
    sa.Column("sections", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False, server_default=DeliveryState.PENDING),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    # Gates passed since the last recorded outcome; three of them mean that this message kills its worker.
    sa.Column("open_gates", sa.Integer, nullable=False, server_default="0"),
    sa.Column("not_before_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.Column("possible_copy", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("reply_code", sa.Integer),
    sa.Column("enhanced_status", sa.Text, nullable=False, server_default=""),
    sa.Column("reply", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.Column("settled_at", Moment),
    # The promise that an edition has one delivery a reader is this constraint.
    sa.UniqueConstraint("edition_id", "subscription_id"),
    one_of("state", DeliveryState),
    # Every row is written twice, once planned and once settled: the second finds room beside the first, and no
    # index has to be told, because none holds the state.
    postgresql_with={"fillfactor": "50"},
)

batch = sa.Table(
    "batch",
    metadata,
    key(),
    reference("edition", on_delete="RESTRICT"),
    # The deliveries with these ids, both ends included: all of this edition, and of no other batch.
    sa.Column("first_id", sa.BigInteger, nullable=False),
    sa.Column("last_id", sa.BigInteger, nullable=False),
    # When its next delivery may be begun; null when none waits any more.
    sa.Column("due_at", Moment, server_default=sa.func.now()),
    sa.Column("lease_token", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("lease_until", Moment, nullable=False, server_default=sa.text("'-infinity'")),
    # Which of whose journals tells what the holder of the lease began.
    sa.Column("journals", sa.Text, nullable=False, server_default=""),
    sa.Column("journal", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.Index("ix_batch_edition_id_due_at", "edition_id", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
    # The few that tasks hold, among all that ever were.
    sa.Index("ix_batch_held", "id", postgresql_where=sa.text("lease_until <> '-infinity'")),
)

relay_day = sa.Table(
    "relay_day",
    metadata,
    sa.Column("relay", sa.Text, primary_key=True),
    sa.Column("day_on", sa.Date, primary_key=True),
    sa.Column("accepted", sa.BigInteger, nullable=False),
)

exclusion = sa.Table(
    "exclusion",
    metadata,
    reference("edition", primary_key=True),
    reference("subscription", primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    one_of("reason", Exclusion),
)
