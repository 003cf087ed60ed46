"""Readers taken in by the thousand: copied into a table of the session's own, judged there, and then put in place.

Every judgement is one statement over a slice: nobody comes back who left, who is suppressed or who was erased
(``readers.suppressions``), and whoever is here already keeps what they chose.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from newsletter.readers.exchange.reader_rows import ReaderRow, Refused
from newsletter.readers.forgotten import address_hasher
from newsletter.readers.tables import ConsentEvent
from newsletter.tokens import Tokens

HOW = "import"
"""``Origin.how`` of what a file brought."""


class Fate(StrEnum):
    """What becomes of a line."""

    ADDED = "added"
    ASKED = "asked"
    """Added as unconfirmed, and owed a confirmation."""
    NOTED = "noted as left"
    """They left where the file is from: noted, so that nobody adds them later."""
    BARRED = "noted as suppressed"
    THERE = "here already"
    LEFT = "left us"
    SUPPRESSED = "suppressed"
    ERASED = "erased"
    UNCONFIRMED = "never confirmed"
    DOUBLED = "twice in the file"


REFUSING = (Fate.LEFT, Fate.SUPPRESSED, Fate.ERASED, Fate.UNCONFIRMED, Fate.DOUBLED)
"""What an operator may want to know line by line."""

_COLUMNS = (*ReaderRow._fields, "address_hash")

_MAKE = """
CREATE TEMPORARY TABLE IF NOT EXISTS coming (
  line bigint, address text, canonical_address text, state text, language text, zone text, hour time,
  frequency text, breaking boolean, sections text[], requested_at timestamptz, confirmed_at timestamptz,
  ended_at timestamptz, paused_until timestamptz, address_hash bytea, fate text
) ON COMMIT DELETE ROWS
"""
# Only a trial fills it, which is one transaction: it changes nothing by which it could tell whom it has seen.
_REMEMBER = """
CREATE TEMPORARY TABLE IF NOT EXISTS tried (canonical_address text PRIMARY KEY, state text)
ON COMMIT DELETE ROWS
"""

# Of several lines of one address one counts: that it must not be mailed, or that its reader left, before all else.
_JUDGE = sa.text(
    """
    UPDATE coming SET fate = CASE
      WHEN judged.is_second THEN 'twice in the file'
      WHEN judged.is_erased THEN 'erased'
      WHEN coming.state IN ('bounce', 'complaint', 'manual') THEN
        CASE WHEN judged.is_suppressed THEN 'suppressed' ELSE 'noted as suppressed' END
      WHEN judged.is_suppressed THEN 'suppressed'
      WHEN judged.state = 'unsubscribed' OR judged.state = 'unconfirmed' AND judged.has_left THEN
        CASE WHEN coming.state = 'unsubscribed' THEN 'here already' ELSE 'left us' END
      WHEN coming.state = 'unsubscribed' AND judged.state IS NULL THEN 'noted as left'
      WHEN judged.state IN ('active', 'paused') OR coming.state = 'unsubscribed' THEN 'here already'
      WHEN coming.state = 'unconfirmed' AND NOT :asks THEN 'never confirmed'
      WHEN :asks THEN CASE WHEN judged.state IS NULL AND judged.may_be_asked THEN 'asked' ELSE 'here already' END
      ELSE 'added'
    END
    FROM (
      SELECT coming.line,
        row_number() OVER (PARTITION BY canonical_address ORDER BY
          coming.state IN ('bounce', 'complaint', 'manual') DESC, coming.state = 'unsubscribed' DESC, line) > 1
          AS is_second,
        EXISTS (SELECT FROM suppression WHERE suppression.address_hash = coming.address_hash) AS is_erased,
        EXISTS (SELECT FROM suppression WHERE suppression.canonical_address = coming.canonical_address
          AND (expires_at IS NULL OR expires_at > :now)) OR coalesce(tried.state = 'suppressed', false)
          AS is_suppressed,
        coalesce(here.state, tried.state) AS state, here.ended_at IS NOT NULL AS has_left,
        NOT EXISTS (SELECT FROM unnest(reader.confirmation_asks) AS ask WHERE ask > :now - interval '7 days')
          AS may_be_asked
      FROM coming
      LEFT JOIN subscriber AS reader USING (canonical_address)
      LEFT JOIN tried USING (canonical_address)
      LEFT JOIN subscription AS here ON here.subscriber_id = reader.id AND here.newsletter_id = :newsletter_id
    ) AS judged
    WHERE judged.line = coming.line
    """
)

# In the order of addresses, so that two imports at once wait for each other in one order.
_READERS = """
INSERT INTO subscriber (address, canonical_address, confirmation_asks)
SELECT address, canonical_address, '{}' FROM coming WHERE fate IN ('added', 'asked', 'noted as left')
ORDER BY canonical_address ON CONFLICT DO NOTHING
"""

_SUBSCRIPTIONS = sa.text(
    """
    WITH put AS (
      INSERT INTO subscription (subscriber_id, newsletter_id, state, zone, language, hour, frequency, breaking,
        sections, requested_at, confirmed_at, ended_at, paused_until, confirmation_due_at)
      SELECT reader.id, :newsletter_id,
        CASE coming.fate WHEN 'asked' THEN 'unconfirmed' WHEN 'noted as left' THEN 'unsubscribed'
          ELSE coming.state END,
        zone, language, hour, frequency, breaking, sections,
        CASE WHEN coming.fate = 'asked' THEN due_at ELSE coalesce(requested_at, confirmed_at, :now) END,
        CASE coming.fate WHEN 'added' THEN coalesce(confirmed_at, :now) WHEN 'asked' THEN NULL
          ELSE confirmed_at END,
        CASE WHEN coming.fate = 'noted as left' THEN coalesce(ended_at, :now) ELSE ended_at END,
        CASE WHEN coming.fate = 'added' THEN paused_until END,
        CASE WHEN coming.fate = 'asked' THEN due_at END
      FROM (
        SELECT *, :now + (:waiting + row_number() OVER (ORDER BY line)) * CAST(:apart AS interval) AS due_at
        FROM coming WHERE fate IN ('added', 'asked', 'noted as left')
      ) AS coming JOIN subscriber AS reader USING (canonical_address)
      ORDER BY reader.id
      ON CONFLICT (subscriber_id, newsletter_id) DO UPDATE SET state = excluded.state,
        confirmed_at = excluded.confirmed_at, paused_until = excluded.paused_until, confirmation_due_at = NULL
        WHERE subscription.state = 'unconfirmed' AND subscription.ended_at IS NULL
          AND excluded.state IN ('active', 'paused')
      RETURNING id, state
    )
    INSERT INTO consent (subscription_id, event, at, how, source)
    SELECT id,
      CASE state WHEN 'unconfirmed' THEN :requested WHEN 'unsubscribed' THEN :unsubscribed ELSE :added END,
      :now, :how, :source
    FROM put
    """
)

_ASKS = sa.text(
    """
    UPDATE subscriber SET confirmation_asks = confirmation_asks || :now
    FROM coming WHERE coming.fate = 'asked' AND subscriber.canonical_address = coming.canonical_address
    """
)

_SUPPRESSIONS = sa.text(
    """
    INSERT INTO suppression (canonical_address, reason, detail, created_at)
    SELECT canonical_address, state, :source, coalesce(ended_at, :now) FROM coming
    WHERE fate = 'noted as suppressed' ORDER BY canonical_address
    ON CONFLICT (canonical_address) DO UPDATE SET reason = excluded.reason, detail = excluded.detail,
      created_at = excluded.created_at, expires_at = NULL
    """
)

_TRIED = """
INSERT INTO tried SELECT canonical_address,
  CASE fate WHEN 'added' THEN 'active' WHEN 'asked' THEN 'unconfirmed' WHEN 'noted as left' THEN 'unsubscribed'
    ELSE 'suppressed' END
