"""The score: whatever comes, and however often, a day gives one point at the most."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.inbound.report.reported import OURS, PERMANENT, Action, Kind, Reason, Reported
from newsletter.inbound.report.score import REST, STALE_AFTER, Ruling, Standing, rule
from newsletter.readers.tables import SuppressionReason

DAY = date(2026, 3, 2)
LIMIT = 5.0
FULL = Reported("ann@example.org", Kind.TRANSIENT, Reason.MAILBOX_FULL, Action.FAILED)

_COMPLAINTS = (Reason.ABUSE, Reason.FRAUD, Reason.VIRUS, Reason.OTHER, Reason.AUTHENTICATION)
_PASSING = sorted(set(Reason) - PERMANENT - set(_COMPLAINTS) | {Reason.AUTHENTICATION})
_KINDS = {Kind.PERMANENT: sorted(PERMANENT), Kind.COMPLAINT: sorted(_COMPLAINTS), Kind.TRANSIENT: _PASSING}

days = st.integers(0, 60).map(lambda number: DAY + timedelta(days=number))
reports = st.sampled_from(
    [
        Reported("ann@example.org", kind, reason, action)
        for kind, reasons in _KINDS.items()
        for reason in reasons
        for action in ([None] if kind is Kind.COMPLAINT else [Action.FAILED, Action.DELAYED])
    ]
)
limits = st.floats(0.5, 50)


def after(told: list[tuple[date, Reported]], limit: float = LIMIT) -> list[Ruling]:
    """Return what each report does, one after another."""
    rulings: list[Ruling] = []
    for day, reported in told:
        rulings.append(rule(rulings[-1].standing if rulings else Standing(), reported, day, limit))
    return rulings


@given(st.lists(st.tuples(days, reports), max_size=80), limits)
def test_a_day_gives_one_point_at_the_most(told: list[tuple[date, Reported]], limit: float) -> None:
    """In whatever order reports come, no day adds twice, and there are never more points than days."""
    rulings = after(told, limit)
    counted = [day for (day, _), ruling in zip(told, rulings, strict=True) if ruling.added]
    assert sorted(set(counted)) == counted
    for ruling in rulings:
        assert ruling.standing.points <= len(counted)
        assert ruling.added in {0.0, 1.0}


@given(st.lists(st.tuples(days, reports), max_size=40), days, reports)
def test_told_twice_on_a_day_is_told_once(
    told: list[tuple[date, Reported]], day: date, reported: Reported
) -> None:
    """The second of two equal reports of a day leaves the standing as it is."""
    once, twice = after([*told, (day, reported), (day, reported)])[-2:]
    assert once.standing == twice.standing
    assert once.suppresses == twice.suppresses


@given(st.lists(st.tuples(days, reports), max_size=60), limits)
def test_nobody_is_suppressed_below_the_limit(told: list[tuple[date, Reported]], limit: float) -> None:
    """Points end mail exactly at the limit and for a while; other reports end it for good, or do not."""
    for (_, reported), ruling in zip(told, after(told, limit), strict=True):
        if reported.ends_mail:
            expected = SuppressionReason.BOUNCE if reported.kind is Kind.PERMANENT else SuppressionReason.COMPLAINT
            assert (expected, None) == (ruling.suppresses, ruling.rest)
        elif ruling.suppresses:
            assert ruling.standing.points >= limit
            assert (SuppressionReason.BOUNCE, REST) == (ruling.suppresses, ruling.rest)
        elif ruling.added:
            assert ruling.standing.points < limit


@given(st.sampled_from(sorted(OURS)), st.integers(1, 100))
def test_what_is_our_fault_is_never_counted(reason: Reason, reported_days: int) -> None:
    """A refusal of ourselves says nothing about a reader, on however many days."""
    refused = Reported("ann@example.org", Kind.TRANSIENT, reason, Action.FAILED)
    told = [(DAY + timedelta(days=number), refused) for number in range(reported_days)]
    assert {Ruling(Standing())} == set(after(told))


@given(st.sampled_from(_PASSING), st.integers(1, 100))
def test_a_delay_is_never_counted(reason: Reason, reported_days: int) -> None:
    """What is still tried may arrive yet."""
    delayed = Reported("ann@example.org", Kind.TRANSIENT, reason, Action.DELAYED)
    told = [(DAY + timedelta(days=number), delayed) for number in range(reported_days)]
    assert {Ruling(Standing())} == set(after(told))


def test_five_days_end_mail_for_a_while() -> None:
    """A mailbox that is full on five days rests for ninety."""
    rulings = after([(DAY + timedelta(days=number), FULL) for number in range(5)])
    assert [None] * 4 == [each.suppresses for each in rulings[:4]]
    assert Ruling(Standing(5.0, DAY + timedelta(days=4)), 1.0, SuppressionReason.BOUNCE, REST) == rulings[4]


@pytest.mark.parametrize(("gap", "points"), [(STALE_AFTER, 2.0), (STALE_AFTER + timedelta(days=1), 1.0)])
def test_old_points_are_forgotten(gap: timedelta, points: float) -> None:
    """Two weeks without a bounce, and the next one is the first."""
    assert Standing(points, DAY + gap) == after([(DAY, FULL), (DAY + gap, FULL)])[-1].standing


def test_a_clock_set_back_gives_no_point() -> None:
    """A report of an earlier day than the last adds nothing."""
    assert Ruling(Standing(1.0, DAY)) == after([(DAY, FULL), (DAY - timedelta(days=1), FULL)])[-1]
