"""A relay that does what a script says, at every step of an SMTP session (RFC 5321)."""

import re
import socketserver
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

CLOSE = "close"
"""A decision: break off without a word."""

GOOD = {
    "banner": "220 scripted.example ESMTP",
    "ehlo": "250-scripted.example\r\n250-AUTH PLAIN\r\n250 ENHANCEDSTATUSCODES",
    "starttls": "220 go ahead",
    "auth": "235 2.7.0 welcome",
    "mail": "250 2.1.0 ok",
    "rcpt": "250 2.1.5 ok",
    "data": "354 go ahead",
    "nobody": "554 5.5.1 nobody to give it to",
    "reply": "250 2.0.0 queued",
    "rset": "250 2.0.0 ok",
    "noop": "250 2.0.0 ok",
    "quit": "221 2.0.0 bye",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A step about to be answered: its name, what came with it, and the number of the connection from 1.

    ``text`` begins once DATA is under way, ``dot`` is the end of the text before anything is kept, and
    ``reply`` is the final reply, when the message has been kept already. ``nobody`` is the end of a text whose
    readers were all refused, and ``answer`` a line that answers a challenge of AUTH. BDAT has the steps of DATA
    but no go-ahead.
    """

    step: str
    argument: str
    connection: int


Decision = Callable[[Moment], str | None]
"""Returns the reply to give, CLOSE, or None for the usual one."""


def hold(step: str, event: threading.Event, connection: int | None = None) -> Decision:
    """Return a script that waits for an event, though not for ever, before the usual answer at one step."""

    def decide(moment: Moment) -> None:
        if moment.step == step and connection in {None, moment.connection}:
            event.wait(20)

    return decide


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that the relay took responsibility for."""

    recipient: str
    message_id: str
    wire: bytes
    connection: int

    @property
    def content(self) -> bytes:
        """The message as it was before dots were doubled for the wire."""
        return re.sub(rb"(?m)^\.", b"", self.wire)


class ScriptedRelay(socketserver.ThreadingTCPServer):
    """Listens on loopback while the block lasts; ``kept`` grows before the final 250 is given."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(
        self,
        decide: Decision = lambda _: None,
        context: ssl.SSLContext | None = None,
        *,
        is_implicit: bool = False,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.decide = decide
        self.context = context
        self.is_implicit = is_implicit
        self.drip = False
        self.kept: list[Kept] = []
        self.seen: list[Moment] = []
        self.heard: list[str] = []
        """Every command as it came, with its parameters."""
        self.connections = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """What SMTP_URL must be."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server_address[1]

    def steps(self) -> list[str]:
        """Return the steps seen so far."""
        return [each.step for each in self.seen]

    def recipients(self) -> list[str]:
        """Return whose messages were kept, in order."""
        return [each.recipient for each in self.kept]

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_val: BaseException | None = None,
        exc_tb: TracebackType | None = None,
    ) -> None:
        self.shutdown()
        self.server_close()


class _Session(socketserver.StreamRequestHandler):
    server: ScriptedRelay
    recipient = ""

    def handle(self) -> None:
        with self.server.lock:
            self.server.connections += 1
            self.connection_number = self.server.connections
        with suppress(OSError):
            if self.server.is_implicit:
                self.encrypt()
            if not self.answer("connect", "") or not self.answer("banner", ""):
                return
            while line := self.rfile.readline():
                if not self.obey(line.decode().strip()):
                    return

    def obey(self, line: str) -> bool:
        """Answer a command; False ends the session."""
        self.server.heard.append(line)
        verb, _, rest = line.partition(" ")
        step = {"HELO": "ehlo"}.get(verb.upper(), verb.lower())
        found = re.search(r"<(.*)>", rest)
        argument = found[1] if found else rest
        if step == "bdat":
            self.decide(step, self.recipient)
            return self.take_octets(int(argument.split()[0]))
        answer = self.decide(step, argument)
        while answer.startswith("334"):
            self.say(answer)
            answer = self.decide("answer", self.rfile.readline().decode().strip())
        if step in {"mail", "rcpt"}:
            self.recipient = argument if (step, answer[:1]) == ("rcpt", "2") else ""
        if answer.startswith("354"):
            return self.say(answer) and self.take_text()
        if step == "starttls" and answer.startswith("220") and self.server.context:
            self.say(answer)
            self.encrypt()
            return True
        return answer != CLOSE and self.say(answer) and step != "quit"

    def encrypt(self) -> None:
        """Take part in a TLS handshake."""
        assert self.server.context is not None
        self.connection = self.request = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def finish(self) -> None:
        """Close the encrypted socket as well, which the server does not know."""
        with suppress(OSError):
            super().finish()
        self.connection.close()

    def take_text(self) -> bool:
        """Read the text up to the dot, keep it, and only then reply."""
        lines = [self.rfile.readline()]
        if self.decide("text", self.recipient) == CLOSE:
            return False
        while lines[-1] not in {b".\r\n", b""}:
            lines.append(self.rfile.readline())
        if lines[-1] == b"":
            return False
        return self.finish_text(b"".join(lines[:-1]))

    def take_octets(self, count: int) -> bool:
        """Read a text whose length was said (RFC 3030), keep it, and only then reply."""
        wire = self.rfile.read(count)
        if self.decide("text", self.recipient) == CLOSE or len(wire) < count:
            return False
        return self.finish_text(wire)

    def finish_text(self, wire: bytes) -> bool:
        """Reply to a text that has ended."""
        if not self.recipient:
            return self.answer("nobody", "")
        refused = self.decide("dot", self.recipient)
        if refused:
            return refused != CLOSE and self.say(refused)
        found = re.search(rb"(?im)^message-id: *(\S+)", wire)
        with self.server.lock:
            self.server.kept.append(
                Kept(self.recipient, found[1].decode() if found else "", wire, self.connection_number)
            )
        return self.answer("reply", self.recipient)

    def decide(self, step: str, argument: str) -> str:
        moment = Moment(step, argument, self.connection_number)
        with self.server.lock:
            self.server.seen.append(moment)
        decided = self.server.decide(moment)
        if decided is None and step == "data" and not self.recipient:
            return "554 5.5.1 no valid recipients"
        if decided is None:
            return GOOD.get(step, "" if step in {"connect", "text", "dot"} else "502 5.5.1 what?")
        return decided

    def answer(self, step: str, argument: str) -> bool:
        answer = self.decide(step, argument)
        return answer != CLOSE and self.say(answer)

    def say(self, answer: str) -> bool:
        """Send a reply; False where it ends the session."""
        octets = answer.encode() + b"\r\n" if answer else b""
        for start in range(len(octets)) if self.server.drip else ():
            self.connection.sendall(octets[start : start + 1])
            time.sleep(0.0005)
        if answer and not self.server.drip:
            self.wfile.write(octets)
        return not answer.startswith("421")
