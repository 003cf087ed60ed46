"""Whom we never mail: which reason stays, what is forgotten, and what comes back."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.readers.forgotten import address_hash
from newsletter.readers.store import is_suppressed
from newsletter.readers.suppressions import find_suppression, lift, list_suppressions, suppress
from newsletter.readers.tables import SuppressionReason, suppression
from newsletter.tokens import Tokens

ANN = "Ann@reader.example"
DAY = timedelta(days=1)
BOUNCE, MANUAL, COMPLAINT, ERASED = (
    SuppressionReason(each) for each in ("bounce", "manual", "complaint", "erased")
)


def told(database: Database) -> list[tuple[str, str, datetime | None]]:
    """Return every row as it is listed."""
    with database.transaction() as connection:
        return [(each.told, each.reason, each.expires_at) for each in list_suppressions(connection)]


def forget(
    database: Database, tokens: Tokens, reason: SuppressionReason, expires_at: datetime | None = None
) -> None:
    """Leave of Ann's suppression nothing but the hash."""
    row = {"address_hash": address_hash(tokens, ANN), "reason": reason, "expires_at": expires_at}
    with database.transaction() as connection:
        connection.execute(sa.insert(suppression).values(row))


def test_an_address_is_suppressed_in_every_spelling(database: Database, noon: datetime) -> None:
    """The row holds for whoever shares the folded address, and for nobody else."""
    with database.transaction() as connection:
        assert suppress(connection, ANN, BOUNCE, "5.1.1 who?", noon)
        addresses = ("ann@reader.example", "bob@reader.example")
        found = [sa.select(is_suppressed(sa.literal(each), sa.literal(noon))) for each in addresses]
        assert [True, False] == [connection.execute(each).scalar_one() for each in found]


@pytest.mark.parametrize(
    ("first", "then", "stays"),
    [
        ((COMPLAINT, None), (BOUNCE, None), (COMPLAINT, None)),
        ((COMPLAINT, 2), (BOUNCE, None), (COMPLAINT, 2)),
        ((COMPLAINT, 1), (BOUNCE, 3), (BOUNCE, 3)),
        ((BOUNCE, None), (COMPLAINT, None), (COMPLAINT, None)),
        ((BOUNCE, 2), (BOUNCE, None), (BOUNCE, None)),
        ((BOUNCE, 2), (BOUNCE, 3), (BOUNCE, 3)),
        ((BOUNCE, None), (BOUNCE, 3), (BOUNCE, None)),
        ((MANUAL, None), (BOUNCE, None), (MANUAL, None)),
    ],
)
def test_which_of_two_reasons_stays(
    database: Database,
    noon: datetime,
    first: tuple[SuppressionReason, int | None],
    then: tuple[SuppressionReason, int | None],
    stays: tuple[SuppressionReason, int | None],
) -> None:
    """A stronger reason wins, as does the same one for longer; one that is over gives way. Told a day apart."""
    ends: dict[int | None, datetime | None] = {None: None, **{days: noon + days * DAY for days in (1, 2, 3)}}
    with database.transaction() as connection:
        suppress(connection, ANN, first[0], "", noon, expires_at=ends[first[1]])
        is_news = suppress(connection, ANN, then[0], "", noon + DAY, expires_at=ends[then[1]])
    assert [("ann@reader.example", stays[0], ends[stays[1]])] == told(database)
    assert is_news == (stays == then and first != then)


def test_lifting_is_for_one_address(database: Database, tokens: Tokens, noon: datetime) -> None:
    """The row goes, by address as by hash; the others stay; a second time there is nothing to lift."""
    forget(database, tokens, ERASED)
    with database.transaction() as connection:
        suppress(connection, ANN, BOUNCE, "", noon)
        suppress(connection, "bob@reader.example", BOUNCE, "", noon)
        assert [True, False] == [lift(connection, tokens, ANN.upper()) for _ in range(2)]
    assert [("bob@reader.example", BOUNCE, None)] == told(database)


def test_the_operator_is_told_why_an_address_is_barred(database: Database, tokens: Tokens, noon: datetime) -> None:
    """Known by name or by hash, the strongest reason in force is told; one that is over is none."""
    with database.transaction() as connection:
        assert find_suppression(connection, tokens, ANN, noon) is None
        suppress(connection, ANN, BOUNCE, "5.1.1 who?", noon, expires_at=noon + DAY)
    forget(database, tokens, ERASED)
    with database.transaction() as connection:
        found = [find_suppression(connection, tokens, ANN, at) for at in (noon, noon + DAY)]
    assert [BOUNCE, ERASED] == [each.reason for each in found if each]
