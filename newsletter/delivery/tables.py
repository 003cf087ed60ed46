"""How it goes: one row for each reader of each edition, and a reason for each reader left out."""

from enum import StrEnum

import sqlalchemy as sa

from newsletter.db import Moment, key, metadata, one_of, reference
from newsletter.delivery.states import OPEN, DeliveryState


class Exclusion(StrEnum):
    """Why an active subscription gets no delivery of an edition."""

    SUPPRESSED = "suppressed"


_open = ", ".join(f"'{state}'" for state in sorted(OPEN))

delivery = sa.Table(
    "delivery",
    metadata,
    key(),
    reference("edition", on_delete="RESTRICT"),
    reference("subscription", index=True),
    sa.Column("state", sa.Text, nullable=False, server_default=DeliveryState.PENDING),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    # Gates passed since the last recorded outcome; three of them mean that this message kills its worker.
    sa.Column("open_gates", sa.Integer, nullable=False, server_default="0"),
    sa.Column("not_before_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.Column("lease_token", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("lease_until", Moment, nullable=False, server_default=sa.text("'-infinity'")),
    sa.Column("possible_copy", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("reply_code", sa.Integer),
    sa.Column("enhanced_status", sa.Text, nullable=False, server_default=""),
    sa.Column("reply", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
    sa.Column("settled_at", Moment),
    # The promise that an edition has one delivery a reader is this constraint.
    sa.UniqueConstraint("edition_id", "subscription_id"),
    one_of("state", DeliveryState),
    sa.Index(
        "ix_delivery_open",
        "edition_id",
        "not_before_at",
        "id",
        postgresql_where=sa.text(f"state IN ({_open})"),
    ),
)

exclusion = sa.Table(
    "exclusion",
    metadata,
    reference("edition", primary_key=True),
    reference("subscription", primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    one_of("reason", Exclusion),
)
