"""What a status and some words mean for an address. Pure.

Words that name a cause are believed over a status, for a status is often a guess; a definite status over words
that may mean anything; and no address is condemned by a report that has not given up, or that says "4".
"""

import re
from typing import NamedTuple

from newsletter.inbound.report.phrases import reason_in
from newsletter.inbound.report.reported import PERMANENT, Action, Kind, Reason

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_AFTER_CODE = re.compile(r"(?<!\d)[245]\d\d[ -]#?([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_MARKED = re.compile(r"#([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_CODE = re.compile(r"(?<![\d.:-])([245]\d\d)(?=[ -](?:\D|[245]\.\d|$)|$|:|;)")

_DEFINITE = {
    "1.1": Reason.NO_SUCH_ADDRESS,
    "1.2": Reason.NO_SUCH_DOMAIN,
    "1.3": Reason.NO_SUCH_ADDRESS,
    "1.6": Reason.MOVED,
    "1.7": Reason.POLICY,
    "1.8": Reason.POLICY,
    "1.10": Reason.NO_SUCH_DOMAIN,
    "2.1": Reason.DISABLED,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_LARGE,
    "2.4": Reason.SYSTEM,
    "3.4": Reason.TOO_LARGE,
    "4.6": Reason.LOOP,
    "4.7": Reason.EXPIRED,
    "7.20": Reason.AUTHENTICATION,
    "7.21": Reason.AUTHENTICATION,
    "7.22": Reason.AUTHENTICATION,
    "7.23": Reason.AUTHENTICATION,
    "7.25": Reason.BLOCKED,
    "7.26": Reason.AUTHENTICATION,
    "7.28": Reason.THROTTLED,
}
"""Statuses (RFC 3463, 5248, 7372, 7505) that name a cause, by subject and detail."""

_SUBJECTS = {
    "3": Reason.SYSTEM,
    "4": Reason.UNREACHABLE,
    "5": Reason.SYSTEM,
    "6": Reason.CONTENT,
    "7": Reason.POLICY,
}
_VAGUE = frozenset({"0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0"})
_MAY_HIDE_ADDRESS = frozenset({"0.0", "1.0", "2.0", "5.0", "5.1"})
"""Statuses under which words that may mean anything are taken to mean the address."""

_GENERAL = frozenset({Reason.SYSTEM, Reason.UNREACHABLE})
"""Reasons whose words stand in many reports whose status knows better."""


class Verdict(NamedTuple):
    """What it means, and the status that says so."""

    kind: Kind
    reason: Reason
    status: str


def judge(action: Action, status: str, text: str) -> Verdict:
    """Say what a report of this action means, from its status, if it has one, and its words."""
    best = best_status(status, text)
    _, _, detail = best.partition(".")
    reason = _reason(detail, text)
    if action is Action.DELAYED and reason in {Reason.UNKNOWN, Reason.EXPIRED}:
        reason = Reason.DELAYED
    is_final = action is not Action.DELAYED and not best.startswith("4") and reply_class(text) != "4"
    kind = Kind.PERMANENT if reason in PERMANENT and is_final else Kind.TRANSIENT
    return Verdict(kind, reason, best)


def _reason(detail: str, text: str) -> Reason:
    told = reason_in(text)
    if told is not None and not (told in _GENERAL and _DEFINITE.get(detail)):
        return told
    if detail in _DEFINITE:
        return _DEFINITE[detail]
    if not detail or detail in _MAY_HIDE_ADDRESS:
        weak = reason_in(text, is_weak=True)
        if weak is not None:
            return weak
    return told or _SUBJECTS.get(detail.partition(".")[0], Reason.UNKNOWN)


def best_status(stated: str, text: str) -> str:
    """Return the most telling status: the one stated, or one in the words where that is missing or vague."""
    found = _STATUS.search(stated)
    status = found[0] if found else ""
    if status and status[2:] not in _VAGUE:
        return status
    in_words = [*_AFTER_CODE.findall(text), *_MARKED.findall(text)]
    in_words += [] if in_words else [".".join(parts) for parts in _STATUS.findall(text)[:5]]
    telling = [each for each in in_words if each[2:] not in _VAGUE]
    fitting = [each for each in telling if not status or each[0] == status[0]]
    return next(iter(fitting), status or next(iter(in_words), ""))


def reply_class(text: str) -> str:
    """Return the first digit of the first reply code (RFC 5321 §4.2) in the words, or nothing."""
    found = _CODE.search(text)
    return found[1][0] if found else ""
