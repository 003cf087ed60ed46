"""A relay that throws everything away, quickly: ``python -m newsletter.bench.sink --port 2525``.

Postfix's ``smtp-sink`` reads text octet by octet and ends near 6,000 messages of 57 kB a second; what a sender can
do beyond that needs a sink that costs less. One process, one thread, one ``epoll`` (Linux only); ``--delay`` holds
each reply back as a relay far away would.
"""

import argparse
import heapq
import json
import select
import signal
import socket
import ssl
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newsletter.bench.session import GREETING, ROOM, Session

_BUFFER = 1 << 20
_MANY = 256


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    session: Session
    unsent: bytearray = field(default_factory=bytearray)
    shakes_hands: bool = False


class Sink:
    """Listens from its making on; ``serve`` runs until ``stop``.

    ``delay`` is in seconds. With ``certificate``, a file of key and certificate in PEM, STARTTLS is offered.
    """

    def __init__(self, address: tuple[str, int], *, delay: float = 0.0, certificate: Path | None = None) -> None:
        self._listener = socket.create_server(address, backlog=_MANY)
        self._listener.setblocking(False)
        self._delay = delay
        self._tls = _context(certificate) if certificate else None
        self._poll = select.epoll()
        self._poll.register(self._listener, select.EPOLLIN)
        self._connections: dict[int, _Connection] = {}
        self._late: list[tuple[float, int, _Connection, bytes]] = []
        self._number = 0
        self._buffer = bytearray(ROOM + _BUFFER)
        self._view = memoryview(self._buffer)[ROOM:]
        self._stopped = False
        self._ended = {"connections": 0, "messages": 0, "octets": 0}

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def stop(self, *_: Any) -> None:
        """Let ``serve`` return after this round."""
        self._stopped = True

    def counts(self) -> dict[str, int]:
        """Return how many connections, messages and octets of message text there were."""
        sessions = [each.session for each in self._connections.values()]
        return {
            "connections": self._ended["connections"] + len(sessions),
            "messages": self._ended["messages"] + sum(each.messages for each in sessions),
            "octets": self._ended["octets"] + sum(each.octets for each in sessions),
        }

    def serve(self) -> None:
        """Take everything in until told to stop."""
        listening = self._listener.fileno()
        while not self._stopped:
            for number, events in self._poll.poll(self._patience(), _MANY):
                if number == listening:
                    self._welcome()
                    continue
                connection = self._connections[number]
                try:
                    if events & select.EPOLLOUT:
                        self._send(connection, b"")
                    if events & ~select.EPOLLOUT:
                        self._hear(connection)
                except OSError:
                    self._forget(connection)
            self._send_what_is_due()

    def close(self) -> None:
        """Hang up on everybody."""
        for connection in list(self._connections.values()):
            self._forget(connection)
        self._poll.close()
        self._listener.close()

    def _patience(self) -> float:
        return max(0.0, self._late[0][0] - time.monotonic()) if self._late else 0.2

    def _welcome(self) -> None:
        try:
            accepted, _ = self._listener.accept()
        except OSError:
            return  # gone again already
        accepted.setblocking(False)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(accepted, Session(offers_tls=self._tls is not None))
        self._connections[accepted.fileno()] = connection
        self._poll.register(accepted, select.EPOLLIN)
        self._reply(connection, GREETING)

    def _hear(self, connection: _Connection) -> None:
        if connection.shakes_hands:
            self._shake_hands(connection)
        # To read during the handshake would go on with it, and take the first command before its session begins.
        while not connection.shakes_hands:
            try:
                count = connection.socket.recv_into(self._view)
            except (BlockingIOError, ssl.SSLWantReadError):
                return
            if not count:
                self._forget(connection)
                return
            replies = connection.session.feed(self._buffer, ROOM + count)
            if replies:
                self._reply(connection, replies)
            if connection.session.ended and not self._delay:
                self._forget(connection)
                return
            if connection.session.secures:
                self._shake_hands(connection)
            if not isinstance(connection.socket, ssl.SSLSocket):
                return  # what the kernel still holds, the next round tells; TLS may hold some itself

    def _shake_hands(self, connection: _Connection) -> None:
        if not connection.shakes_hands:
            assert self._tls is not None
            connection.shakes_hands = True
            connection.socket = self._tls.wrap_socket(
                connection.socket, server_side=True, do_handshake_on_connect=False
            )
        assert isinstance(connection.socket, ssl.SSLSocket)
        try:
            connection.socket.do_handshake()
        except ssl.SSLWantReadError:
            return
        connection.shakes_hands = False
        connection.session.secured()

    def _reply(self, connection: _Connection, replies: bytes) -> None:
        if self._delay:
            self._number += 1
            heapq.heappush(self._late, (time.monotonic() + self._delay, self._number, connection, replies))
        else:
            self._send(connection, replies)

    def _send_what_is_due(self) -> None:
        while self._late and self._late[0][0] <= time.monotonic():
            _, _, connection, replies = heapq.heappop(self._late)
            if connection.socket.fileno() < 0:
                continue
            try:
                self._send(connection, replies)
            except OSError:
                self._forget(connection)
            if connection.session.ended:
                self._forget(connection)

    def _send(self, connection: _Connection, replies: bytes) -> None:
        """Send what there is; the rest of what does not fit waits until the client reads."""
        owed = bytes(connection.unsent) + replies
        try:
            sent = connection.socket.send(owed) if owed else 0
        except (BlockingIOError, ssl.SSLWantWriteError):
            sent = 0
        waited = bool(connection.unsent)
        connection.unsent[:] = owed[sent:]
        if bool(connection.unsent) != waited:
            self._poll.modify(connection.socket, select.EPOLLIN | (select.EPOLLOUT if connection.unsent else 0))

    def _forget(self, connection: _Connection) -> None:
        number = connection.socket.fileno()
        if self._connections.pop(number, None) is not None:
            self._ended["connections"] += 1
            self._ended["messages"] += connection.session.messages
            self._ended["octets"] += connection.session.octets
            connection.socket.close()


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def main(argv: list[str]) -> int:
    """Run until SIGTERM or SIGINT; print where it listens, and at the end what it took."""
    parser = argparse.ArgumentParser(prog="python -m newsletter.bench.sink", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2525, help="0 takes any that is free")
    parser.add_argument("--delay", type=float, default=0.0, help="milliseconds before each reply")
    parser.add_argument("--certificate", type=Path, help="PEM file of key and certificate; offers STARTTLS")
    given = parser.parse_args(argv)
    sink = Sink((given.host, given.port), delay=given.delay / 1000, certificate=given.certificate)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, sink.stop)
    print(json.dumps({"port": sink.port}), flush=True)  # noqa: T201 — the answer our parent waits for
    sink.serve()
    print(json.dumps(sink.counts()), flush=True)  # noqa: T201 — same
    sink.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
