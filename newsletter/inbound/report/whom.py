"""Which addresses a report in free text says have failed. Pure.

Every mail program has its own way to say so, and new ones come. Hence no rule for each program, but a few for all:
an address that begins a line, one that a label or a command names, one in a line that gives a cause; flufl.bounce,
which knows many programs by name, where these see nothing; and at last whom the returned message was for.
"""

import logging
import re
from collections.abc import Callable
from email import message_from_bytes

from flufl.bounce import all_failures

from newsletter.inbound.mail.addresses import address_in, addresses_in, typed_address
from newsletter.inbound.report.classify import reply_class
from newsletter.inbound.report.notice import FreeText
from newsletter.inbound.report.phrases import reason_in

# It logs a traceback of each message that it stumbles over, strangers' words and all.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

MOST_RECIPIENTS = 50
LONGEST_FOR_FLUFL, MOST_LINES_FOR_FLUFL = 100_000, 2_000
"""Bytes and lines of a message that the second voice is asked about; it looks at every line fifty times."""

_MARKS = " \t<>\"'*•·-–>|([{"
_AFTER_ADDRESS = re.compile(r"[>\"')\]}]*\s*(?:$|[:;,.(\[{<>-]|\.\.\.|on |\d{3}|[^\w\s@])")
_LABELS = (
    *(r"rcpt to\s*:?", r"recipients?\b[^:@]{0,40}:", r"addressees?\b[^:@]{0,30}:", r"addressed to\s*:"),
    *(r"delivered to\s*:?", r"deliver(?:ing|ed|y)?\b[^:@]{0,40}\bto\b", r"^to\s*:", r"failed\s*:"),
    *(r"(?:user|users|mailbox|account|address(?:es)?)\b[^:@]{0,30}[: ]", r"empfänger[^:@]{0,30}:?"),
    *(
        r"destinataire[^:@]{0,30}:?",
        r"destinatario[^:@]{0,30}:?",
        r"адрес[^:@]{0,30}:?",
        r"получател[^:@]{0,30}:?",
    ),
    *("宛先", "あて先", "アドレス", "收件人", "受信者"),
)
_LABEL = re.compile("|".join(_LABELS), re.IGNORECASE)
_OTHER_FIELDS = (
    *("from", "mail from", "sender", "reply-to", "subject", "message-?id", "references", "in-reply-to", "date"),
    *("return-path", r"x-[\w-]+", "received", "original sender", "cc"),
)
_NOT_FAILED = re.compile(
    rf"^(?:{'|'.join(_OTHER_FIELDS)})\s*:|\bmail from\s*:|\bcontact\b|\bpostmaster for\b|message-?id|"
    r"please (?:send|forward|write|email|e-mail)|mailto:(?:postmaster|abuse|support)",
    re.IGNORECASE,
)
_LONGEST_BEGINNING = 300
"""Characters of a line in which an address that begins it ends."""

_Rule = Callable[[str], str]
NOWHERE = -1
"""The line of an address that no line tells of."""

_FROM_SOMEBODY = re.compile(r"\bfrom:?\s+<?\S{1,100}@\S{1,100}", re.IGNORECASE)


def failed_addresses(free: FreeText, raw: bytes) -> dict[str, int]:
    """Return the addresses that failed, each with the line that says so; ``raw`` is the message."""
    places = _places(free)
    if not places:
        places = dict.fromkeys(_second_voice(free, raw) or _last_resort(free), NOWHERE)
    return dict(list(places.items())[:MOST_RECIPIENTS])


def _places(free: FreeText) -> dict[str, int]:
    """Return the addresses that the lines tell of; the surest way to tell counts."""
    named = addresses_in(free.headers["x-failed-recipients"])
    lines = [(number, line) for number, line in enumerate(free.lines) if "@" in line]
    if named:
        first = {each.casefold(): number for number, line in reversed(lines) for each in addresses_in(line)}
        return {each: first.get(each.casefold(), 0) for each in named}
    told = [(number, line) for number, line in lines if not _NOT_FAILED.search(line.strip())]
    bystanders = free.bystanders
    for rule in (_beginning, _labelled, _with_a_cause):
        found = _by(rule, told, bystanders)
        if found:
            return found
    # Somebody who mails themselves is a bystander and the one who failed.
    return _by(_beginning, told, set()) or _by(_labelled, told, set())


def _by(rule: _Rule, told: list[tuple[int, str]], passed_over: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    seen = set(passed_over)
    for number, line in told:
        address = rule(line)
        if address and address.casefold() not in seen:
            seen.add(address.casefold())
            found[address] = number
    return found


def _beginning(line: str) -> str:
    """Return the address that begins its line, as sendmail, qmail, Exim, Postfix and Exchange write it."""
    bare = line.lstrip(_MARKS)
    found = address_in(bare[:_LONGEST_BEGINNING])
    if not found or not bare.startswith(found):
        return ""
    return found if _AFTER_ADDRESS.match(bare[len(found) :]) else ""


def _labelled(line: str) -> str:
    """Return the address behind a label or an SMTP command."""
    label = _LABEL.search(line)
    if label is None:
        return ""
    rest = line[label.end() :].strip()
    # What stands in brackets may be an address that RFC 5322 does not know, as some carriers gave out.
    return (typed_address(rest) if rest.startswith("<") else "") or address_in(rest)


def _with_a_cause(line: str) -> str:
    """Return the address in a line that gives a cause, or a reply code."""
    if reply_class(line) in {"4", "5"} or reason_in(line) or reason_in(line, is_weak=True):
        return address_in(_FROM_SOMEBODY.sub("", line))
    return ""


def _second_voice(free: FreeText, raw: bytes) -> list[str]:
    """Ask flufl.bounce, whose rules are other people's: whatever it does with such a message, we go on."""
    try:
        lines = raw[:LONGEST_FOR_FLUFL].splitlines()[:MOST_LINES_FOR_FLUFL]
        transient, permanent = all_failures(message_from_bytes(b"\n".join(lines)))
    except Exception:  # noqa: BLE001 — other people's code on a stranger's octets may raise anything
        return []
    found = (each.decode("utf-8", "replace") for each in sorted(transient | permanent))
    cleaned = [address for each in found if (address := typed_address(each))]
    return [each for each in cleaned if each.casefold() not in free.bystanders]


def _last_resort(free: FreeText) -> list[str]:
    """Whom the returned message was for, if for one, as each of ours is; or the only address that is told."""
    told = addresses_in(free.text)
    others = [each for each in told if each.casefold() not in free.bystanders]
    return next((found for found in (free.mailed, others) if len(found) == 1), [])
