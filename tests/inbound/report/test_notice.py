"""A report in free text, taken apart."""

import pytest

from newsletter.inbound.mail.mime import read_letter
from newsletter.inbound.report.notice import FreeText, is_notice, take_apart

ORIGINAL = """From: Daily <daily@news.example>
To: ann@reader.example
Subject: Mailbox full
Message-ID: <1@news.example>
"""


def free(text: str, head: str = "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n") -> FreeText:
    return take_apart(read_letter(f"{head}\n{text}".encode()))


@pytest.mark.parametrize(
    "mark",
    [
        "--- Below this line is a copy of the message.\n\n",
        "------ This is a copy of the message, including all the headers. ------\n\n",
        "   ----- Unsent message follows -----\n",
        "Original message follows.\n\n",
        "--- The header of the original message is following. ---\n\n",
        "Message headers follow.\n\n",
        "\n",
    ],
)
def test_the_returned_message_is_set_apart(mark: str) -> None:
    """What is returned is known by the line before it, or by its own header section."""
    found = free(f"It could not be delivered.\n{mark}{ORIGINAL}\nText\n")
    assert "It could not be delivered." == found.text.strip()
    assert (["ann@reader.example"], "<1@news.example>") == (found.mailed, found.original["message-id"])


@pytest.mark.parametrize("margin", ["> ", "    ", "| "])
def test_a_quoted_message_is_read(margin: str) -> None:
    """A returned message may be quoted or indented."""
    quoted = "".join(f"{margin}{line}\n" for line in ORIGINAL.splitlines())
    assert ["ann@reader.example"] == free(f"Failed.\n\n--- Original message ---\n\n{quoted}").mailed


def test_who_stands_in_every_report_has_not_failed() -> None:
    """Our own addresses and the daemon's are bystanders; a reader who mailed themselves is not."""
    found = free(f"Failed.\n\n{ORIGINAL}")
    assert {"mailer-daemon@mx.example", "daily@news.example"} == found.bystanders
    assert (
        "daily@news.example" not in free(f"Failed.\n\n{ORIGINAL.replace('ann@reader', 'daily@news')}").bystanders
    )


@pytest.mark.parametrize(
    ("head", "text", "expected"),
    [
        ("From: MAILER-DAEMON@mx.example\n", "It could not be delivered.", True),
        ("From: MAILER-DAEMON@mx.example\n", "Good morning.", False),
        ("From: x@mx.example\nReturn-Path: <>\n", "It could not be delivered: mailbox full", True),
        ("From: x@mx.example\nReturn-Path: <>\n", "It could not be delivered today.", False),
        ("From: x@mx.example\nSubject: Delivery failed\n", "It could not be delivered.", True),
        (
            "From: x@mx.example\nSubject: Delivery failed\nIn-Reply-To: <1@x>\n",
            "It could not be delivered.",
            False,
        ),
        ("From: x@mx.example\nSubject: Lunch\n", "It could not be delivered.", False),
        ("From: x@mx.example\nReturn-Path: <>\nSubject: Out of office\n", "No longer here: mailbox full", False),
        ("From: x@mx.example\nX-Failed-Recipients: ann@reader.example\n", "", True),
        ("From: The Mailerists <x@mx.example>\nSubject: News\n", "The strike has failed.", False),
    ],
)
def test_what_is_a_notice(head: str, text: str, expected: bool) -> None:
    """The less is known of who wrote it, the more it has to say."""
    assert expected == is_notice(free(text, head))
