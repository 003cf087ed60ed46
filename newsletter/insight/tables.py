"""What readers opened, kept only for newsletters that track clicks."""

import sqlalchemy as sa

from newsletter.db import Moment, metadata, reference

click = sa.Table(
    "click",
    metadata,
    sa.Column("edition_id", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    reference("subscription", primary_key=True, index=True),
    # Whether a machine followed the link. Once a machine and once a reader: no row more, however often they come.
    sa.Column("automatic", sa.Boolean, primary_key=True),
    sa.Column("clicked_at", Moment, nullable=False),
    sa.ForeignKeyConstraint(
        ["edition_id", "number"], ["edition_link.edition_id", "edition_link.number"], ondelete="CASCADE"
    ),
)

recommendation = sa.Table(
    "recommendation",
    metadata,
    # One of a reader and article, however often the button is pressed.
    reference("article", primary_key=True),
    reference("subscription", primary_key=True, index=True),
    reference("edition"),
    sa.Column("recommended_at", Moment, nullable=False),
)
