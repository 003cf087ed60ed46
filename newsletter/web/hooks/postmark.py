"""Postmark's webhooks: one record a call, and a login that only Postmark was told.

("Bounce webhook" and "Spam complaint webhook" in its documentation.) Postmark writes Message-ID and envelope
sender anew; whose mail it was is known by From and the recipient.
"""

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime

from newsletter.inbound.mail.addresses import typed_address
from newsletter.inbound.report.dsn import Notice
from newsletter.inbound.report.pushed import Pushed, bounced, complained
from newsletter.inbound.report.reported import Action, Reason, Reported
from newsletter.web.hooks.hook import Call, ForgedError, Told, read_object, text_in

_STATUSES = {
    "HardBounce": "",
    "SoftBounce": "",
    "Unknown": "",
    "Transient": "4.0.0",
    "DnsError": "5.4.4",
    "BadEmailAddress": "5.1.3",
    "Blocked": "5.7.1",
    "DMARCPolicy": "5.7.1",
    "SpamNotification": "5.7.1",
    "VirusNotification": "5.6.0",
    "SMTPApiError": "5.3.0",
}
"""The types that tell of a message that did not arrive, and what status they stand for where no word tells one."""

_STILL_TRIED = "Transient"


@dataclass(frozen=True, slots=True)
class PostmarkHook:
    """Takes what comes with the login of POSTMARK_LOGIN (RFC 7617)."""

    login: bytes

    def hear(self, call: Call, now: datetime) -> Told:  # noqa: ARG002 — the login is good at any time
        """Return the bounce or complaint of a call; see :class:`newsletter.web.hooks.hook.Hook`."""
        given = call.headers.get("authorization", "").encode(errors="replace")
        # Of the digests, so that not even the length is told by how long it takes.
        theirs, ours = (hashlib.sha256(each).digest() for each in (given, b"Basic " + b64encode(self.login)))
        if not hmac.compare_digest(theirs, ours):
            raise ForgedError("This is not Postmark's login.", "Check POSTMARK_LOGIN.")
        told = read_object(call.octets)
        reported = _reported(told)
        if reported is None:
            return Told()
        # Bounces and complaints are numbered apart from others, not from each other.
        event, sender = text_in(told, "ID"), typed_address(text_in(told, "From"))
        return Told([Pushed(event=event, reported=reported, sender=sender)])


def _reported(told: dict[str, object]) -> Reported | None:
    recipient = typed_address(text_in(told, "Email"))
    record, kind = text_in(told, "RecordType"), text_in(told, "Type")
    if not recipient or record not in {"Bounce", "SpamComplaint"}:
        return None
    if record == "SpamComplaint" or kind == "SpamComplaint":
        return complained(recipient, diagnostic=text_in(told, "Description"))
    if kind not in _STATUSES:
        return None
    action = Action.DELAYED if kind == _STILL_TRIED else Action.FAILED
    said = text_in(told, "Details") or text_in(told, "Description")
    reported = bounced(Notice(recipient, "", action, "", said))
    if reported.reason in {Reason.UNKNOWN, Reason.DELAYED} and _STATUSES[kind]:
        return bounced(Notice(recipient, "", action, _STATUSES[kind], said))
    return reported
