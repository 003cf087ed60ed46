"""Whether a sent article has changed enough to be sent once more."""

import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.memory.substance import (
    SKETCH,
    SentText,
    changed_substantially,
    difference,
    lead_of,
    may_be_update,
    shingles,
)

TITLE = "Ferry sinks off the harbour town"
LEAD = "Twelve people died when a ferry sank off the harbour town, the coast guard said."
BODY = " ".join(f"word{number}" for number in range(400))


@pytest.mark.parametrize(
    ("title", "lead"),
    [
        ("Ferry sinks off the harbour town, 14 dead", LEAD),
        (TITLE, LEAD.replace("Twelve", "Fourteen (14)")),
        (TITLE, LEAD.replace("coast guard", "minister Jo Dahl")),
        ("Ferry Sinks Off Harbour Town as NATO Helps", LEAD),
        ("غرق عبارة ومقتل ١٤ شخصا", LEAD),
    ],
)
def test_new_numbers_and_names_are_news(title: str, lead: str) -> None:
    """A number or a name that neither headline nor lead had makes another text."""
    assert changed_substantially(SentText(TITLE, LEAD), SentText(title, lead))


@pytest.mark.parametrize(
    ("title", "lead"),
    [
        (TITLE, LEAD),
        ("Ferry Sinks Off The Harbour Town", LEAD),
        ("Off the harbour town, a ferry sinks", LEAD),
        (TITLE, "People died when a ferry sank."),
        (TITLE, LEAD.replace("Twelve", "12")),
        ("Twelve die as ferry sinks", LEAD),
    ],
)
def test_other_words_for_the_same_are_no_news(title: str, lead: str) -> None:
    """Capitals, order, figures for words and what is left out make no other text."""
    assert not changed_substantially(SentText(TITLE, LEAD), SentText(title, lead))


@pytest.mark.parametrize(("kept", "is_news"), [(400, False), (350, False), (200, True), (0, True)])
def test_a_body_rewritten_is_news(kept: int, is_news: bool) -> None:
    """Of the runs of five words, more than two in five have to differ."""
    after = " ".join(BODY.split()[:kept] + [f"other{number}" for number in range(400 - kept)])
    before, now = SentText(TITLE, LEAD, shingles(BODY)), SentText(TITLE, LEAD, shingles(after))
    assert is_news == changed_substantially(before, now)


def test_an_unknown_body_says_nothing() -> None:
    """Without one of the bodies only headline and lead are compared."""
    assert not changed_substantially(SentText(TITLE, LEAD), SentText(TITLE, LEAD, shingles(BODY)))


@given(st.lists(st.sampled_from("abcdefgh"), max_size=400), st.lists(st.sampled_from("abcdefgh"), max_size=400))
def test_a_sketch_is_small_and_fair(one: list[str], other: list[str]) -> None:
    """At most 128 different numbers of 64 bits, in order; a body differs from itself in nothing."""
    ours, theirs = shingles(" ".join(one)), shingles(" ".join(other))
    assert len(ours) <= SKETCH
    assert list(ours) == sorted(set(ours))
    assert all(-(2**63) <= each < 2**63 for each in ours)
    assert difference(ours, ours) == 0.0
    assert difference(ours, theirs) == difference(theirs, ours)
    assert 0.0 <= difference(ours, theirs) <= 1.0


def test_a_sketch_is_the_same_in_every_process() -> None:
    """Python's own hash changes with each start; a sketch kept for months must not."""
    program = (
        "from newsletter.gather.memory.substance import shingles; print(shingles('one two three four five six'))"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == str(shingles("One, two three four FIVE six."))


def test_a_lead_is_the_first_sentence() -> None:
    """Abbreviations do not end it; without a stop it is all there is."""
    assert lead_of("Mr. Dahl won. He left.") == "Mr. Dahl won."
    assert lead_of("No stop at all") == "No stop at all"


def test_an_update_is_late_enough(noon: datetime) -> None:
    """Six hours after it was sent, by the article's own date."""
    assert may_be_update(noon, noon + timedelta(hours=6))
    assert not may_be_update(noon, noon + timedelta(hours=6, seconds=-1))
    assert not may_be_update(noon, None)
