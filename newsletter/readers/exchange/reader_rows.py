"""One line of a file of readers, read into a row or into the reason why it is none. Pure.

What another program calls a reader's state is read generously, and what a reader chose only where we have it too:
a language that the newsletter does not speak is left out, and the reader taken. An address or a date that cannot
be read refuses the line: that is evidence of consent, which must not be guessed.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import NamedTuple

from newsletter.errors import AddressError
from newsletter.publication.rules import is_zone
from newsletter.readers.address import LONGEST, canonical_address, read_address
from newsletter.readers.exchange.cells import bare
from newsletter.readers.exchange.records import Record
from newsletter.readers.exchange.shapes import Reading
from newsletter.readers.tables import Frequency, SubscriptionState, SuppressionReason

_STATES: Mapping[str, str] = {
    **dict.fromkeys(("active", "enabled", "subscribed", "confirmed", "true"), SubscriptionState.ACTIVE),
    "paused": SubscriptionState.PAUSED,
    **dict.fromkeys(("unsubscribed", "disabled", "inactive", "removed", "false"), SubscriptionState.UNSUBSCRIBED),
    **dict.fromkeys(("unconfirmed", "pending"), SubscriptionState.UNCONFIRMED),
    **dict.fromkeys(("blocked", "blocklisted", "suppressed"), SuppressionReason.MANUAL),
    **dict.fromkeys(("bounced", "cleaned", "bounce"), SuppressionReason.BOUNCE),
    **dict.fromkeys(("complained", "complaint", "spam"), SuppressionReason.COMPLAINT),
}
_TRUE, _FALSE = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_LONGEST_LOCAL = 64
"""RFC 5321 §4.5.3.1.1."""

_GO_ZONE = re.compile(r" ([+-]\d{4})(?: [A-Z+-][\w+-]*)?(?: m=\S+)?$")
"""How Go writes a moment, and so listmonk: ``2021-05-04 10:11:12.123456 +0530 IST``."""

_FRACTION = re.compile(r"(\.\d{6})\d+")
_MOST_SECTIONS = 50
_NO_UTF_8 = "\N{REPLACEMENT CHARACTER}"


class ReaderRow(NamedTuple):
    """A reader as the file tells of them; an empty or missing choice is the newsletter's own.

    ``state`` is a subscription's, or the reason of a suppression for one who is not to be mailed by anybody.
    """

    line: int
    address: str
    canonical_address: str
    state: str
    language: str
    zone: str
    hour: time | None
    frequency: str
    breaking: bool
    sections: list[str]
    requested_at: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None
    paused_until: datetime | None


class Refused(NamedTuple):
    """A line that is not taken, with what it says where the address should be."""

    line: int
    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class Manner:
    """How lines are read: which cell is what, the newsletter's slug and languages, and who is taken for what."""

    reading: Reading
    slug: str
    languages: Sequence[str]
    state: SubscriptionState
    now: datetime


def read_row(record: Record, manner: Manner, ignore: Callable[[str], None]) -> ReaderRow | Refused | None:
    """Return what a line says; None where it is of another newsletter. ``ignore`` is told each choice left out."""
    told = {
        name: bare(record.cells[place]).strip()
        for name, place in manner.reading.places.items()
        if place < len(record.cells)
    }
    fault = _fault(record, told, manner.reading)
    if fault:
        return Refused(record.line, "", fault)
    if told.get("newsletter", manner.slug) != manner.slug:
        return None
    given = told.get("address", "")
    try:
        return _row(record.line, fast_address(given), told, manner, ignore)
    except AddressError as error:
        return Refused(record.line, given[:LONGEST], error.what)
    except ValueError as error:
        return Refused(record.line, given[:LONGEST], str(error))


