"""One SMTP session of the scripted relay (RFC 5321), with PIPELINING (RFC 2920) and CHUNKING (RFC 3030).

Stricter than most relays: a second MAIL without RSET is refused (RFC 5321 §4.1.4), and an address that needs
SMTPUTF8 is refused where it is not offered (RFC 6531 §3.5).
"""

import re
import time
import zlib
from collections.abc import Callable

from faults.actor import Actor, House

_MESSAGE_ID = re.compile(rb"(?im)^message-id:[ \t]*(?:\r\n[ \t]+)?(\S+)")
_ADDRESS = re.compile(r"<([^>]*)>")
_END = b"\r\n.\r\n"
_HEAD = 16_384
"""How much of a message is searched for its Message-ID."""


class Session(Actor):
    """Reads commands and texts as they come, whole or in pieces, and answers in order."""

    def __init__(self, house: House) -> None:
        """Wait for the connection."""
        super().__init__(house)
        self._read: Callable[[], bool] = self._read_command
        self._scanned = 0
        self._begun_at = 0.0
        self._parts = bytearray()

    def read(self) -> bool:
        """Take one command or text from the buffer; False while it is not whole."""
        return self._read()

    def _read_command(self) -> bool:
        end = self.buffer.find(b"\r\n")
        if end < 0:
            return False
        line = self.buffer[:end].decode("utf-8", "replace")
        del self.buffer[: end + 2]
        verb, _, rest = line.partition(" ")
        command = getattr(self, f"_do_{verb.lower()}", None)
        if command is None:
            self.say("502 5.5.1 what?")
        else:
            command(rest)
        return True

    def _do_ehlo(self, _: str) -> None:
        lines = ["relay.example", *self.house.offers]
        reply = "\r\n".join([f"250-{each}" for each in lines[:-1]] + [f"250 {lines[-1]}"])
        self.answer("ehlo", reply)

    _do_helo = _do_ehlo

    def _do_starttls(self, _: str) -> None:
        if "STARTTLS" not in self.house.offers:
            self.say("502 5.5.1 not offered")
            return

        def start() -> None:
            self.blocked = True
            self.house.secure(self)

        def agree() -> None:
            self.flush()
            self.decide("handshake", start)

        self.answer("starttls", "220 2.0.0 go ahead", agree)

    def _do_auth(self, _: str) -> None:
        self.answer("auth", "235 2.7.0 welcome")

    def _do_mail(self, rest: str) -> None:
        if self.is_open:
            self.say("503 5.5.1 nested MAIL")
            return
        if "STARTTLS" in self.house.offers and not self.is_secure:
            self.house.in_clear += 1
            self.say("530 5.7.0 Must issue a STARTTLS command first")
            return
        self.recipient = ""
        self._parts.clear()
        if not rest.isascii() and "SMTPUTF8" not in self.house.offers:
            self.say("553 5.6.7 no SMTPUTF8 here")
            return
        self.answer("mail", "250 2.1.0 ok", lambda: self.transaction(is_open=True))

    def _do_rcpt(self, rest: str) -> None:
        found = _ADDRESS.search(rest)
        address = found[1] if found else rest
        if not self.is_open:
            self.say("503 5.5.1 MAIL first")
        elif not address.isascii() and "SMTPUTF8" not in self.house.offers:
            self.say("553 5.6.7 no SMTPUTF8 here")
        else:

            def take() -> None:
                self.recipient = address

            self.answer("rcpt", "250 2.1.5 ok", take, address)

    def _do_data(self, _: str) -> None:
        if not self.recipient:
            self.say("503 5.5.1 RCPT first")
            return
        wait = self.house.slot()
        if wait > 0:
            self.block(wait, self._invite)
        else:
            self._invite()

    def _invite(self) -> None:
        self.answer("data", "354 go ahead", self._expect_text)

    def _expect_text(self) -> None:
        self._read, self._scanned, self._begun_at = self._begin_text, 0, 0.0

    def _begin_text(self) -> bool:
        if not self.buffer:
            return False
        self._begun_at = time.monotonic()
        self._read = self._read_text
        self.decide("text", lambda: None)
        return True

    def _read_text(self) -> bool:
        if self.buffer.startswith(b".\r\n"):
            end, over = 0, 3
        else:
            end, over = self.buffer.find(_END, max(0, self._scanned - len(_END))), len(_END)
            if end < 0:
                self._scanned = len(self.buffer)
                return False
            end, over = end + 2, over - 2
        marks = _marks_of(self.buffer, end)
        del self.buffer[: end + over]
        self._read = self._read_command
        self._end_text(marks)
        return True

    def _do_bdat(self, rest: str) -> None:
        """Take octets without a dot (RFC 3030); those of a message that has no recipient are thrown away."""
        words = rest.upper().split()
        left, is_last = int(words[0]), "LAST" in words

        def read() -> bool:
            nonlocal left
            if not self._begun_at:
                self._begun_at = time.monotonic()
            taken = bytes(self.buffer[:left])
            del self.buffer[: len(taken)]
            left -= len(taken)
            self._parts += taken
            if left:
                return False
            self._read = self._read_command
            self._end_part(is_last=is_last)
            return True

        self._begun_at = 0.0 if not self._parts else self._begun_at
        self._read = read

    def _end_part(self, *, is_last: bool) -> None:
        if not self.recipient:
            self._parts.clear()
            self.say("503 5.5.1 RCPT first")
        elif not is_last:
            self.answer("data", "250 2.0.0 more")
        else:
            marks = _marks_of(self._parts, len(self._parts))
            self._parts.clear()
            wait = self.house.slot()
            if wait > 0:
                self.block(wait, lambda: self.decide("text", lambda: self._end_text(marks)))
            else:
                self.decide("text", lambda: self._end_text(marks))

    def _end_text(self, marks: tuple[str, str]) -> None:
        if self.recipient:  # else refused while it came
            self.decide("dot", lambda: self._keep(marks))

    def _keep(self, marks: tuple[str, str]) -> None:
        message_id, digest = marks
        times = f"{time.monotonic():.6f}\t{self._begun_at:.6f}"
        self.house.keep(f"{self.recipient}\t{message_id}\t{self.number}\t{times}\t{digest}")
        recipient, self.recipient = self.recipient, ""
        self.answer("reply", "250 2.0.0 kept", lambda: self.transaction(is_open=False), recipient)

    def _do_rset(self, _: str) -> None:
        self.recipient = ""
        self.transaction(is_open=False)
        self.answer("rset", "250 2.0.0 ok")

    def _do_noop(self, _: str) -> None:
        self.answer("noop", "250 2.0.0 ok")

    def _do_quit(self, _: str) -> None:
        self.transaction(is_open=False)
        self.answer("quit", "221 2.0.0 bye", self.close)


def _marks_of(buffer: bytearray, end: int) -> tuple[str, str]:
    """Return the Message-ID and a digest of the message that the first ``end`` octets are."""
    found = _MESSAGE_ID.search(buffer, 0, min(end, _HEAD))
    message_id = found[1].decode("ascii", "replace") if found else "-"
    with memoryview(buffer) as view:
        return message_id, f"{zlib.crc32(view[:end]):08x}"
