"""What was found when an edition was checked before its sending."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from newsletter.db import Moment, metadata, one_of, reference
from newsletter.preflight.finding import Outcome

preflight = sa.Table(
    "preflight",
    metadata,
    reference("edition", primary_key=True),
    # Of the content that was checked: what is assembled anew is checked anew.
    sa.Column("content_hash", sa.Text, nullable=False),
    # The worst of its findings.
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("findings", JSONB, nullable=False),
    sa.Column("checked_at", Moment, nullable=False),
    # Who let it go although something blocks it; empty where nobody did.
    sa.Column("overruled_by", sa.Text, nullable=False, server_default=""),
    one_of("outcome", Outcome),
)
