"""The page of the docs names every check, and nothing else."""

import re
from pathlib import Path

from newsletter.preflight.alive import ALL_LIMIT, MOST_ADDRESSES, ONE_LIMIT
from newsletter.preflight.check import COMPOSING
from newsletter.preflight.content import CLIPPED_BYTES, MOST_BYTES
from newsletter.preflight.examine import CHECKS
from newsletter.preflight.finding import Outcome
from newsletter.preflight.inspect import ASKING
from newsletter.preflight.spam import GOOD_SCORE, SPAM_SCORE
from newsletter.services import PREFLIGHT_LIMIT

PAGE = (Path(__file__).parents[2] / "docs" / "preflight.md").read_text()


def test_every_check_has_a_row() -> None:
    """Each check stands in the table in the order in which it is told."""
    assert [*CHECKS, *ASKING, COMPOSING] == re.findall(r"^\| `([a-z0-9 -]+)` \|", PAGE, re.MULTILINE)


def test_every_outcome_has_a_row() -> None:
    """The three outcomes are explained."""
    assert [each.value for each in Outcome] == re.findall(r"^\| (pass|warn|block) \|", PAGE, re.MULTILINE)


def test_the_figures_are_those_of_the_code() -> None:
    """Limits that the page names are those that hold."""
    for said in (
        f"more than {MOST_BYTES:,}",
        f"{CLIPPED_BYTES:,} bytes of HTML or more",
        f"{MOST_ADDRESSES} at most",
        f"{ONE_LIMIT.seconds} seconds for one",
        f"gives it {SPAM_SCORE:g} points",
        f"more than {GOOD_SCORE:g}",
        f"after {PREFLIGHT_LIMIT.seconds // 60} minutes",
    ):
        assert said in " ".join(PAGE.split()), said
    assert ("a minute for all" in PAGE, ALL_LIMIT.seconds) == (True, 60)
