"""Checks of the header and of the lines: what every server on the way must be able to read. Pure.

RFC 5322 for the form, RFC 2047 for encoded words, RFC 2919 for List-Id.
"""

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, block, shown
from newsletter.preflight.opened import Field, Opened

ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "List-Id")
"""Fields that an edition has once each: providers refuse a message where one is missing or stands twice."""

LONGEST_LINE = 998
"""Octets less the line end (RFC 5322 §2.1.1)."""

_OURS = "This is a mistake of the program that made the message: please report it with the message."
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOTS = rf"{_ATOM}(?:\.{_ATOM})*"
_DAYS, _MONTHS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun", "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_DATE = re.compile(
    rf"(?:(?:{_DAYS}), )?\d{{1,2}} (?:{_MONTHS}) \d{{4}} \d\d:\d\d(?::\d\d)? (?:[+-]\d{{4}}|GMT)(?: \([^()]*\))?"
)
_MAILBOX = re.compile(rf"(?:.*<({_DOTS}@{_DOTS})>|({_DOTS}@{_DOTS}))")
_FORMS = {
    "Message-ID": (re.compile(rf"<{_DOTS}@{_DOTS}>"), "<something@your.domain>"),
    "From": (_MAILBOX, "one address, such as Name <news@your.domain>"),
    "MIME-Version": (re.compile(r"1\.0"), "1.0"),
    "List-Id": (re.compile(rf"(?:.* )?<{_ATOM}(?:\.{_ATOM})+>"), "Name <daily.your.domain>"),
}
_FIELD_NAME = re.compile(r"[!-9;-~]+")


def check_fields(message: Opened, _: Expected) -> Iterator[Finding]:
    """Whether each field that a message needs is there once, and says what it may."""
    if not message.fields:
        yield block("This is no message: it has no header.", "the message", "Give the whole .eml file.")
        return
    for name in ONCE:
        if name == "List-Id" and message.is_letter:
            continue
        count = len(message.values(name))
        if count != 1:
            said = "is missing" if not count else f"stands {count} times"
            yield block(f"{name} {said}.", "the header", f"Write {name} once.")
    for name, (form, example) in _FORMS.items():
        for value in message.values(name):
            if not form.fullmatch(value):
                yield block(f"{name} is {shown(value)!r}.", name, f"Write {example}.")
    for value in message.values("Date"):
        if not (_DATE.fullmatch(value) and _is_date(value)):
            yield block(f"Date is {shown(value)!r}.", "Date", "Write it as RFC 5322 §3.3 has it.")
    yield from _faulty_names(message.head)


def check_lines(message: Opened, _: Expected) -> Iterator[Finding]:
    """Whether every line can pass: no longer than 998, ended by CRLF alone, and ASCII in the header."""
    raw = message.raw
    longest = max((len(line.rstrip(b"\r")) for line in raw.split(b"\n")), default=0)
    if longest > LONGEST_LINE:
        where = "the header" if longest == _longest(message.head) else "the parts"
        yield block(f"A line has {longest} octets; {LONGEST_LINE} are allowed.", where, _OURS)
    is_crlf = raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")
    is_saved = b"\r" not in raw
    if not (is_crlf or is_saved):
        yield block("Line ends are mixed: some are no CRLF.", "the message", _OURS)
    if not message.head.isascii():
        yield block("The header is not ASCII.", "the header", "Write other letters as encoded words (RFC 2047).")
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", message.head):
        yield block("The header holds control characters.", "the header", _OURS)


def address_of(value: str) -> str:
    """Return the address of a From field, or nothing."""
    found = _MAILBOX.fullmatch(value)
    return (found[1] or found[2]) if found else ""


def structured(fields: tuple[Field, ...]) -> list[Field]:
    """Return the fields in which no encoded word may stand at all (RFC 2047 §5)."""
    names = re.compile(r"date|message-id|list-(?!id).*|feedback-id|mime-version|precedence", re.IGNORECASE)
    return [each for each in fields if names.fullmatch(each.name)]


def _is_date(value: str) -> bool:
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return False
    return value[:3].isdigit() or "," not in value or value.startswith(f"{at:%a}"[:3])


def _longest(head: bytes) -> int:
    return max(len(line.rstrip(b"\r")) for line in head.split(b"\n"))


def _faulty_names(head: bytes) -> Iterator[Finding]:
    for line in head.split(b"\n"):
        name, colon, _ = line.rstrip(b"\r").partition(b":")
        is_field = colon and _FIELD_NAME.fullmatch(name.decode("latin-1"))
        if line.strip() and not line.startswith((b" ", b"\t")) and not is_field:
            said = shown(line.decode("utf-8", "replace"), 40)
            yield block(f"A line of the header is no field: {said!r}.", "the header", _OURS)
            return
