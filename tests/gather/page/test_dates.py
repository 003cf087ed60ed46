"""Dates as pages write them are read exactly, or not at all."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.page.dates import find_date, read_date

AMMAN = ZoneInfo("Asia/Amman")


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Feb 28,2020", "en", datetime(2020, 2, 28, tzinfo=UTC)),
        ("Feb 28,2020 - Last updated at Feb 29,2020", "en", datetime(2020, 2, 28, tzinfo=UTC)),
        ("Fri, 28 Feb 2020 18:03:00 +0200", "", datetime(2020, 2, 28, 16, 3, tzinfo=UTC)),
        ("2020-02-28T18:03:00.512+02:00", "", datetime(2020, 2, 28, 16, 3, tzinfo=UTC)),
        ("20200228T180300Z", "", datetime(2020, 2, 28, 18, 3, tzinfo=UTC)),
        ("1582912980", "", datetime(2020, 2, 28, 18, 3, tzinfo=UTC)),
        ("1582912980000", "", datetime(2020, 2, 28, 18, 3, tzinfo=UTC)),
        ("February 28, 2020 6:03 p.m.", "en", datetime(2020, 2, 28, 18, 3, tzinfo=UTC)),
        ("12. März 2019", "de", datetime(2019, 3, 12, tzinfo=UTC)),
        ("le 3 août 2021 à 7h05", "fr", datetime(2021, 8, 3, 7, 5, tzinfo=UTC)),
        ("5 de mayo de 2022", "es", datetime(2022, 5, 5, tzinfo=UTC)),
        ("28.02.2020 18:03", "de", datetime(2020, 2, 28, 18, 3, tzinfo=UTC)),
        ("28/02/2020", "en", datetime(2020, 2, 28, tzinfo=UTC)),
        ("02/28/2020", "en", datetime(2020, 2, 28, tzinfo=UTC)),
        ("2025年1月13日 21時37分", "ja", datetime(2025, 1, 13, 21, 37, tzinfo=UTC)),
        ("٢٨ فبراير ٢٠٢٠", "ar", datetime(2020, 2, 28, tzinfo=UTC)),
    ],
)
def test_usual_spellings(text: str, language: str, expected: datetime) -> None:
    """Each usual way to write a moment is understood."""
    found = read_date(text, UTC, language)
    assert found is not None
    assert expected == found.at.replace(microsecond=0)


@pytest.mark.parametrize(
    "text", ["03/04/2020", "2020", "Feb 31, 2020", "yesterday", "0001-01-01", "5 minutes ago", ""]
)
def test_what_is_unclear_is_no_date(text: str) -> None:
    """No order is guessed, no part made up."""
    assert read_date(text, UTC, "en") is None


def test_a_time_without_an_offset_is_the_sites() -> None:
    """The site's zone applies where the page names none, and only there."""
    here, given_offset = read_date("2020-02-28 08:00", AMMAN), read_date("2020-02-28 08:00 +05:30", AMMAN)
    assert here is not None
    assert given_offset is not None
    assert datetime(2020, 2, 28, 8, tzinfo=AMMAN) == here.at
    assert datetime(2020, 2, 28, 8, tzinfo=timezone(timedelta(hours=5, minutes=30))) == given_offset.at


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.sampled_from(["en", "de", "fr", "es", "it", "ar", "nl"]))
def test_long_dates_of_every_language_come_back(day: date, language: str) -> None:
    """What CLDR writes as a long date is read back as the same day, marked as one without a time."""
    found = find_date(format_date(day, "long", locale=language), UTC, language)
    assert found is not None
    assert (day, True) == (found.at.date(), found.is_day)


@given(st.text(max_size=300), st.sampled_from(["", "en", "ar", "xx-nonsense"]))
def test_any_text_is_answered(text: str, language: str) -> None:
    """No text breaks the reader."""
    found = read_date(text, UTC, language)
    assert found is None or 1990 <= found.at.year < 2100
