"""The commands that introduce one message to a relay, or the reason why they must not be said. Pure.

What the relay cannot take is refused here with the reply it would have given: an address that is no address, a
non-ASCII one without SMTPUTF8 (RFC 6531), a message above its announced SIZE (RFC 1870).

An address beyond ASCII is refused for good only where no other relay may take it: it is put off while one may.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from newsletter.delivery.outcome import Receipt, receipt_for
from newsletter.delivery.smtp.greeting import Extensions
from newsletter.delivery.transport import Envelope
from newsletter.errors import RelayError

LONGEST_PATH = 254
"""Octets between the angle brackets (RFC 5321 §4.5.3.1.3)."""

_NO_PATH = re.compile(r"[\x00-\x20<>\x7f]")
_TOO_LARGE = (552, "5.3.4 The relay takes no message of this size")
_NO_SMTPUTF8 = (553, "5.6.7 The relay takes no address beyond ASCII")
_NO_SMTPUTF8_HERE = (450, "4.6.7 This relay takes no address beyond ASCII, but another may")
_NO_ADDRESS = (553, "5.1.3 The address cannot be written in SMTP")


class Introduction(NamedTuple):
    """MAIL and RCPT for one message, with their line ends.

    ``parameters`` are those said with MAIL that a relay may hold against this one message.
    """

    mail: bytes
    rcpt: bytes
    parameters: str


class Phrasebook:
    """Writes commands for one connection, as its relay announced that it understands them."""

    def __init__(self, extensions: Extensions, may_go_elsewhere: Callable[[], bool]) -> None:
        """Read what the relay announced. ``may_go_elsewhere`` says whether another may know SMTPUTF8."""
        self._may_go_elsewhere = may_go_elsewhere
        self._largest = extensions.largest_message
        self._says_size = "SIZE" in extensions
        self._sender = ""
        self._utf8 = "SMTPUTF8" in extensions
        self._8bit = "8BITMIME" in extensions

    def adapted(self, envelope: Envelope) -> Envelope:
        """Return the envelope as this relay can take it: in 8bit only where it announced that (RFC 6152 §3)."""
        return envelope._replace(is_8bit=False) if envelope.is_8bit and not self._8bit else envelope

    def refusal(self, envelope: Envelope) -> Receipt | None:
        """Return the receipt for a message that this relay cannot be asked to take.

        Raises RelayError for a sender that cannot be written: that is nobody's fault but ours.
        """
        # One sender stands in a whole edition.
        if envelope.envelope_from != self._sender and not _is_path(envelope.envelope_from):
            raise RelayError("The envelope's sender cannot be written in SMTP.", "Check the newsletter's sender.")
        self._sender = envelope.envelope_from
        if not envelope.envelope_to or not _is_path(envelope.envelope_to):
            return receipt_for(envelope.delivery_id, *_NO_ADDRESS)
        if not self._utf8 and not _is_ascii(envelope):
            said = _NO_SMTPUTF8_HERE if self._may_go_elsewhere() else _NO_SMTPUTF8
            return receipt_for(envelope.delivery_id, *said)
        if 0 < self._largest < envelope.size:
            return receipt_for(envelope.delivery_id, *_TOO_LARGE)
        return None

    def introduce(self, envelope: Envelope) -> Introduction:
        """Return the commands for a message that was not refused."""
        parameters = f" SIZE={envelope.size}" if self._says_size and envelope.size > 0 else ""
        is_ascii = _is_ascii(envelope)
        if self._8bit and (envelope.is_8bit or not is_ascii):
            parameters += " BODY=8BITMIME"
        if not is_ascii:
            parameters += " SMTPUTF8"
        return Introduction(
            f"MAIL FROM:<{envelope.envelope_from}>{parameters}\r\n".encode(),
            f"RCPT TO:<{envelope.envelope_to}>\r\n".encode(),
            parameters,
        )


def _is_ascii(envelope: Envelope) -> bool:
    return envelope.envelope_to.isascii() and envelope.envelope_from.isascii()


def _is_path(address: str) -> bool:
    """Say whether an address can stand between angle brackets without ending them, its line or its command."""
    if _NO_PATH.search(address):
        return False
    try:
        octets = len(address) if address.isascii() else len(address.encode())
    except UnicodeEncodeError:
        return False
    return octets <= LONGEST_PATH
