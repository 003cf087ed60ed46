"""The spam score: asked of the machine's SpamAssassin, and without one not missed."""

import shutil
from pathlib import Path

import pytest

from newsletter.preflight.finding import Outcome
from newsletter.preflight.spam import PROGRAM, check_spam, judge_score
from tests.preflight.mails import our_mail

HAS_PROGRAM = shutil.which(PROGRAM) is not None


def program(folder: Path, script: str) -> str:
    """Return the path of a program that stands in for SpamAssassin."""
    path = folder / "spamassassin"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("score", "outcome"),
    [
        (-1.0, Outcome.PASS),
        (0.5, Outcome.PASS),
        (0.6, Outcome.WARN),
        (4.9, Outcome.WARN),
        (5.0, Outcome.BLOCK),
        (17.3, Outcome.BLOCK),
    ],
)
def test_a_score_is_judged(score: float, outcome: Outcome) -> None:
    """Up to half a point is good, five are spam, and what lies between is told."""
    assert outcome is judge_score(score, "A,B").outcome


@pytest.mark.skipif(not HAS_PROGRAM, reason="needs spamassassin: apt-get install spamassassin")
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_mail_of_ours_is_no_spam(language: str) -> None:
    """The program itself gives an edition of ours half a point at most."""
    (found,) = check_spam(our_mail(language))
    assert (Outcome.PASS, True) == (found.outcome, found.what.startswith("SpamAssassin gives it"))


@pytest.mark.skipif(not HAS_PROGRAM, reason="needs spamassassin: apt-get install spamassassin")
def test_spam_is_spam() -> None:
    """The pattern by which such programs are tried blocks."""
    pattern = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    (found,) = check_spam(b"Subject: Test\r\nFrom: a@b.de\r\n\r\n" + pattern + b"\r\n")
    assert (Outcome.BLOCK, True) == (found.outcome, "GTUBE" in found.where)


def test_folded_tests_are_read_whole(tmp_path: Path) -> None:
    """The list of tests goes over several lines of the program's answer."""
    answer = r"X-Spam-Status: No, score=1.2 required=5.0 tests=A,B,\n\tC autolearn=no\n\nBody score=9 tests=Z"
    (found,) = check_spam(b"Subject: a", program(tmp_path, f"printf '{answer}'"))
    assert (Outcome.WARN, "A, B, C") == (found.outcome, found.where)


@pytest.mark.parametrize(
    ("script", "said"), [("true", "spamassassin gave no score"), ("exit 70", "spamassassin gave no score")]
)
def test_a_program_that_fails_is_no_fault_of_the_mail(tmp_path: Path, script: str, said: str) -> None:
    """A program that says nothing is told as not checked."""
    (found,) = check_spam(b"", program(tmp_path, script))
    assert (Outcome.PASS, f"Not checked: {said}.") == (found.outcome, found.what)


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    """Neither is one that is there and does not run, or is not there at all."""
    (found,) = check_spam(b"", str(tmp_path / "nowhere"))
    assert (Outcome.PASS, "Not checked: spamassassin gave no answer (FileNotFoundError).") == (
        found.outcome,
        found.what,
    )


def test_a_machine_without_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where it is not installed nothing is asked, and that is said."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (found,) = check_spam(b"")
    assert (Outcome.PASS, "Not checked: spamassassin is not installed on this machine.") == (
        found.outcome,
        found.what,
    )
