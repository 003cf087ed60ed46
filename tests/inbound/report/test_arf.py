"""Complaints, from whom and of what."""

import pytest

from newsletter.inbound.mail.mime import read_letter
from newsletter.inbound.report.arf import Complaint, read_complaint
from newsletter.inbound.report.reported import Reason

RETURNED = "From: daily@news.example\nTo: ann@reader.example\nSubject: Ferry\n"


def read(fields: str, returned: str = RETURNED) -> Complaint | None:
    parts = ["message/feedback-report\n\n" + fields, "message/rfc822\n\n" + returned]
    content = "".join(f"--x\nContent-Type: {part}\n" for part in parts)
    return read_complaint(read_letter(f"Content-Type: multipart/report; boundary=x\n\n{content}--x--\n".encode()))


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("abuse", Reason.ABUSE),
        ("Abuse (spam)", Reason.ABUSE),
        ("fraud", Reason.FRAUD),
        ("virus", Reason.VIRUS),
        ("auth-failure", Reason.AUTHENTICATION),
        ("miscategorized", Reason.OTHER),
        ("", Reason.OTHER),
    ],
)
def test_feedback_types(told: str, reason: Reason) -> None:
    """The feedback type is the reason."""
    complaint = read(f"Feedback-Type: {told}\nVersion: 1\n")
    assert complaint is not None
    assert (["ann@reader.example"], reason) == (complaint.recipients, complaint.reason)


def test_who_complained() -> None:
    """The report's own word counts before the message's; a name blacked out is no name."""
    told = read("Feedback-Type: abuse\nOriginal-Rcpt-To: <bob@reader.example>\n")
    assert told is not None
    assert ["bob@reader.example"] == told.recipients
    nobody = read("Feedback-Type: abuse\n", "To: redacted-7@reader.example\nFrom: a@b.example\nSubject: x\n")
    assert nobody is not None
    assert [] == nobody.recipients


def test_this_is_not_spam_is_no_complaint() -> None:
    """A reader who takes a message out of the spam folder complains of nothing."""
    assert read("Feedback-Type: not-spam\nOriginal-Rcpt-To: ann@reader.example\n") is None
