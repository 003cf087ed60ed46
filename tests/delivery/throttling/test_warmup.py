"""The warm-up plan of a new relay."""

import re
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.throttling import warmup
from newsletter.delivery.throttling.warmup import FIRST_DAY, LIMIT_ENDS_AT, allowance

FIRST = date(2026, 11, 1)


def test_the_table_is_what_is_computed() -> None:
    """The plan that operators read in the module's table is the plan."""
    cells = re.findall(r"\| (\d+) \| ([\d,]+|no limit) ", warmup.__doc__ or "")
    told = {int(day): None if most == "no limit" else int(most.replace(",", "")) for day, most in cells}
    assert {day: allowance(FIRST, FIRST + timedelta(days=day - 1)) for day in range(1, 18)} == told


def test_a_relay_without_a_plan_has_no_limit() -> None:
    """A relay that is known already may have everything."""
    assert allowance(None, FIRST) is None


@given(st.dates(), st.dates())
def test_it_begins_at_nothing_and_only_grows(one: date, other: date) -> None:
    """Nothing goes out before the first day, and no day allows less than the day before it."""
    today = max(one, other)
    limits = [allowance(FIRST, day) for day in (min(one, other), today)]
    told = [LIMIT_ENDS_AT if limit is None else limit for limit in limits]
    assert sorted(told) == told
    assert (told[1] == 0) is (today < FIRST)
    assert told[1] == 0 or FIRST_DAY <= told[1] <= LIMIT_ENDS_AT
