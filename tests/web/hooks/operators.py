"""Relays' operators as they call us, with keys that were made for the test: who they are, and how they sign."""

import hashlib
import hmac
import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from newsletter.errors import FetchError
from newsletter.gather.http.fetch import Fetched, Validators

TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
CONFIRM = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=y"
MAILGUN_KEY = "0123456789abcdef0123456789abcdef"
POSTMARK_LOGIN = "postmark:a-long-password-0123456789"
YEAR = timedelta(days=365)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Bounce:
    """What is told: of whom, with what status and words, and what of our message."""

    recipient: str
    status: str = "5.1.1"
    said: str = "550 5.1.1 no such user"
    envelope_from: str = ""
    message_id: str = ""
    complaint: bool = False
    event: str = "event-1"


@dataclass
class Posted:
    """A call: the end of its address, its headers, its octets."""

    name: str
    octets: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Operator(Protocol):
    """Somebody who calls."""

    def call(self, bounce: Bounce, at: datetime = NOON, *, forged: bool = False) -> Posted:
        """Return a call, signed at a time; with another's key if ``forged``."""


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Return a key, the same each time; making one takes a while."""
    return rsa.generate_private_key(65537, 2048)


def certificate(now: datetime = NOON) -> bytes:
    """Return SNS's certificate, in force for a year around a time."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(subject, subject, rsa_key("sns").public_key(), 7, now - YEAR, now + YEAR)
    return builder.sign(rsa_key("sns"), SHA256()).public_bytes(Encoding.PEM)


@dataclass
class Internet:
    """Stands for the fetcher: what lies at each address, and who was asked."""

    pages: dict[str, bytes] = field(default_factory=lambda: {CERTIFICATE: certificate(), CONFIRM: b"<ok/>"})
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str, _policy: object) -> Fetched:
        """Return what is at an address."""
        self.asked.append(url)
        content = self.pages.get(url)
        if content is None:
            raise FetchError(f"Nothing is at {url}.")
        return Fetched(
            200, url, content, "", Validators(), not_modified=False, permanent_url=None, retry_after=None
        )


@dataclass
class Amazon:
    """SES by way of SNS. ``version`` of the signature: 1 is with SHA-1."""

    version: str = "2"

    def call(self, bounce: Bounce, at: datetime = NOON, *, forged: bool = False) -> Posted:
        """Return a notification of SES in an envelope of SNS."""
        mail = {
            "source": bounce.envelope_from or "news@paper.example",
            "messageId": "0102018-ses",
            "headers": [{"name": "Message-ID", "value": bounce.message_id}] if bounce.message_id else [],
            "commonHeaders": {"messageId": "0102018-ses"},
        }
        told: dict[str, Any] = {"notificationType": "Bounce", "mail": mail}
        if bounce.complaint:
            complained = {"complainedRecipients": [{"emailAddress": bounce.recipient}]}
            told = {"notificationType": "Complaint", "mail": mail, "complaint": complained}
        else:
            said = {"action": "failed", "status": bounce.status, "diagnosticCode": f"smtp; {bounce.said}"}
            told["bounce"] = {"bouncedRecipients": [{"emailAddress": bounce.recipient, **said}]}
        return self.post(self.envelope(json.dumps(told), bounce.event), at, forged=forged)

    def envelope(self, message: str, event: str = "event-1", **more: str) -> dict[str, str]:
        """Return an unsigned notification."""
        return {"Type": "Notification", "MessageId": event, "TopicArn": TOPIC, "Message": message, **more}

    def post(self, told: dict[str, str], at: datetime = NOON, *, forged: bool = False) -> Posted:
        """Sign a message as the developer guide says: fields in order of their names, a line each."""
        stamped = {**told, "Timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000Z", "SignatureVersion": self.version}
        confirms = stamped["Type"] != "Notification"
        names = ["Message", "MessageId", *(["SubscribeURL"] if confirms else ["Subject"]), "Timestamp"]
        names += [*(["Token"] if confirms else []), "TopicArn", "Type"]
        signed = "".join(f"{name}\n{stamped[name]}\n" for name in names if name in stamped)
        hashed = SHA1() if self.version == "1" else SHA256()
        key = rsa_key("another" if forged else "sns")
        signature = b64encode(key.sign(signed.encode(), PKCS1v15(), hashed)).decode()
        octets = json.dumps({"SigningCertURL": CERTIFICATE, **stamped, "Signature": signature})
        return Posted("ses", octets.encode(), {"Content-Type": "text/plain; charset=UTF-8"})


