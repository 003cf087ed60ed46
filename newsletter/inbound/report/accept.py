"""A message that came back: taken as a report where it is one, believed where a signed address vouches for it.

The sender of a report is anybody, and what it says of whom is only text. That it is about a message of ours, and
about which, stands in the envelope sender that this message had (``newsletter.addressed``).
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.inbound.door.received import Received
from newsletter.inbound.report.mailed import find_by_address, has_moved, names
from newsletter.inbound.report.reading import read_report
from newsletter.inbound.report.record import Outcome, Told, record_report
from newsletter.inbound.report.reported import Kind, Reported
from newsletter.inbound.report.signed import addresses_to_report_to
from newsletter.tokens import Tokens

MAIL = "mail"
"""The source of what is reported by mail, through whichever door it came."""

_KINDS = (Kind.TRANSIENT, Kind.PERMANENT, Kind.COMPLAINT)
"""The mildest first."""


def accept_report(
    connection: sa.Connection, tokens: Tokens, limit: float, received: Received, now: datetime
) -> str:
    """Record what a message reports; return what became of it in a word or two, nothing where it is no report.

    ``limit`` is BOUNCE_LIMIT. A report that no signed address vouches for changes nothing (``not ours``), nor does
    one that was taken before (``repeated``). Raises nothing, whatever the octets.
    """
    told = read_report(received.octets)
    if not told:
        return ""
    addresses = addresses_to_report_to(received.envelope_to, received.octets)
    mailed = find_by_address(connection, tokens, addresses, now)
    if mailed is None:
        return Outcome.NOT_OURS
    reported = _about(told, mailed.address)
    if has_moved(connection, mailed, reported):
        return Outcome.NOT_OURS
    # Not of its octets: relays write what they like into them, and one mail may come by two doors.
    event = hashlib.sha256(f"{mailed.name} {reported.kind} {reported.reason} {reported.action}".encode())
    row = Told(MAIL, event.hexdigest()[:32], reported, mailed.subscriber_id, mailed.edition_id)
    return record_report(connection, row, limit, now)


def _about(told: Sequence[Reported], address: str) -> Reported:
    """Return what is said of the address that we mailed; of several others, which it went on to, the mildest."""
    own = [each for each in told if names(each, address)]
    return min(own or told, key=lambda each: _KINDS.index(each.kind))
