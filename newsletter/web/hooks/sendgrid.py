"""SendGrid's signed event webhook: ECDSA with SHA-256 over a time and the octets of the call, many events in one.

("Event webhook reference" and "Event webhook security features" in Twilio's documentation.)
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from newsletter.errors import SettingsError
from newsletter.inbound.mail.addresses import typed_address
from newsletter.inbound.report.dsn import Notice
from newsletter.inbound.report.pushed import Pushed, bounced, complained
from newsletter.inbound.report.reported import Action, Reason, Reported
from newsletter.web.hooks.hook import (
    RETRIED_FOR,
    Call,
    ForgedError,
    Told,
    UnreadableError,
    moment_of,
    read_json,
    refuse_other_times,
    text_in,
)

_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIME = "x-twilio-email-event-webhook-timestamp"
_COMPLAINED_BEFORE = "Spam Reporting Address"
_REFUSED = "5.7.1"
_ACTIONS = {"bounce": Action.FAILED, "dropped": Action.FAILED, "deferred": Action.DELAYED}


def read_public_key(written: str) -> EllipticCurvePublicKey:
    """Return the key that SendGrid shows in base64. Raises SettingsError for what is none."""
    try:
        key = load_der_public_key(base64.b64decode("".join(written.split()), validate=True))
    except ValueError:
        key = None
    if not isinstance(key, EllipticCurvePublicKey):
        raise SettingsError(
            "SENDGRID_PUBLIC_KEY is no public key of the kind that SendGrid signs with.",
            "Copy the verification key from Mail Settings, Event Webhooks: one line of base64.",
        )
    return key


@dataclass(frozen=True, slots=True)
class SendGridHook:
    """Takes what was signed with the key that belongs to SENDGRID_PUBLIC_KEY."""

    public_key: EllipticCurvePublicKey

    def hear(self, call: Call, now: datetime) -> Told:
        """Return the failures and complaints of a call; see :class:`newsletter.web.hooks.hook.Hook`."""
        timestamp = call.headers.get(_TIME, "")
        signed = timestamp.encode(errors="replace") + call.octets
        try:
            signature = base64.b64decode(call.headers.get(_SIGNATURE, "").encode(), validate=True)
            self.public_key.verify(signature, signed, ECDSA(SHA256()))
        except (ValueError, InvalidSignature):
            raise ForgedError("SendGrid did not sign this.", "Check SENDGRID_PUBLIC_KEY.") from None
        refuse_other_times(moment_of(timestamp), now, RETRIED_FOR)
        told = read_json(call.octets)
        if not isinstance(told, list):
            raise UnreadableError("The call is no list of events.")
        return Told(list(_pushed(event for event in told if isinstance(event, dict))))


def _pushed(events: Iterator[dict[str, object]]) -> Iterator[Pushed]:
    for event in events:
        reported = _reported(event)
        if reported is not None:
            yield Pushed(text_in(event, "sg_event_id"), reported, message_id=text_in(event, "smtp-id"))


def _reported(event: dict[str, object]) -> Reported | None:
    recipient = typed_address(text_in(event, "email"))
    kind, reason = text_in(event, "event"), text_in(event, "reason")
    if not recipient:
        return None
    if kind == "spamreport" or (kind == "dropped" and reason == _COMPLAINED_BEFORE):
        return complained(recipient, Reason.ABUSE if kind == "spamreport" else Reason.OTHER, reason)
    if kind not in _ACTIONS:
        return None
    notice = Notice(recipient, "", _ACTIONS[kind], text_in(event, "status"), text_in(event, "response") or reason)
    reported = bounced(notice)
    if reported.reason is Reason.UNKNOWN and text_in(event, "type") == "blocked":
        return bounced(notice._replace(status=_REFUSED))
    return reported
