"""When it comes, in words."""

from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from newsletter.delivery.correspondence.rhythm import next_time, rhythm
from newsletter.edition.rendering.content import Stationery
from newsletter.publication.newsletters import Newsletter

MONDAY_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "It comes every day at 7:00\u202fAM (Coordinated Universal Time)."),
        (
            {"zone": "Europe/London", "send_days": "sun mon", "send_time": time(18, 30)},
            "It comes on Monday and Sunday at 6:30\u202fPM (United Kingdom Time).",
        ),
        ({"scheduled": False}, "It has no fixed days: it comes when an edition is made."),
    ],
)
def test_days_and_hour(
    daily: Newsletter, templates: tuple[Path, ...], changes: dict[str, object], said: str
) -> None:
    """Every day, some days, or none that could be named."""
    phrases = Stationery(templates).phrases("en")
    assert said == rhythm(replace(daily, **changes), phrases)  # type: ignore[arg-type]  # each case's own settings


def test_the_next_time_is_the_newsletter_s_own(daily: Newsletter, templates: tuple[Path, ...]) -> None:
    """The day and the hour are those of its zone, in the reader's language; without a timetable there is none."""
    phrases = Stationery(templates).phrases("de")
    tokyo = replace(daily, zone="Asia/Tokyo", send_days="tue fri")
    assert ("Dienstag, 3. März 2026", "07:00") == next_time(tokyo, phrases, MONDAY_NOON)
    assert next_time(replace(daily, scheduled=False), phrases, MONDAY_NOON) is None