class Mailgun:
    """Mailgun: a signed time and token beside the event."""

    def call(self, bounce: Bounce, at: datetime = NOON, *, forged: bool = False) -> Posted:
        """Return one event."""
        event: dict[str, Any] = {
            "id": bounce.event,
            "event": "complained" if bounce.complaint else "failed",
            "severity": "permanent",
            "recipient": bounce.recipient,
            "envelope": {"sender": bounce.envelope_from},
            "message": {"headers": {"message-id": bounce.message_id.strip("<>"), "from": "news@paper.example"}},
            "delivery-status": {"code": 550, "message": bounce.said.removeprefix("550 ")},
        }
        timestamp, token = str(int(at.timestamp())), hashlib.sha256(f"{bounce}{at}".encode()).hexdigest()[:50]
        key = b"another key of somebody else" if forged else MAILGUN_KEY.encode()
        signed = hmac.new(key, f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
        signature = {"timestamp": timestamp, "token": token, "signature": signed}
        return Posted("mailgun", json.dumps({"signature": signature, "event-data": event}).encode())


class Postmark:
    """Postmark: one record, and a login."""

    def call(self, bounce: Bounce, at: datetime = NOON, *, forged: bool = False) -> Posted:
        """Return one record."""
        told = {
            "RecordType": "SpamComplaint" if bounce.complaint else "Bounce",
            "Type": "SpamComplaint" if bounce.complaint else "HardBounce",
            "ID": int(hashlib.sha256(bounce.event.encode()).hexdigest()[:12], 16),
            "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
            "Details": f"smtp;{bounce.said}",
            "Email": bounce.recipient,
            "From": "news@paper.example",
            "BouncedAt": at.isoformat(),
        }
        login = b64encode(("postmark:guessed" if forged else POSTMARK_LOGIN).encode()).decode()
        return Posted("postmark", json.dumps(told).encode(), {"Authorization": f"Basic {login}"})


@cache
def _ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def sendgrid_public_key() -> str:
    """Return the key as SendGrid shows it."""
    public = _ec_key("sendgrid").public_key()
    return b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


class SendGrid:
    """SendGrid: a list of events, signed with its time."""

    def call(self, bounce: Bounce, at: datetime = NOON, *, forged: bool = False) -> Posted:
        """Return a list: the event, and one that is none of our business."""
        event = {
            "email": bounce.recipient,
            "timestamp": int(at.timestamp()),
            "smtp-id": bounce.message_id,
            "event": "spamreport" if bounce.complaint else "bounce",
            "sg_event_id": bounce.event,
            "status": bounce.status,
            "reason": bounce.said,
        }
        return self.post([{"email": bounce.recipient, "event": "delivered"}, event], at, forged=forged)

    def post(self, events: object, at: datetime = NOON, *, forged: bool = False) -> Posted:
        """Sign whatever is to be told."""
        timestamp, octets = str(int(at.timestamp())), json.dumps(events).encode()
        key = _ec_key("another" if forged else "sendgrid")
        signature = b64encode(key.sign(timestamp.encode() + octets, ec.ECDSA(SHA256()))).decode()
        headers = {
            "X-Twilio-Email-Event-Webhook-Signature": signature,
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
        return Posted("sendgrid", octets, headers)


OPERATORS: dict[str, Operator] = {
    "ses": Amazon(),
    "ses-sha1": Amazon("1"),
    "mailgun": Mailgun(),
    "postmark": Postmark(),
    "sendgrid": SendGrid(),
}
