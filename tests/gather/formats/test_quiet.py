"""When a feed asks to be left alone."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.formats.quiet import read_skips, read_ttl


@pytest.mark.parametrize(
    ("minutes", "ttl"),
    [
        ("60", timedelta(hours=1)),
        (" 5 ", timedelta(minutes=5)),
        *((wrong, None) for wrong in ("", "0", "-5", "1.5", "soon", "٣", "999999999999", "20161")),
    ],
)
def test_a_ttl_is_minutes(minutes: str, ttl: timedelta | None) -> None:
    """What is none, or longer than a week, is not said."""
    assert read_ttl(minutes) == ttl


@pytest.mark.parametrize(
    ("text", "hours", "days"),
    [
        ("<skipHours><hour>0</hour><hour> 24 </hour><hour>7</hour><hour>25</hour></skipHours>", {0, 7}, set()),
        ("<skipDays><day>Monday</day><day>SUNDAY</day><day>Caturday</day></skipDays>", set(), {0, 6}),
        ("<skipHours><day>Monday</day></skipHours><skipDays><hour>3</hour></skipDays>", set(), set()),
        ("<skiphours><hour>3</hour></skiphours>", {3}, set()),
        ("<skipHours><hour>3</hour>", set(), set()),
        ("", set(), set()),
    ],
)
def test_hours_and_days_to_skip_are_read(text: str, hours: set[int], days: set[int]) -> None:
    """Midnight was 24 once; other words are passed over."""
    assert tuple(map(set, read_skips(text))) == (hours, days)


@given(st.text(max_size=40), st.text(max_size=20))
def test_any_text_gives_hours_and_days(inside: str, minutes: str) -> None:
    """Nothing but hours of a day and days of a week, and a time that can be waited."""
    hours, days = read_skips(
        f"<skipHours><hour>{inside}</hour></skipHours><skipDays><day>{inside}</day></skipDays>"
    )
    assert hours <= set(range(24))
    assert days <= set(range(7))
    assert (read_ttl(minutes) or timedelta(1)) > timedelta(0)
