"""Amazon SES by way of SNS: its notifications of bounces and complaints, and events of a configuration set.

Only those of one topic are taken; SNS's question whether we want them is answered by itself, once its signature is
checked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsletter import log
from newsletter.errors import FetchError
from newsletter.inbound.mail.addresses import typed_address
from newsletter.inbound.report.arf import Complaint
from newsletter.inbound.report.pushed import Pushed, bounced, complained
from newsletter.inbound.report.reported import Reported
from newsletter.inbound.report.ses import read_notification
from newsletter.web.hooks import sns
from newsletter.web.hooks.hook import (
    RETRIED_FOR,
    Call,
    ForgedError,
    Told,
    UnreadableError,
    read_object,
    refuse_other_times,
    text_in,
)

_log = log.get("web")


@dataclass(frozen=True, slots=True)
class SesHook:
    """Takes what comes from the topic SES_TOPIC. ``visit`` fetches an address that SNS named."""

    topic: str
    certificates: sns.Certificates
    visit: Callable[[str], bytes]

    def hear(self, call: Call, now: datetime) -> Told:
        """Return the bounces or the complaint of a notification, or confirm the subscription to the topic.

        See :class:`newsletter.web.hooks.hook.Hook`. Raises UnreachableError when SNS cannot be asked.
        """
        told = read_object(call.octets)
        if text_in(told, "TopicArn") != self.topic:
            raise ForgedError("The message is of another topic.", "Check SES_TOPIC.")
        sns.check_signature(told, self.certificates, now)
        refuse_other_times(sns.said_at(told), now, RETRIED_FOR)
        if text_in(told, "Type") == sns.NOTIFICATION:
            return Told(_pushed(text_in(told, "MessageId"), text_in(told, "Message")))
        if text_in(told, "Type") == "SubscriptionConfirmation":
            self._confirm(sns.address_to_confirm(told))
        return Told()

    def _confirm(self, url: str) -> None:
        try:
            self.visit(url)
        except FetchError as error:
            raise sns.UnreachableError(f"The subscription to the topic cannot be confirmed: {error}") from None
        _log.info("hook_confirmed", hook="ses")


def _pushed(message_id: str, message: str) -> list[Pushed]:
    notified = read_notification(message)
    if notified is None:
        raise UnreadableError("The notification is none of SES's.", "Let the topic have SES's notifications only.")
    if isinstance(notified, Complaint):
        reports: list[Reported] = [complained(each, notified.reason) for each in notified.recipients]
    else:
        reports = [bounced(each) for each in notified]
    mail = read_object(message).get("mail")
    source = text_in(mail, "source")
    return [Pushed(message_id, each, source, _own_id(mail), typed_address(source)) for each in reports]


def _own_id(mail: object) -> str:
    """Return the Message-ID that we gave: SES writes its own, and keeps ours where headers are told at all."""
    headers = mail.get("headers") if isinstance(mail, dict) else None
    for each in headers if isinstance(headers, list) else ():
        if text_in(each, "name").lower() == "message-id":
            return text_in(each, "value")
    return text_in(mail, "commonHeaders", "messageId")
