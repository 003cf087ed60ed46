"""Who works in the console."""

import sqlalchemy as sa

from newsletter.db import Moment, key, metadata, reference

admin = sa.Table(
    "admin",
    metadata,
    key(),
    sa.Column("address", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
)

console_session = sa.Table(
    "console_session",
    metadata,
    # SHA-256 of the cookie: a stolen table opens no session.
    sa.Column("cookie_hash", sa.Text, primary_key=True),
    reference("admin"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("used_at", Moment, nullable=False),
)

login_failure = sa.Table(
    "login_failure",
    metadata,
    key(),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False, index=True),
)