def _fault(record: Record, told: Mapping[str, str], reading: Reading) -> str:
    """Return why a line is none at all, or nothing."""
    if record.fault:
        return record.fault
    if len(record.cells) > reading.width:
        return f"has {len(record.cells)} cells, the heading {reading.width}"
    return "is not written in UTF-8" if _NO_UTF_8 in told.get("address", "") else ""


def fast_address(given: str) -> str:
    """Return what ``read_address`` does; each domain is looked at once, as most readers share a few.

    Raises AddressError.
    """
    local, _, domain = given.rpartition("@")
    if _PLAIN_LOCAL.fullmatch(local) and len(local) <= _LONGEST_LOCAL and len(given) <= LONGEST:
        return f"{local}@{_domain(domain)}"
    return read_address(given)


@lru_cache(maxsize=20_000)
def _domain(domain: str) -> str:
    return read_address(f"a@{domain}").removeprefix("a@")


def read_moment(text: str) -> datetime:
    """Return a moment as programs write it; one without a zone is in UTC. Raises ValueError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.fromisoformat(_FRACTION.sub(r"\1", _GO_ZONE.sub(r"\1", text.strip())))
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _row(
    line: int, address: str, told: Mapping[str, str], manner: Manner, ignore: Callable[[str], None]
) -> ReaderRow:
    moments = {name: _moment(told, name) for name in ("requested_at", "confirmed_at", "ended_at", "paused_until")}
    for name in ("requested_at", "confirmed_at"):
        at = moments[name]
        if at is not None and at > manner.now:
            raise ValueError(f"{name} lies ahead: {told[name]}")
    if told.get("deleted_at"):
        raise ValueError("was deleted where the file is from")
    language = told.get("language", "")
    state = _state(told, manner.state)
    return ReaderRow(
        line=line,
        address=address,
        canonical_address=canonical_address(address),
        state=state,
        language=_kept("language", language, language in manner.languages, ignore),
        zone=_kept("zone", told.get("zone", ""), _is_zone(told.get("zone", "")), ignore),
        hour=_hour(told.get("hour", ""), ignore),
        frequency=_kept("frequency", told.get("frequency", ""), told.get("frequency") in set(Frequency), ignore)
        or Frequency.DAILY,
        breaking=told.get("breaking", "").lower() in _TRUE,
        sections=_sections(told.get("sections", "")),
        **{**moments, "paused_until": moments["paused_until"] if state == SubscriptionState.PAUSED else None},
    )


def _state(told: Mapping[str, str], default: SubscriptionState) -> str:
    """Return what a line says of whether its reader is to be mailed; what it does not say is the default."""
    word = told.get("state", "").lower()
    if word and word not in _STATES:
        raise ValueError(f"state is {word[:40]!r}, which says nothing to us")
    if told.get("bounced_at"):
        return SuppressionReason.BOUNCE
    if word:
        return _STATES[word]
    if told.get("subscribed", "").lower() in _FALSE or told.get("ended_at"):
        return SubscriptionState.UNSUBSCRIBED
    return default


def _moment(told: Mapping[str, str], name: str) -> datetime | None:
    text = told.get(name, "")
    try:
        return read_moment(text) if text else None
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is {text[:40]!r}, which is no moment") from None


def _hour(text: str, ignore: Callable[[str], None]) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        ignore("hour")
        return None


def _kept(name: str, text: str, is_usable: bool, ignore: Callable[[str], None]) -> str:
    if text and not is_usable:
        ignore(name)
    return text if is_usable else ""


@lru_cache(maxsize=2_000)
def _is_zone(name: str) -> bool:
    return is_zone(name)


def _sections(text: str) -> list[str]:
    """Return the sections in a cell: a JSON list as we write it, or names with commas or semicolons between."""
    names = text.replace(";", ",").split(",")
    if text.startswith("["):
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            listed = []
        names = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    # On one line each, as line feeds part them in the names of selections. NUL is refused with its line.
    return sorted({told for each in names if (told := " ".join(each.split()))})[:_MOST_SECTIONS]
