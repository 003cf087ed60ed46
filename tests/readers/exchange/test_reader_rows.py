"""One line of a file becomes a reader, or the reason why it is none."""

from collections import Counter
from datetime import UTC, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import AddressError
from newsletter.readers.address import read_address
from newsletter.readers.exchange.reader_rows import (
    Manner,
    ReaderRow,
    Refused,
    fast_address,
    read_moment,
    read_row,
)
from newsletter.readers.exchange.records import Record
from newsletter.readers.exchange.shapes import FIELDS, read_heading
from newsletter.readers.tables import SubscriptionState

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANN = "ann@example.org"


def read(cells: dict[str, str], state: SubscriptionState = SubscriptionState.ACTIVE) -> tuple[Any, Counter[str]]:
    """Return what a line with these cells says, and what of it was left out."""
    told = {"address": ANN, **cells}
    manner = Manner(read_heading(list(told), "csv", {}), "daily", ("en", "ar"), state, NOW)
    left_out: Counter[str] = Counter()
    return read_row(Record(7, 7, list(told.values())), manner, lambda name: left_out.update([name])), left_out


def test_a_whole_line() -> None:
    """Everything that we know of a reader is read."""
    row, left_out = read(
        {
            "newsletter": "daily",
            "state": "paused",
            "language": "ar",
            "zone": "Asia/Tokyo",
            "hour": "06:00",
            "frequency": "weekly",
            "breaking": "true",
            "sections": '["Sport", "Arts; Letters"]',
            "requested_at": "2020-01-02T03:04:05Z",
            "confirmed_at": "2020-01-02 03:05:00",
            "ended_at": "",
            "paused_until": "2026-04-01T00:00:00+02:00",
        }
    )
    assert (
        ReaderRow(
            line=7,
            address=ANN,
            canonical_address=ANN,
            state="paused",
            language="ar",
            zone="Asia/Tokyo",
            hour=time(6),
            frequency="weekly",
            breaking=True,
            sections=["Arts; Letters", "Sport"],
            requested_at=datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
            confirmed_at=datetime(2020, 1, 2, 3, 5, tzinfo=UTC),
            ended_at=None,
            paused_until=datetime(2026, 3, 31, 22, tzinfo=UTC),
        )
        == row
    )
    assert Counter() == left_out


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        ({}, "active"),
        ({"state": "Enabled"}, "active"),
        ({"state": "disabled"}, "unsubscribed"),
        ({"state": "blocklisted"}, "manual"),
        ({"state": "cleaned"}, "bounce"),
        ({"state": "spam"}, "complaint"),
        ({"state": "pending"}, "unconfirmed"),
        ({"subscribed": "false"}, "unsubscribed"),
        ({"subscribed": "true"}, "active"),
        ({"ended_at": "2024-01-01 00:00:00"}, "unsubscribed"),
        ({"ended_at": "2024-01-01", "state": "active"}, "active"),
        ({"bounced_at": "2024-01-01 00:00:00"}, "bounce"),
    ],
)
def test_what_other_programs_call_it(cells: dict[str, str], state: str) -> None:
    """Each program's words for who is mailed are understood."""
    row, _ = read(cells)
    assert state == row.state


def test_whoever_is_not_told_of_is_as_the_operator_says() -> None:
    """Without a word in the file all are unconfirmed, if asked for."""
    row, _ = read({}, SubscriptionState.UNCONFIRMED)
    assert "unconfirmed" == row.state


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"address": ""}, "not an address"),
        ({"address": "ann"}, "not an address"),
        ({"address": "ann@example.org, bob@example.org"}, "not an address"),
        ({"address": "änn@example.org"}, "not an address"),
        ({"address": "ann@example.org\ufffd"}, "UTF-8"),
        ({"address": "a" * 300 + "@example.org"}, "characters long"),
        ({"confirmed_at": "yesterday"}, "confirmed_at is 'yesterday', which is no moment"),
        ({"confirmed_at": "2031-01-01"}, "confirmed_at lies ahead"),
        ({"requested_at": "0000-00-00 00:00:00"}, "no moment"),
        ({"state": "vip"}, "state is 'vip'"),
        ({"deleted_at": "2024-01-01T00:00:00Z"}, "was deleted"),
    ],
)
def test_a_line_that_is_refused(cells: dict[str, str], reason: str) -> None:
    """Each is told with its line and why; nothing about consent is guessed."""
    row, _ = read(cells)
    assert isinstance(row, Refused)
    assert (7, True) == (row.line, reason in row.reason)


