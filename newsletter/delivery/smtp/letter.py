"""The desk of one letter: a finished message that goes out by itself, such as a confirmation."""

import asyncio

from newsletter.delivery.outcome import Receipt
from newsletter.delivery.smtp.relay import Relay
from newsletter.delivery.smtp.session import Session
from newsletter.delivery.transport import Envelope, Message


class LetterDesk:
    """A desk with one finished message on it."""

    def __init__(self, message: Message, session: Session) -> None:
        self._message, self.session = message, session
        self._is_taken = False
        self.relay_said = ""
        self.answer: asyncio.Future[Receipt | None] = asyncio.get_running_loop().create_future()

    def serves(self, _: Relay) -> bool:
        """Whichever relay can be used will do."""
        return True

    def take(self, _: Relay) -> Envelope | None:
        if self._is_taken:
            return None
        self._is_taken = True
        message = self._message
        return Envelope(message.delivery_id, message.envelope_from, message.envelope_to, len(message.content))

    def begin(self, _: Envelope) -> bytes:
        content = self._message.content
        # The dot at the start of a line is doubled (RFC 5321 §4.5.2), but not where a text's length is said.
        if self.session.says_length:
            return content
        return (b"." if content.startswith(b".") else b"") + content.replace(b"\r\n.", b"\r\n..")

    def settle(self, receipt: Receipt) -> None:
        if not self.answer.done():
            self.answer.set_result(receipt)

    def give_back(self, _: Envelope, relay_said: str) -> None:
        self.relay_said = relay_said
        self.end()

    def end(self) -> None:
        if not self.answer.done():
            self.answer.set_result(None)

    def commit(self) -> None:
        """Nothing is recorded here: whoever submits letters does so with the receipt."""
