"""The groups of a delivery status."""

import pytest

from newsletter.inbound.report.dsn import MOST_RECIPIENTS, Notice, read_status, status_in_text
from newsletter.inbound.report.reported import Action

ONE = "Final-Recipient: rfc822; ann@reader.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no\n"
ANN = Notice("ann@reader.example", "", Action.FAILED, "5.1.1", "550 no")


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        f"Reporting-MTA: dns; mx.example\n\n{ONE}",
        f"Reporting-MTA: dns; mx.example\n{ONE}",
        f"\n\n{ONE}\n\n",
        ONE.replace("\n", "\n\n"),
        ONE.replace(": ", ":")
        .upper()
        .replace("ANN@READER.EXAMPLE", "ann@reader.example")
        .replace("550 NO", "550 no"),
    ],
)
def test_one_recipient(text: str) -> None:
    """A group is read with or without the one about the message, empty lines, and in any case."""
    assert [ANN] == [each for each in read_status(text) if each.recipient]


@pytest.mark.parametrize("between", ["\n", "", "\n\n\n"])
def test_several_recipients(between: str) -> None:
    """Each recipient has a group, also where the empty line between them is missing."""
    text = between.join([ONE, ONE.replace("ann", "bob"), ONE.replace("ann", "cleo")])
    assert ["ann", "bob", "cleo"] == [each.recipient.partition("@")[0] for each in read_status(text)]


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [
        ("failed", "5.1.1", Action.FAILED),
        ("Failure", "", Action.FAILED),
        ("expired", "", Action.FAILED),
        ("delayed", "4.4.1", Action.DELAYED),
        ("delivered", "2.0.0", Action.DELIVERED),
        ("relayed", "2.0.0", Action.RELAYED),
        ("expanded", "2.0.0", Action.EXPANDED),
        ("", "4.4.1", Action.DELAYED),
        ("", "2.1.5", Action.DELIVERED),
        ("", "5.0.0", Action.FAILED),
        ("nonsense", "", Action.FAILED),
    ],
)
def test_actions(action: str, status: str, expected: Action) -> None:
    """An action is read by its beginning, and a missing one by the status."""
    (notice,) = read_status(f"Final-Recipient: rfc822; ann@reader.example\nAction: {action}\nStatus: {status}\n")
    assert expected is notice.action


def test_a_status_with_a_comment() -> None:
    """The comment behind a status is the diagnostic where there is no other."""
    (notice,) = read_status("Final-Recipient: rfc822; ann@reader.example\nStatus: 5.1.1 (no such mailbox)\n")
    assert "no such mailbox" == notice.diagnostic


def test_groups_in_a_text() -> None:
    """Groups are found in the text of a report; a text without any has none."""
    assert [ANN] == status_in_text(f"Technical report:\n\n{ONE}")[-1:]
    assert [] == status_in_text("The status of the ferry: late.\nAction: wait\n")


def test_recipients_are_bounded() -> None:
    """A report of a hundred thousand recipients is read to a point."""
    assert MOST_RECIPIENTS == len(read_status("\n".join([ONE] * 1_000)))