@pytest.mark.parametrize(
    ("cells", "name"),
    [({"zone": "Mars/Olympus"}, "zone"), ({"language": "fr"}, "language"), ({"hour": "soon"}, "hour")],
)
def test_a_choice_that_we_do_not_have_is_left_out(cells: dict[str, str], name: str) -> None:
    """The reader is taken, with the newsletter's own in its place."""
    row, left_out = read(cells)
    assert ANN == row.address
    assert not getattr(row, name)
    assert Counter([name]) == left_out


@pytest.mark.parametrize("cell", ["Sport \n  news, Arts", '["Sport\\n news", " Arts "]'])
def test_a_section_is_one_line(cell: str) -> None:
    """Two sections on two lines, and one that goes over both, must not be the same choice."""
    row, _ = read({"sections": cell})
    assert ["Arts", "Sport news"] == row.sections


def test_another_newsletter_s_reader_is_none_of_ours() -> None:
    """A file of all newsletters gives each its own."""
    assert (None, Counter()) == read({"newsletter": "evening"})


def test_a_line_with_too_many_cells() -> None:
    """Cells that have slipped are not guessed at."""
    manner = Manner(read_heading(["email"], "csv", {}), "daily", ("en",), SubscriptionState.ACTIVE, NOW)
    refused = read_row(Record(3, 3, ["Ann, the first", ANN]), manner, lambda _: None)
    assert Refused(3, "", "has 2 cells, the heading 1") == refused


@pytest.mark.parametrize(
    "text",
    [
        *("2021-05-04 10:11:12", "2021-05-04T10:11:12Z", "2021-05-04T10:11:12.000Z", "2021-05-04T12:11:12+02:00"),
        *(
            "2021-05-04 15:41:12.000000 +0530 IST",
            "2021-05-04 10:11:12 +0000 UTC",
            "2021-05-04 10:11:12 +0000 +0000",
        ),
    ],
)
def test_how_programs_write_a_moment(text: str) -> None:
    """ISO 8601 with and without a zone, and Go's own way."""
    assert datetime(2021, 5, 4, 10, 11, 12, tzinfo=UTC) == read_moment(text)


def test_a_moment_in_more_than_microseconds() -> None:
    """Go writes as many digits as it has."""
    text = "2021-05-04 10:11:12.123456789 +0000 UTC"
    assert datetime(2021, 5, 4, 10, 11, 12, 123456, tzinfo=UTC) == read_moment(text)


local_parts = st.one_of(
    st.emails().map(lambda each: each.rpartition("@")[0]), st.text("aZ09.+-_=' \"@", max_size=70)
)
domains = st.one_of(
    st.emails().map(lambda each: each.rpartition("@")[2]),
    st.sampled_from(
        ["Example.ORG", "bücher.example", "localhost", "a.invalid", "x.test", "1.2.3.4", "", "a..b", "-a.b"]
    ),
)


@given(local_parts, domains)
def test_an_address_is_read_as_at_every_other_door(local: str, domain: str) -> None:
    """Fast is no less strict: the same address comes out, or none."""

    def outcome(reads: Any, given: str) -> str | None:
        try:
            return str(reads(given))
        except AddressError:
            return None

    assert outcome(read_address, f"{local}@{domain}") == outcome(fast_address, f"{local}@{domain}")


@given(st.lists(st.text(), max_size=len(FIELDS) + 1))
def test_any_line_is_read_or_refused(cells: list[str]) -> None:
    """Whatever stands in a line, it has an answer."""
    manner = Manner(read_heading(list(FIELDS), "csv", {}), "daily", ("en",), SubscriptionState.ACTIVE, NOW)
    row = read_row(Record(1, 1, cells), manner, lambda _: None)
    assert row is None or row.line == 1
