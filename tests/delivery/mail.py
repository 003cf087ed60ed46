"""How tests look at the mail that went out."""

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from newsletter.delivery.smtp.client import SmtpTransport
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.transport import MemoryTransport
from tests.delivery.press import Press
from tests.delivery.scripted_relay import ScriptedRelay


def memory(press: Press) -> MemoryTransport:
    """Return where the press keeps its mail."""
    assert isinstance(press.transport, MemoryTransport)
    return press.transport


def mailed(press: Press) -> list[str]:
    """Return the addresses that were mailed, in order."""
    return [each.envelope_to for each in memory(press).submitted]


def parse(raw: bytes) -> EmailMessage:
    """Read a message as a reader's program would."""
    message = BytesParser(policy=default).parsebytes(raw)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage, kind: str) -> str:
    """Return one part of a message, ``plain`` or ``html``."""
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def over(relay: ScriptedRelay, **wishes: Any) -> SmtpTransport:
    """Return a transport that leads to the relay."""
    return SmtpTransport([Relay("127.0.0.1", relay.port, Tls.IF_OFFERED, **wishes)])
