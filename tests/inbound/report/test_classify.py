"""What a status and some words mean for an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.outcome import NO_SUCH_ADDRESS
from newsletter.inbound.report.classify import Verdict, judge
from newsletter.inbound.report.reported import PERMANENT, Action, Kind, Reason

P, T = Kind.PERMANENT, Kind.TRANSIENT


@pytest.mark.parametrize(
    ("status", "text", "verdict"),
    [
        # The status alone.
        ("5.1.1", "", Verdict(P, Reason.NO_SUCH_ADDRESS, "5.1.1")),
        ("5.1.2", "", Verdict(P, Reason.NO_SUCH_DOMAIN, "5.1.2")),
        ("5.1.6", "", Verdict(P, Reason.MOVED, "5.1.6")),
        ("5.1.10", "", Verdict(P, Reason.NO_SUCH_DOMAIN, "5.1.10")),
        ("5.2.1", "", Verdict(P, Reason.DISABLED, "5.2.1")),
        ("5.2.2", "", Verdict(T, Reason.MAILBOX_FULL, "5.2.2")),
        ("5.7.1", "", Verdict(T, Reason.POLICY, "5.7.1")),
        ("5.0.0", "", Verdict(T, Reason.UNKNOWN, "5.0.0")),
        ("4.1.1", "", Verdict(T, Reason.NO_SUCH_ADDRESS, "4.1.1")),
        ("4.4.7", "", Verdict(T, Reason.EXPIRED, "4.4.7")),
        ("", "", Verdict(T, Reason.UNKNOWN, "")),
        # Words that name a cause are believed over the status.
        ("5.1.1", "550 5.1.1 over quota", Verdict(T, Reason.MAILBOX_FULL, "5.1.1")),
        ("5.1.1", "blocked using dnsbl.example", Verdict(T, Reason.BLOCKED, "5.1.1")),
        ("5.7.1", "550 5.7.1 no such user", Verdict(P, Reason.NO_SUCH_ADDRESS, "5.7.1")),
        ("5.0.0", "550 User unknown", Verdict(P, Reason.NO_SUCH_ADDRESS, "5.0.0")),
        ("5.4.4", "Host not found", Verdict(P, Reason.NO_SUCH_DOMAIN, "5.4.4")),
        # Words that may mean anything are not, where the status says something definite.
        ("5.1.1", "Connection refused", Verdict(P, Reason.NO_SUCH_ADDRESS, "5.1.1")),
        ("5.7.1", "Recipient address rejected", Verdict(T, Reason.POLICY, "5.7.1")),
        ("5.5.0", "mailbox unavailable", Verdict(P, Reason.NO_SUCH_ADDRESS, "5.5.0")),
        # "4" condemns nobody, wherever it stands.
        ("4.0.0", "550 user unknown", Verdict(T, Reason.NO_SUCH_ADDRESS, "4.0.0")),
        ("5.0.0", "450 user unknown", Verdict(T, Reason.NO_SUCH_ADDRESS, "5.0.0")),
        # A vague status is made good from the words.
        ("5.0.0", "550 5.1.1 no", Verdict(P, Reason.NO_SUCH_ADDRESS, "5.1.1")),
        ("", "no (#5.1.1)", Verdict(P, Reason.NO_SUCH_ADDRESS, "5.1.1")),
        ("5.1.1 (bad mailbox)", "", Verdict(P, Reason.NO_SUCH_ADDRESS, "5.1.1")),
        ("5.0.0", "host 5.1.1.1 said no", Verdict(T, Reason.UNKNOWN, "5.0.0")),
    ],
)
def test_what_it_means(status: str, text: str, verdict: Verdict) -> None:
    """The class comes from the status and the words, and only a final word condemns."""
    assert verdict == judge(Action.FAILED, status, text)


@pytest.mark.parametrize("status", sorted(NO_SUCH_ADDRESS))
def test_a_relay_and_a_report_condemn_alike(status: str) -> None:
    """What condemns an address in a relay's reply condemns it in a report."""
    assert Kind.PERMANENT is judge(Action.FAILED, status, "").kind


@given(st.sampled_from(["", "4.2.2", "5.1.1", "5.7.1"]), st.sampled_from(["", "user unknown", "mailbox full"]))
def test_a_delay_condemns_nobody(status: str, text: str) -> None:
    """A message that is still tried is transient, whatever is said of it."""
    assert Kind.TRANSIENT is judge(Action.DELAYED, status, text).kind


@given(st.from_regex(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True), st.text(max_size=200))
def test_permanent_is_for_reasons_of_the_address(status: str, text: str) -> None:
    """Nothing is permanent but for a reason that lies in the address."""
    verdict = judge(Action.FAILED, status, text)
    assert verdict.kind is Kind.TRANSIENT or verdict.reason in PERMANENT
