"""What a reader agreed to is kept, word for word and once."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.readers.consent import text_version
from newsletter.readers.tables import consent_text


def test_a_text_is_kept_once_under_its_own_name(database: Database, noon: datetime) -> None:
    """Shown again, it keeps its name and the moment it was first shown; another text has another name."""
    with database.transaction() as connection:
        first = text_version(connection, "en", "We mail you each day.", noon)
        again = text_version(connection, "en", "We mail you each day.", noon + timedelta(days=9))
        other = text_version(connection, "fr", "Un courriel par jour.", noon)
        rows = connection.execute(sa.select(consent_text).order_by(consent_text.c.language)).all()
    assert (first, 12) == (again, len(first))
    assert [
        (first, "en", "We mail you each day.", noon),
        (other, "fr", "Un courriel par jour.", noon),
    ] == [tuple(each) for each in rows]