FROM coming WHERE fate IN ('added', 'asked', 'noted as left', 'noted as suppressed') ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms readers are taken in: to which newsletter, and from where the operator has their consent.

    With ``apart`` each is asked to confirm, so long after the one before. A trial changes nothing.
    """

    newsletter_id: int
    source: str
    now: datetime
    apart: timedelta | None = None
    is_trial: bool = False


def take_in(
    connection: sa.Connection, tokens: Tokens, rows: Sequence[ReaderRow], terms: Terms, waiting: int
) -> tuple[Counter[str], list[Refused]]:
    """Take a slice of readers in, ``waiting`` of whom have been asked before it; return what became of its lines.

    The counts are by ``Fate``; the lines that were refused come one by one, in order.
    """
    _copy(connection, tokens, rows)
    asks = terms.apart is not None
    _count(connection)
    connection.execute(_JUDGE, {"newsletter_id": terms.newsletter_id, "now": terms.now, "asks": asks})
    _count(connection)
    if terms.is_trial:
        connection.execute(sa.text(_TRIED))
    else:
        _put_in_place(connection, terms, waiting)
    fates = connection.execute(sa.text("SELECT fate, count(*) FROM coming GROUP BY fate"))
    counts = Counter({str(fate): int(count) for fate, count in fates})
    listed = sa.text("SELECT line, address, fate FROM coming WHERE fate = ANY(:refusing) ORDER BY line")
    refused = connection.execute(listed, {"refusing": [each.value for each in REFUSING]})
    return counts, [Refused(*row) for row in refused]


def _copy(connection: sa.Connection, tokens: Tokens, rows: Sequence[ReaderRow]) -> None:
    for statement in (_MAKE, _REMEMBER, "TRUNCATE coming"):
        connection.execute(sa.text(statement))
    hashed = address_hasher(tokens)
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(f"COPY coming ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row((*row, hashed(row.canonical_address)))


def _count(connection: sa.Connection) -> None:
    """Let the server know what the slice holds: nobody else counts a table of a session's own.

    Without it, it guesses that next to nothing is there, and looks at every reader for every line.
    """
    connection.execute(sa.text("ANALYZE coming"))


def _put_in_place(connection: sa.Connection, terms: Terms, waiting: int) -> None:
    connection.execute(sa.text(_READERS))
    told = {"newsletter_id": terms.newsletter_id, "now": terms.now, "source": terms.source, "how": HOW}
    turn = {"waiting": waiting, "apart": terms.apart or timedelta(0)}
    events = (ConsentEvent.REQUESTED, ConsentEvent.UNSUBSCRIBED, ConsentEvent.ADDED)
    connection.execute(_SUBSCRIPTIONS, {**told, **turn, **{each.value: each.value for each in events}})
    if terms.apart is not None:
        connection.execute(_ASKS, {"now": terms.now})
    connection.execute(_SUPPRESSIONS, {"now": terms.now, "source": terms.source})
