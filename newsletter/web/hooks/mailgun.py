"""Mailgun's webhooks: HMAC-SHA256 over a time and a token that come inside the call.

The signature does not cover the event, so a token is heard once, and for five minutes only ("Securing webhooks"
and "Webhook payloads" in Mailgun's documentation).
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.inbound.mail.addresses import typed_address
from newsletter.inbound.report.dsn import Notice
from newsletter.inbound.report.pushed import Pushed, bounced, complained
from newsletter.inbound.report.reported import Action, Reported
from newsletter.web.hooks.hook import (
    Call,
    ForgedError,
    Told,
    UnreadableError,
    moment_of,
    read_object,
    refuse_other_times,
    text_in,
)

WINDOW = timedelta(minutes=5)
_EXPIRED = "5.4.7"


@dataclass(frozen=True, slots=True)
class MailgunHook:
    """Takes what is signed with MAILGUN_SIGNING_KEY."""

    signing_key: bytes

    def hear(self, call: Call, now: datetime) -> Told:
        """Return the failure or complaint of a call; see :class:`newsletter.web.hooks.hook.Hook`."""
        told = read_object(call.octets)
        timestamp, token, signature = (
            text_in(told, "signature", name) for name in ("timestamp", "token", "signature")
        )
        signed = hmac.new(self.signing_key, f"{timestamp}{token}".encode(errors="replace"), hashlib.sha256)
        if not hmac.compare_digest(signed.hexdigest().encode(), signature.encode(errors="replace")) or not token:
            raise ForgedError("Mailgun did not sign this.", "Check MAILGUN_SIGNING_KEY.")
        refuse_other_times(moment_of(timestamp), now, WINDOW)
        event = told.get("event-data")
        if not isinstance(event, dict):
            raise UnreadableError("The call has no event.")
        reported = _reported(event)
        return Told([_pushed(event, reported)] if reported else [], once=f"{timestamp} {token}")


def _reported(event: dict[str, object]) -> Reported | None:
    recipient = typed_address(text_in(event, "recipient"))
    kind = text_in(event, "event")
    if recipient and kind == "complained":
        return complained(recipient)
    if not recipient or kind != "failed":
        return None
    # "temporary" is still tried by Mailgun.
    action = Action.FAILED if text_in(event, "severity") == "permanent" else Action.DELAYED
    status = text_in(event, "delivery-status", "enhanced-code")
    if not status and text_in(event, "reason") == "old":
        status = _EXPIRED
    return bounced(Notice(recipient, "", action, status, _diagnostic(event)))


def _diagnostic(event: dict[str, object]) -> str:
    code, said, described = (
        text_in(event, "delivery-status", name) for name in ("code", "message", "description")
    )
    said = said or described
    return said if not code or said.startswith(code) else f"{code} {said}".strip()


def _pushed(event: dict[str, object], reported: Reported) -> Pushed:
    return Pushed(
        event=text_in(event, "id"),
        reported=reported,
        envelope_from=text_in(event, "envelope", "sender"),
        message_id=text_in(event, "message", "headers", "message-id"),
        sender=typed_address(text_in(event, "message", "headers", "from")),
    )
