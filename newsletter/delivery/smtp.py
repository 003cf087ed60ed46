"""Submission to the relay over SMTP (RFC 6409, RFC 5321): the only module that opens an SMTP connection.

One connection is kept and used for one message after another. The final reply gets ten minutes
(RFC 5321 §4.5.3.2.6): giving up sooner is how copies are made.
"""

import smtplib
import ssl
from collections.abc import Callable, Iterable, Iterator

from newsletter.delivery.outcome import Receipt, ReceiptKind, receipt_for
from newsletter.delivery.relay import Relay, Tls
from newsletter.delivery.transport import Message
from newsletter.errors import RelayError

CONNECT_SECONDS = 30
COMMAND_SECONDS = 60
FINAL_REPLY_SECONDS = 600

MESSAGES_PER_CONNECTION = 500
"""Some relays close a connection after a number of messages without a word; we do so first."""

COMPLETED = 2
TRANSIENT = 4
READY = 354
SERVICE_CLOSING = 421
NO_REPLY = -1
"""smtplib's word for an answer that is no SMTP reply."""


class CredentialsError(RelayError):
    """The relay refused the user name or password: nothing will go out until the operator mends it."""


class SmtpTransport:
    """Submits through one persistent connection."""

    def __init__(self, relay: Relay) -> None:
        """Prepare to use ``relay``; nothing is opened before the first message is wanted."""
        self._relay = relay
        self._smtp: smtplib.SMTP | None = None
        self._submitted = 0

    def submit(self, messages: Iterable[Message]) -> Iterator[Receipt]:
        """Submit one message after another; see :class:`newsletter.delivery.transport.Transport`."""
        waiting = iter(messages)
        self._drop_if_closed()
        while True:
            # Connected before the next message passes its gate: a relay that is down costs nobody an attempt.
            smtp = self._connection()
            message = next(waiting, None)
            if message is None:
                return
            try:
                receipt = self._submit_one(smtp, message)
            except BaseException:
                # Whatever broke into the exchange, the next reply would answer a command of this one.
                self._drop()
                raise
            yield receipt

    def close(self) -> None:
        """Say QUIT; a relay that is gone already is no error."""
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (OSError, smtplib.SMTPException):
                self._smtp.close()
        self._smtp = None
        self._submitted = 0

    def _connection(self) -> smtplib.SMTP:
        if self._submitted >= MESSAGES_PER_CONNECTION:
            self.close()
        if self._smtp is None:
            self._smtp = self._connect()
        return self._smtp

    def _drop_if_closed(self) -> None:
        """Drop a kept connection that the relay has closed meanwhile, as relays do after minutes of silence."""
        if self._smtp is not None and not _answers(self._smtp.noop):
            self._drop()

    def _connect(self) -> smtplib.SMTP:
        relay = self._relay
        where = f"The relay {relay.host}:{relay.port}"
        context = ssl.create_default_context()
        if relay.tls is Tls.IF_OFFERED:
            # Plain text would do here, so a certificate that nobody vouches for is no worse.
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            smtp: smtplib.SMTP
            if relay.tls is Tls.IMPLICIT:
                smtp = smtplib.SMTP_SSL(relay.host, relay.port, timeout=CONNECT_SECONDS, context=context)
            else:
                smtp = smtplib.SMTP(relay.host, relay.port, timeout=CONNECT_SECONDS)
            try:
                self._introduce(smtp, context)
            except BaseException:
                smtp.close()
                raise
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code // 100 == TRANSIENT:
                raise RelayError(f"{where} cannot check our credentials now: {error.smtp_code}.") from None
            raise CredentialsError(
                f"{where} refused our credentials: {error.smtp_code}.",
                "Check the user and password in SMTP_URL.",
            ) from None
        except UnicodeError:
            raise CredentialsError(
                f"{where} takes no user or password beyond ASCII.", "Check the user and password in SMTP_URL."
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise RelayError(f"{where} cannot be used: {error}.", "Check SMTP_URL.") from None
        return smtp

    def _introduce(self, smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
        relay = self._relay
        if smtp.sock is not None:
            smtp.sock.settimeout(COMMAND_SECONDS)
        smtp.ehlo_or_helo_if_needed()
        offered = smtp.has_extn("starttls")
        if relay.tls is Tls.STARTTLS or (relay.tls is Tls.IF_OFFERED and offered):
            smtp.starttls(context=context)
            smtp.ehlo()
        if relay.user:
            smtp.login(relay.user, relay.password)

    def _submit_one(self, smtp: smtplib.SMTP, message: Message) -> Receipt:
        try:
            refusal = self._envelope(smtp, message)
            if refusal is not None:
                return refusal
            # Messages carry no bare line ends; dots at the start of a line are doubled (RFC 5321 §4.5.2). While
            # this fails, the final dot has not been handed over, so nothing was delivered.
            smtp.send(message.content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        except (OSError, smtplib.SMTPException) as error:
            raise RelayError(f"The relay {self._relay.host} broke off: {error}.") from None
        self._submitted += 1
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(FINAL_REPLY_SECONDS)
            code, reply = smtp.getreply()
            if smtp.sock is not None:
                smtp.sock.settimeout(COMMAND_SECONDS)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Receipt(message.delivery_id, ReceiptKind.UNCERTAIN, text=str(error))
        if code == NO_REPLY:
            self._drop()
            return Receipt(message.delivery_id, ReceiptKind.UNCERTAIN, text=_text(reply))
        return self._receipt(message, code, reply)

    def _envelope(self, smtp: smtplib.SMTP, message: Message) -> Receipt | None:
        """Run the transaction up to the relay's go-ahead; return a receipt if the reader is refused."""
        code, reply = smtp.mail(message.envelope_from)
        if code // 100 != COMPLETED:
            raise RelayError(f"The relay {self._relay.host} refused our sender: {code} {_text(reply)}.")
        code, reply = smtp.rcpt(message.envelope_to)
        if code // 100 == COMPLETED:
            smtp.putcmd("DATA")
            code, reply = smtp.getreply()
            if code == READY:
                return None
            if code // 100 == COMPLETED:
                # Taken for an acceptance, this would lose the reader a message that never left.
                raise RelayError(f"The relay {self._relay.host} is out of step: {code} {_text(reply)}.")
        if code == SERVICE_CLOSING:
            raise RelayError(f"The relay {self._relay.host} is closing: {_text(reply)}.")
        if not _answers(smtp.rset):
            # It broke off after its refusal, which stands: the reader would be refused for ever otherwise.
            self._drop()
        return self._receipt(message, code, reply)

    def _receipt(self, message: Message, code: int, reply: bytes) -> Receipt:
        if code in {SERVICE_CLOSING, NO_REPLY}:
            self._drop()
        return receipt_for(message.delivery_id, code, _text(reply))

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None
        self._submitted = 0


def _answers(command: Callable[[], tuple[int, bytes]]) -> bool:
    try:
        return command()[0] // 100 == COMPLETED
    except (OSError, smtplib.SMTPException):
        return False


def _text(reply: bytes) -> str:
    return reply.decode("utf-8", "replace").replace("\n", " ")[:500]
