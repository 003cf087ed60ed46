"""The sink as a process of its own thread, talked to by the standard library's client."""

import select
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from faults.certificate import make_certificate
from newsletter.bench.sink import Sink
from tests.hasty import greet_hastily

FROM, TO = "news@paper.example", ["ann@reader.example"]


@contextmanager
def serving(**given: Any) -> Iterator[Sink]:
    """Let a sink serve while the block lasts."""
    sink = Sink(("127.0.0.1", 0), **given)
    thread = threading.Thread(target=sink.serve)
    thread.start()
    try:
        yield sink
    finally:
        sink.stop()
        thread.join(10)
        sink.close()


def test_messages_and_connections_are_counted() -> None:
    """Messages one after another on two connections are all accepted, and every octet of their text is counted."""
    content = b"Subject: One\r\n\r\n" + b"Some text of a line.\r\n" * 3000
    with serving() as sink:
        for _ in range(2):
            with smtplib.SMTP("127.0.0.1", sink.port) as client:
                for _ in range(3):
                    client.sendmail(FROM, TO, content)
        deadline = time.monotonic() + 10
        while sink.counts()["messages"] < 6 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert {"connections": 2, "messages": 6, "octets": 6 * len(content)} == sink.counts()


def test_what_it_offers() -> None:
    """It announces what a fast client wants to use, and TLS only with a certificate."""
    with serving() as sink, smtplib.SMTP("127.0.0.1", sink.port) as client:
        client.ehlo()
        assert {"pipelining", "chunking", "8bitmime", "smtputf8"} <= set(client.esmtp_features)
        assert not client.has_extn("starttls")


def test_starttls(tmp_path: Path) -> None:
    """After STARTTLS the session begins anew, in secret, and is as good as before."""
    pem = make_certificate(tmp_path / "sink.pem")
    context = ssl.create_default_context(cafile=str(pem))
    context.check_hostname = False
    with serving(certificate=pem) as sink:
        with smtplib.SMTP("127.0.0.1", sink.port) as client:
            client.starttls(context=context)
            client.ehlo()
            assert not client.has_extn("starttls")
            client.sendmail(FROM, TO, b"x" * 200_000)
        assert 1 == sink.counts()["messages"]


class Slow(ssl.SSLSocket):
    """Is so slow over each step of a handshake that what the client says next is there when the step is over."""

    def do_handshake(self, block: bool = False) -> None:
        """Wait for the client before and after the step."""
        select.select([self], [], [], 10)
        try:
            super().do_handshake(block)
        except ssl.SSLWantReadError:
            select.select([self], [], [], 10)
            raise


@pytest.mark.parametrize("kind", [ssl.SSLSocket, Slow])
def test_a_command_right_behind_the_handshake(tmp_path: Path, kind: type[ssl.SSLSocket]) -> None:
    """What comes in one segment with the end of the handshake is heard, however late the sink gets to it."""
    with serving(certificate=make_certificate(tmp_path / "sink.pem")) as sink:
        assert sink._tls is not None
        sink._tls.sslsocket_class = kind
        with socket.create_connection(("127.0.0.1", sink.port), timeout=10) as client:
            assert greet_hastily(client, b"EHLO client\r\n").startswith(b"250-")


def test_replies_come_late() -> None:
    """With a delay no reply comes before its time, and commands sent together wait together."""
    with serving(delay=0.05) as sink, socket.create_connection(("127.0.0.1", sink.port)) as client:
        began = time.monotonic()
        assert client.recv(100).startswith(b"220")
        client.sendall(b"MAIL FROM:<>\r\nRCPT TO:<a@a.example>\r\nDATA\r\n")
        said = b""
        while said.count(b"\n") < 3:
            said += client.recv(1000)
        assert time.monotonic() - began >= 0.1
        assert [b"250", b"250", b"354"] == [line[:3] for line in said.splitlines()]


def test_a_client_that_does_not_read() -> None:
    """Replies that do not fit wait until the client reads them, and none is lost."""
    commands = 100_000
    with serving() as sink, socket.create_connection(("127.0.0.1", sink.port)) as client:
        sender = threading.Thread(target=client.sendall, args=(b"NOOP\r\n" * commands,))
        sender.start()
        said = 0
        while said < commands + 1:
            said += client.recv(65_536).count(b"\n")
        sender.join()
        assert commands + 1 == said
