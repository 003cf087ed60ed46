"""What comes back by mail, through the door: our own reports in the shapes of many mail programs."""

import json
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.reports import corpus, mutate, nuisances
from newsletter.inbound.mail.addresses import LONGEST_ADDRESS
from newsletter.inbound.report.reading import read_report
from newsletter.inbound.report.reported import LONGEST_DIAGNOSTIC, Kind, Reason, Reported

CORPUS = Path(__file__).parent.parent / "corpus"
EXPECTED: dict[str, list[dict[str, Any]]] = json.loads((CORPUS / "expected.json").read_text("utf-8"))
REPORTS = corpus()
MOST_MIB = 16
"""What reading may hold at once, whatever it is given: eight times what it reads of a message."""


def read(name: str) -> list[Reported]:
    return read_report((CORPUS / f"{name}.eml").read_bytes())


def told(reports: list[Reported]) -> list[dict[str, Any]]:
    return [
        {
            "recipient": each.recipient,
            "action": each.action.value if each.action else None,
            "status": each.status or None,
            "kind": each.kind.value,
            "reason": each.reason.value,
        }
        for each in reports
    ]


def check(reports: list[Reported]) -> None:
    """Everything that is told can be stored, and stays small."""
    for each in reports:
        texts = [each.recipient, each.status, each.diagnostic, each.original_recipient]
        texts += [each.original_message_id, each.envelope_to]
        assert [text for text in texts if not (text.isprintable() and len(text) <= LONGEST_DIAGNOSTIC)] == []
        assert LONGEST_ADDRESS >= max(len(each.recipient), len(each.original_recipient))
    assert len({each.recipient.casefold() for each in reports}) == len(reports)


def test_the_corpus_is_whole() -> None:
    """Each report has what is expected of it, and there are many."""
    assert sorted(EXPECTED) == sorted(path.stem for path in CORPUS.glob("*.eml"))
    assert 60 <= len(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_it_is_read_as_meant(name: str) -> None:
    """Each report names its recipients, what became of them, and why."""
    found = read(name)
    check(found)
    assert EXPECTED[name] == told(found)


def test_what_else_a_report_tells() -> None:
    """A report also says which message it is about, to whom it came back, and whom we had mailed."""
    (found,) = read("dsn-postfix-alias")
    assert "ann.b@inner.example" == found.recipient
    assert "ann@reader.example" == found.original_recipient
    assert "bounces+mfrgg@news.example" == found.envelope_to
    assert found.original_message_id.startswith("<d.41.")
    assert "552 5.2.2 Mailbox is full" == found.diagnostic


@pytest.mark.parametrize(
    ("kind", "reason", "ends"),
    [
        (Kind.PERMANENT, Reason.NO_SUCH_ADDRESS, True),
        (Kind.TRANSIENT, Reason.MAILBOX_FULL, False),
        (Kind.COMPLAINT, Reason.ABUSE, True),
        (Kind.COMPLAINT, Reason.AUTHENTICATION, False),
    ],
)
def test_what_ends_mail(kind: Kind, reason: Reason, ends: bool) -> None:
    """An address that will never work and a reader's complaint end mail; a failed signature is no complaint."""
    assert ends == Reported("ann@reader.example", kind, reason).ends_mail


def test_the_story_of_a_post_office_is_no_cause() -> None:
    """What stands in the returned message says nothing of the address."""
    raw = (CORPUS / "free-qmail.eml").read_bytes()
    assert b"Mailbox full of letters" in raw
    assert [Reason.NO_SUCH_ADDRESS] == [each.reason for each in read_report(raw)]


@pytest.mark.parametrize("name", ["dsn-several", "free-qmail-remote", "arf-yahoo", "free-carrier-au"])
@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_line_ends_do_not_matter(name: str, end: bytes) -> None:
    """A report means the same with the line ends of any system."""
    raw = (CORPUS / f"{name}.eml").read_bytes()
    assert read_report(raw) == read_report(raw.replace(b"\n", end))


def test_a_mailbox_file_has_a_line_before() -> None:
    """The line that a mailbox file puts before a message is not of the message."""
    raw = (CORPUS / "free-qmail.eml").read_bytes()
    assert read_report(raw) == read_report(b"From MAILER-DAEMON Mon Mar  2 06:00:00 2026\n" + raw)


@pytest.mark.parametrize("name", ["dsn-sendmail", "free-exim", "arf-yahoo"])
def test_cut_anywhere_it_never_becomes_worse(name: str) -> None:
    """However much of a report arrives, nobody is condemned who is not condemned by the whole."""
    raw = (CORPUS / f"{name}.eml").read_bytes()
    whole = {(each.recipient, each.kind) for each in read_report(raw)}
    harsh = {Kind.PERMANENT, Kind.COMPLAINT}
    for length in range(0, len(raw), 7):
        found = {(each.recipient, each.kind) for each in read_report(raw[:length]) if each.kind in harsh}
        assert {who for who in found if who[0] == "ann@reader.example"} <= whole, length


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**64))
def test_mutated_reports_are_read(seed: int) -> None:
    """Whatever happens to a report on its way, reading it raises nothing and gives values that can be stored."""
    check(read_report(mutate(REPORTS, random.Random(seed))))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2_000))
def test_any_octets_are_read(octets: bytes) -> None:
    """Octets of no sense at all report nothing, behind a daemon's name too."""
    check(read_report(octets))
    check(read_report(b"From: MAILER-DAEMON@mx.example\nSubject: failure notice\n" + octets))


@pytest.mark.parametrize(("name", "make"), list(nuisances()), ids=[name for name, _ in nuisances()])
def test_a_nuisance_is_bounded(name: str, make: Callable[[], bytes]) -> None:
    """However large or deep a message is, reading it holds a few MiB."""
    octets = make()
    tracemalloc.start()
    try:
        check(read_report(octets))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert MOST_MIB >= peak / 2**20, name
