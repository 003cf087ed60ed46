"""The local mailbox, through a real SMTP client."""

import smtplib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path

import pytest

from newsletter.errors import EmbeddedError
from newsletter.local.letters import list_messages, read_message
from newsletter.local.mailbox import LARGEST_MESSAGE, LocalMailbox, store


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
    assert isinstance(port, int)
    return port


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[LocalMailbox]:
    """Run a mailbox on some port."""
    with LocalMailbox(tmp_path / "mailbox", "127.0.0.1", _free_port()) as opened:
        yield opened


def _message(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Daily News <news@example.com>"
    message["To"] = "ann@example.org"
    message["Subject"] = subject
    message.set_content("Good morning\n")
    message.add_alternative("<p>Good morning — صباح الخير</p>", subtype="html")
    return message


def test_stores_a_submission(mailbox: LocalMailbox) -> None:
    """A submitted message can be listed and opened, with its envelope beside its own headers."""
    message = _message("أخبار اليوم")
    with smtplib.SMTP(mailbox.host, mailbox.port) as client:
        client.sendmail("bounces+7@example.com", ["ann@example.org", "bob@example.org"], message.as_bytes())
    (summary,) = list_messages(mailbox.folder)
    assert summary.envelope_to == "ann@example.org, bob@example.org"
    assert summary.sender == "Daily News <news@example.com>"
    assert summary.subject == "أخبار اليوم"
    opened = read_message(mailbox.folder, summary.name)
    assert opened.envelope_from == "bounces+7@example.com"
    assert opened.text.strip() == "Good morning"
    assert opened.html.strip() == "<p>Good morning — صباح الخير</p>"
    assert ("To", "ann@example.org") in opened.headers
    assert opened.source.split() == message.as_bytes().split()
    assert (mailbox.folder.stat().st_mode & 0o777) == 0o700


def test_takes_smtputf8_and_8bitmime(mailbox: LocalMailbox) -> None:
    """An address and headers in UTF-8 arrive as they are."""
    message = _message("Zażółć")
    with smtplib.SMTP(mailbox.host, mailbox.port) as client:
        client.ehlo()
        assert client.has_extn("8bitmime")
        client.sendmail(
            "news@example.com",
            ["józef@example.org"],
            message.as_bytes(policy=SMTPUTF8),
            mail_options=["SMTPUTF8", "BODY=8BITMIME"],
        )
    (summary,) = list_messages(mailbox.folder)
    assert summary.envelope_to == "józef@example.org"
    assert summary.subject == "Zażółć"


def test_announces_its_limit(mailbox: LocalMailbox) -> None:
    """A client learns the largest message before it submits one."""
    with smtplib.SMTP(mailbox.host, mailbox.port) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(LARGEST_MESSAGE)


def test_port_in_use(tmp_path: Path) -> None:
    """A second mailbox on the same port says so and names the setting."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedError, match=rf"Port {port} on 127\.0\.0\.1 is in use\. .*MAILBOX_PORT"):
            LocalMailbox(tmp_path, "127.0.0.1", port).start()


def test_full_disk_defers(mailbox: LocalMailbox) -> None:
    """A message that cannot be stored is refused for now, and leaves nothing half written."""
    mailbox.folder.rmdir()
    with smtplib.SMTP(mailbox.host, mailbox.port) as client, pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail("news@example.com", ["ann@example.org"], b"Subject: x\r\n\r\n")
    assert caught.value.smtp_code == 452


def test_envelope_stays_on_its_line(tmp_path: Path) -> None:
    """An address with a line break cannot add a header."""
    path = store(tmp_path, "a\r\nX-Evil: 1", ["b"], b"Subject: x\r\n\r\n", datetime(2026, 1, 2, tzinfo=UTC))
    assert path.name.startswith("20260102T000000000000Z-")
    assert path.read_bytes() == b"X-Envelope-From: aX-Evil: 1\r\nX-Envelope-To: b\r\nSubject: x\r\n\r\n"
