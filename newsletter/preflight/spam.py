"""The check of the spam score: SpamAssassin's, where the machine has it, without asking any network."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta

from newsletter.preflight.finding import Finding, block, passed, shown, warn

PROGRAM = "spamassassin"
LIMIT = timedelta(seconds=45)
"""Time for one message; it takes some 2 s."""

GOOD_SCORE, SPAM_SCORE = 0.5, 5.0
"""Up to the first nobody minds; from the second on most take it for spam."""

_STATUS = re.compile(r"^X-Spam-Status:.*?score=(-?[0-9.]+).*?tests=(\S*)", re.MULTILINE)
_NOT_CHECKED = "Not checked:"


def check_spam(raw: bytes, program: str | None = None) -> Iterator[Finding]:
    """Ask SpamAssassin of this machine what it makes of a message.

    ``program`` is its path; without one it is looked for. Blocks for as long as LIMIT at most.
    """
    path = program or shutil.which(PROGRAM)
    if path is None:
        yield passed(f"{_NOT_CHECKED} {PROGRAM} is not installed on this machine.")
        return
    try:
        # Local tests only, with neither a reader's preferences nor what other mail taught it.
        done = subprocess.run(  # noqa: S603 — a program of the operator's machine, with no argument from outside
            [path, "--local", "--test-mode", "--nocreate-prefs"],
            input=raw,
            capture_output=True,
            timeout=LIMIT.total_seconds(),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield passed(f"{_NOT_CHECKED} {PROGRAM} gave no answer ({type(error).__name__}).")
        return
    found = _STATUS.search(_unfolded(done.stdout))
    if found is None:
        yield passed(f"{_NOT_CHECKED} {PROGRAM} gave no score.")
        return
    yield judge_score(float(found[1]), found[2])


def _unfolded(told: bytes) -> str:
    lines = told.decode("utf-8", "replace").replace("\r\n", "\n")
    # The list of tests is folded after its commas.
    return re.sub(r"\n[ \t]+", " ", re.sub(r",\n[ \t]+", ",", lines))


def judge_score(score: float, tests: str) -> Finding:
    """Return what a score leads to. Pure."""
    what = f"SpamAssassin gives it {score:g} points"
    where = shown(tests.replace(",", ", "), 300)
    mend = "Each test's name is explained by `spamassassin -t` or a search for it; mend the heaviest."
    if score >= SPAM_SCORE:
        return block(f"{what}; from {SPAM_SCORE:g} on it is spam.", where, mend)
    if score > GOOD_SCORE:
        return warn(f"{what}; {GOOD_SCORE:g} is what a good mail has at most.", where, mend)
    return passed(f"{what}.")
