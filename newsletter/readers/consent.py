"""The words that a reader saw beside the button, kept once each: a consent can say what it was given to."""

import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.readers.tables import consent_text

_VERSION = 12
"""Hexadecimal digits of a text's SHA-256 that name it: 48 bits, for a handful of texts."""


def version_of(text: str) -> str:
    """Return the name that a text has in the consent log. Pure."""
    return hashlib.sha256(text.encode()).hexdigest()[:_VERSION]


def text_version(connection: sa.Connection, language: str, text: str, now: datetime) -> str:
    """Keep a text that is being shown, if it is new, and return its name. ``language`` is a BCP 47 tag."""
    version = version_of(text)
    known = sa.exists().where(consent_text.c.version == version)
    # Looked at before it is written to: it is new once, and is shown with every form.
    if not connection.execute(sa.select(known)).scalar_one():
        row = insert(consent_text).values(version=version, language=language, text=text, first_shown_at=now)
        connection.execute(row.on_conflict_do_nothing())
    return version
