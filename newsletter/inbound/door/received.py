"""A message as it came back to us, whatever it will be taken for."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Received:
    """A stored message; ``id`` is its row's. ``source`` is the door: ``lmtp`` or ``imap``.

    ``envelope_from`` is empty for the null sender (RFC 5321 §4.5.5).
    """

    id: int
    source: str
    envelope_from: str
    envelope_to: str
    octets: bytes
    received_at: datetime
