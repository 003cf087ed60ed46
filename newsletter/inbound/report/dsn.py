"""Delivery status notifications: the groups of fields that say what became of each recipient (RFC 3464). Pure."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from newsletter.inbound.mail.addresses import typed_address
from newsletter.inbound.mail.headers import read_fields
from newsletter.inbound.report.reported import Action

MOST_RECIPIENTS = 200
"""Groups of one report that are read."""

_RECIPIENT_FIELDS = ("final-recipient", "original-recipient", "x-actual-recipient")
_TYPE = re.compile(r"\s*(?:smtp|x-?[a-z0-9-]{1,30}|dns|unix|lmtp|esmtp)\s*;\s*", re.IGNORECASE)
_FIELD_IN_TEXT = re.compile(r"^[ \t>]*(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_FIELD_LINE = re.compile(
    r"^[ \t>]*(?=(?:(?:final|original)-recipient|action|status|diagnostic-code|remote-mta|reporting-mta)[ \t]*:)",
    re.IGNORECASE | re.MULTILINE,
)


class Notice(NamedTuple):
    """What one group says: about whom, what became of it, and why."""

    recipient: str
    original_recipient: str
    action: Action
    status: str
    diagnostic: str


def read_status(text: str) -> list[Notice]:
    """Return the groups of a ``message/delivery-status`` part that name a recipient or an outcome."""
    return [_notice(group) for group in islice(_groups(text), MOST_RECIPIENTS)]


def status_in_text(text: str) -> list[Notice]:
    """Return the groups that stand in the text of a report, as Amazon WorkMail and others write them."""
    return read_status(_FIELD_LINE.sub("", text)) if _FIELD_IN_TEXT.search(text) else []


def _groups(text: str) -> Iterator[dict[str, str]]:
    """Return the groups of recipients; some reporters forget the empty line between them, or put one too many."""
    group: dict[str, str] = {}
    for paragraph in re.split(r"\n[ \t]*\n", text.strip()):
        fields = list(read_fields(paragraph.split("\n")))
        names = {name for name, _ in fields}
        if group and not names.isdisjoint(_RECIPIENT_FIELDS) and _names_somebody(group):
            yield group
            group = {}
        for name, value in fields:
            if name == "final-recipient" and name in group:
                yield group
                group = {}
            group.setdefault(name, value)
    if group:
        yield group


def _names_somebody(group: dict[str, str]) -> bool:
    return any(name in group for name in _RECIPIENT_FIELDS)


def _notice(group: dict[str, str]) -> Notice:
    original = typed_address(group.get("original-recipient", ""))
    final = typed_address(group.get("final-recipient", ""))
    actual = typed_address(group.get("x-actual-recipient", ""))
    status = group.get("status", "")
    told = group.get("diagnostic-code") or group.get("x-supplementary-info") or group.get("x-notes-diagnostic", "")
    comment = status.partition("(")[2].rstrip(") ") if "(" in status else ""
    diagnostic = _TYPE.sub("", told, count=1).strip() or comment
    return Notice(final or original or actual, original, _action(group, status), status, diagnostic)


def _action(group: dict[str, str], status: str) -> Action:
    """Return the action (RFC 3464 §2.3.3), read by its beginning; the status tells a missing one."""
    told = group.get("action", "").strip().lower()
    for start, action in _ACTIONS.items():
        if told.startswith(start):
            return action
    if not told and status.strip().startswith("2"):
        return Action.DELIVERED
    if not told and status.strip().startswith("4"):
        return Action.DELAYED
    return Action.FAILED


_ACTIONS = {
    "fail": Action.FAILED,
    "expire": Action.FAILED,
    "reject": Action.FAILED,
    "delay": Action.DELAYED,
    "defer": Action.DELAYED,
    "warn": Action.DELAYED,
    "deliver": Action.DELIVERED,
    "success": Action.DELIVERED,
    "relay": Action.RELAYED,
    "expand": Action.EXPANDED,
}
