"""Amazon SES's own notifications, as SNS mails them: one JSON object instead of a report. Pure.

The fields are those of the SES developer guide, "Amazon SNS notification contents".
"""

import json
import re
from typing import Any

from newsletter.inbound.mail.addresses import typed_address
from newsletter.inbound.report.arf import TYPES, Complaint
from newsletter.inbound.report.dsn import MOST_RECIPIENTS, Notice
from newsletter.inbound.report.reported import Action, Reason

_TYPE = re.compile(r"\s*smtp\s*;\s*", re.IGNORECASE)
_BROKEN_LINE = re.compile(r"!\r?\n ")
"""How sendmail breaks a line longer than SMTP allows."""

_BY_SUBTYPE = {
    "NoEmail": "5.1.1",
    "MailboxFull": "5.2.2",
    "MessageTooLarge": "5.3.4",
    "ContentRejected": "5.6.0",
    "AttachmentRejected": "5.6.0",
}
"""The statuses that bounce subtypes stand for, where no status is told."""


def read_notification(text: str) -> list[Notice] | Complaint | None:
    """Return the bounces or the complaint of a notification; None where the text is none.

    Raises nothing. A notification of anything else, such as a delivery, has no bounces.
    """
    told = _object(text)
    kind = told.get("notificationType") or told.get("eventType")
    bounce, complaint = _part(told, "bounce"), _part(told, "complaint")
    if not isinstance(kind, str):
        return None
    if kind == "Complaint":
        feedback = complaint.get("complaintFeedbackType")
        named = [_address(each) for each in _list(complaint, "complainedRecipients")]
        reason = TYPES.get(str(feedback), Reason.OTHER) if feedback else Reason.ABUSE
        return Complaint([each for each in named if each], reason, "")
    status = _BY_SUBTYPE.get(str(bounce.get("bounceSubType")), "")
    return [_notice(each, status) for each in _list(bounce, "bouncedRecipients") if _address(each)]


def _notice(told: dict[str, Any], status: str) -> Notice:
    action = Action.DELAYED if told.get("action") == Action.DELAYED else Action.FAILED
    diagnostic = _TYPE.sub("", str(told.get("diagnosticCode") or ""), count=1)
    return Notice(_address(told), "", action, str(told.get("status") or status), diagnostic)


def _object(text: str) -> dict[str, Any]:
    """Return the JSON object that a text begins with, out of SNS's envelope if it is in one; else an empty one."""
    if not text.lstrip().startswith("{"):
        return {}
    try:
        told, _ = json.JSONDecoder().raw_decode(_BROKEN_LINE.sub("", text.lstrip()))
        message = told.get("Message")
        if isinstance(message, str):
            told = json.loads(message)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _part(told: dict[str, Any], name: str) -> dict[str, Any]:
    part = told.get(name)
    return part if isinstance(part, dict) else {}


def _list(told: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = told.get(name)
    return [row for row in rows if isinstance(row, dict)][:MOST_RECIPIENTS] if isinstance(rows, list) else []


def _address(told: dict[str, Any]) -> str:
    return typed_address(str(told.get("emailAddress") or ""))
