"""The gate: by address, by mailbox, by network, and over all."""

from datetime import datetime, timedelta

import pytest

from newsletter.db import Database
from newsletter.readers.gate import DAY, LONGEST_WAIT, WEEK, Gate, has_queue, may_be_asked
from newsletter.tokens import Tokens

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours_ago", "comes_back", "expected"),
    [
        ([], False, True),
        ([1], False, False),
        ([24], False, True),
        ([23.9], False, False),
        ([1], True, True),
        ([-20], False, False),
        ([100, 60, 30], False, False),
        ([100, 60, 30], True, False),
        ([168, 60, 30], False, True),
        ([300, 200, 170], False, True),
    ],
)
def test_how_often_one_address_is_asked(
    noon: datetime, hours_ago: list[float], comes_back: bool, expected: bool
) -> None:
    """Once a day and three times a week; who comes back need not wait; a mail yet to leave counts."""
    asks = [noon - timedelta(hours=each) for each in hours_ago]
    assert expected == may_be_asked(asks, noon, comes_back=comes_back)


def test_a_network_has_its_share(database: Database, tokens: Tokens, noon: datetime) -> None:
    """Half of a network's hour may come at once; another network is not concerned."""
    gate = Gate(tokens, per_network=10, per_hour=1000)
    with database.transaction() as connection:
        assert 5 == sum(gate.admits_network(connection, "one", noon) for _ in range(20))
        assert gate.admits_network(connection, "other", noon)


def test_all_together_are_spread_over_the_day(database: Database, tokens: Tokens, noon: datetime) -> None:
    """No hour has more than it should, nobody is left out for a day, and beyond that nobody is kept waiting."""
    gate = Gate(tokens, per_network=10, per_hour=20)
    with database.transaction() as connection:
        assert not has_queue(connection, noon)
        places = [gate.next_place(connection, noon) for _ in range(20 * 24 + 100)]
        assert has_queue(connection, noon)
        assert not has_queue(connection, noon + LONGEST_WAIT + HOUR)
    given = [each for each in places if each is not None]
    assert 0 == sum(each is None for each in places[: 19 * 24])
    assert places[-1] is None
    assert max(given) <= noon + LONGEST_WAIT
    for hour in range(24):
        assert 20 >= sum(noon + hour * HOUR <= each < noon + (hour + 1) * HOUR for each in given)


def test_a_mailbox_has_many_spellings_and_one_share(database: Database, tokens: Tokens, noon: datetime) -> None:
    """Whoever adds to an address what the mailbox ignores causes no more mail than a week's number."""
    gate = Gate(tokens, per_network=10, per_hour=1000)
    with database.transaction() as connection:
        tagged = [gate.admits_mailbox(connection, f"ann+{n}@reader.example", noon) for n in range(20)]
        assert 2 == sum(tagged)
        assert gate.admits_mailbox(connection, "bob+1@reader.example", noon)
        dotted = ["a.nn@gmail.com", "an.n@gmail.com", "a.n.n@googlemail.com", "ann+x@gmail.com"]
        assert 2 == sum(gate.admits_mailbox(connection, each, noon) for each in dotted)
        assert all(gate.admits_mailbox(connection, "Ann@reader.example", noon) for _ in range(20))
        days = (noon + day * DAY for day in range(7))
        assert 1 == sum(gate.admits_mailbox(connection, "ann+y@reader.example", each) for each in days)
        assert gate.admits_mailbox(connection, "ann+z@reader.example", noon + WEEK)
