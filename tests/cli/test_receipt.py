"""What a run led to, for a person or for a machine."""

import json
from datetime import UTC, date, datetime, time
from enum import StrEnum

import pytest

from newsletter.cli.receipt import is_settled, plain, print_receipt, receipt
from newsletter.delivery.states import DeliveryState
from newsletter.schedule.verdict import VerdictKind
from tests.delivery.press import Press


class Word(StrEnum):
    """A word."""

    YES = "yes"


def test_plain() -> None:
    """Moments, dates, words and what holds them become what JSON has."""
    given = {
        DeliveryState.ACCEPTED: (Word.YES, [date(2026, 3, 2), time(7, 0)]),
        "at": datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
        "none": None,
        "points": 1.5,
    }
    expected = {
        "accepted": ["yes", ["2026-03-02", "07:00:00"]],
        "at": "2026-03-02T12:00:00Z",
        "none": None,
        "points": 1.5,
    }
    assert expected == plain(given)
    assert expected == json.loads(json.dumps(plain(given)))


def test_a_receipt_is_json(press: Press) -> None:
    """Nothing in a receipt needs more than JSON to be written."""
    edition_id = press.send("ann")
    with press.database.transaction() as connection:
        told = receipt(connection, edition_id)
    assert told == json.loads(json.dumps(told))
    assert {"pending": 1} == told["deliveries"]
    assert {} == told["exclusions"]


@pytest.mark.parametrize("verdict", VerdictKind)
def test_only_two_verdicts_are_a_good_end(verdict: VerdictKind) -> None:
    """Sent, or rightly nothing to send."""
    assert (verdict.value in {"sent", "skipped"}) == is_settled({"verdict": verdict.value})


def test_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    """Verdict, notes, subject, articles with reasons, failed sources, and the sum."""
    article = {"place": 1, "title": "Cranes", "source": "Harbour News", "points": 1.25, "why": "New."}
    told = {
        "edition": "daily/2026-03-02",
        "verdict": "sent",
        "reason": "All of it.",
        "notes": ["Little news."],
        "subject": "Cranes",
        "articles": [article],
        "left_out": [],
        "sources": [{"url": "https://a.example", "error": "Gone."}, {"url": "https://b.example", "error": ""}],
        "deliveries": {"accepted": 2, "failed": 1},
        "audience": 3,
        "exclusions": {"suppressed": 1},
        "reports": {"complaint": 1, "transient": 2},
        "clicks": {"https://a.example/cranes": 2},
    }
    print_receipt(told)
    expected = """daily/2026-03-02: sent. All of it.
  Note: Little news.
  Subject: Cranes
   1. Cranes
      Harbour News · 1.2 points · New.
  Source failed: https://a.example: Gone.
  Deliveries: 3 = 2 accepted, 1 failed
  Left out: 1 suppressed
  Reported back: 1 complaint, 2 transient
  Followed by 2: https://a.example/cranes
"""
    assert expected == capsys.readouterr().out
