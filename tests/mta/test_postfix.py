"""The mail server of these tests by itself: what it delivers, and that its own reports are read as meant."""

from collections.abc import Iterator
from email.message import EmailMessage
from queue import Queue
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope

from newsletter.inbound.report.reading import read_report
from newsletter.inbound.report.reported import Action, Kind, Reason
from tests.e2e.installation import PATIENCE, free_port
from tests.mta.postfix import Postfix, needs_postfix, serving

pytestmark = needs_postfix
SENDER = "bounces+signed@paper.example"


class Door(Controller):
    """An LMTP server that keeps what it is given."""

    def __init__(self, port: int) -> None:
        super().__init__(self, hostname="127.0.0.1", port=port)
        self.kept: Queue[Envelope] = Queue()

    def factory(self) -> LMTP:
        """Speak LMTP instead of SMTP (RFC 2033)."""
        return LMTP(self)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 — aiosmtpd's
        """Take everything."""
        self.kept.put(envelope)
        return "250 kept"


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    """Listen where our own LMTP server would."""
    listening = Door(free_port())
    listening.start()
    yield listening
    listening.stop()


@pytest.fixture(scope="module")
def mta(door: Door) -> Iterator[Postfix]:
    """Run postfix, with one mailbox."""
    with serving(door.port, ["ann"]) as running:
        yield running


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "news@paper.example", "you@reader.example", "The Daily"
    message.set_content("Good morning.")
    return message


def test_a_mailbox_that_is_there_gets_its_mail(mta: Postfix) -> None:
    """In its Maildir, under the envelope that it was sent with."""
    mta.submit(letter(), SENDER, "ann@reader.example")
    found = mta.wait_for_mail("ann")
    assert "Good morning." in found.get_content()
    assert f"<{SENDER}>" == found["Return-Path"]


def test_a_mailbox_that_is_not_there_is_reported_and_read(mta: Postfix, door: Door) -> None:
    """With the null sender, to the address that the envelope named; our reader takes it for permanent."""
    mta.submit(letter(), SENDER, "nobody@reader.example")
    report = door.kept.get(timeout=PATIENCE)
    assert ("<>", [SENDER]) == (report.mail_from, report.rcpt_tos)
    assert isinstance(report.content, bytes)
    (told,) = read_report(report.content)
    assert ("nobody@reader.example", Action.FAILED) == (told.recipient, told.action)
    assert (Kind.PERMANENT, Reason.NO_SUCH_ADDRESS) == (told.kind, told.reason)
