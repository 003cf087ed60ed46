"""Octets that the kernel has taken are counted exactly, whatever it takes at once."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from newsletter.delivery.smtp import wire
from newsletter.delivery.smtp.wire import Wire
from tests.delivery.certificates import Authority


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine on a loop of its own."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(work)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Give two connected sockets, ours with a small buffer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def test_a_slow_reader_gets_everything_in_order(pair: tuple[socket.socket, socket.socket]) -> None:
    """What the kernel does not take at once is kept, and goes out in pieces, in order."""
    ours, theirs = pair
    buffers = [bytes([number]) * size for number, size in enumerate((60_000, 1, 0, 70_000, 3, 200_000))]
    expected = b"".join(buffers)
    got = bytearray()

    def read() -> None:
        while len(got) < len(expected):
            got.extend(theirs.recv(1000))

    async def work() -> None:
        ours_wire, handed = Wire(ours), asyncio.Event()
        ours_wire.listen(lambda _: None, lambda _: None, handed.set)
        ours_wire.send(buffers[:3])
        ours_wire.send(buffers[3:])
        assert len(expected) == ours_wire.queued
        assert 0 < ours_wire.handed < ours_wire.queued
        reader = threading.Thread(target=read)
        reader.start()
        await handed.wait()
        assert ours_wire.handed == ours_wire.queued
        await asyncio.to_thread(reader.join)
        ours_wire.close()

    run(work())
    assert expected == bytes(got)


def test_a_slow_reader_under_tls(pair: tuple[socket.socket, socket.socket], tmp_path: Path) -> None:
    """Records that the kernel takes in pieces are repeated as OpenSSL wants it, and counted once."""
    ours, theirs = pair
    context = Authority(tmp_path).context()
    texts = [bytes([number]) * size for number, size in enumerate((100_000, 3, 40, 70_000, 90, 1))]
    expected = b"".join(texts)
    got = bytearray()

    may_read = threading.Event()

    def read() -> None:
        with context.wrap_socket(theirs, server_side=True) as encrypted:
            may_read.wait(20)
            while len(got) < len(expected):
                got.extend(encrypted.recv(1000))

    async def work() -> None:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        ours_wire, handed = Wire(ours), asyncio.Event()
        reader = threading.Thread(target=read)
        reader.start()
        await ours_wire.start_tls(trusting, "127.0.0.1")
        ours_wire.listen(lambda _: None, lambda _: None, handed.set)
        ours_wire.send(texts[:3])
        assert 0 <= ours_wire.handed < ours_wire.queued
        ours_wire.send(texts[3:])
        may_read.set()
        await handed.wait()
        assert len(expected) == ours_wire.handed == ours_wire.queued
        await asyncio.to_thread(reader.join)
        ours_wire.close()

    run(work())
    assert expected == bytes(got)


def test_what_the_relay_said_last_is_heard_before_its_end(pair: tuple[socket.socket, socket.socket]) -> None:
    """A relay that refuses in the middle of a text and hangs up has refused."""
    ours, theirs = pair
    heard: list[object] = []

    async def work() -> None:
        ours_wire, ended = Wire(ours), asyncio.Event()

        def hear_end(why: str) -> None:
            heard.append(why)
            ended.set()

        ours_wire.listen(heard.append, hear_end)
        ours_wire.send([b"x" * 500_000])
        theirs.sendall(b"552 too much\r\n")
        theirs.shutdown(socket.SHUT_WR)
        await ended.wait()
        assert ours_wire.handed < ours_wire.queued
        ours_wire.close()
        ours_wire.close()
        ours_wire.send([b"more"])

    run(work())
    assert [b"552 too much\r\n", "it closed the connection"] == heard


def test_a_reset_is_an_end(pair: tuple[socket.socket, socket.socket]) -> None:
    """A connection that is torn down says so once, to whoever listens, and sending never raises."""
    ours, theirs = pair
    ends: list[str] = []

    async def work() -> None:
        ours_wire, ended = Wire(ours), asyncio.Event()

        def hear_end(why: str) -> None:
            ends.append(why)
            ended.set()
            ours_wire.close()

        ours_wire.listen(lambda _: None, hear_end)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        theirs.close()
        for _ in range(5):
            ours_wire.send([b"x" * 1000])
        await ended.wait()

    run(work())
    assert 1 == len(ends)


def test_every_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first address does not answer the second one may."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as gone:
            dead, alive = gone.getsockname(), server.getsockname()
            gone.close()

            async def both(*_: object, **__: object) -> list[object]:
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in (dead, alive)]

            monkeypatch.setattr(loop, "getaddrinfo", both)
            opened = await wire.connect("relay.example", 25, 5)
            assert "127.0.0.1" == opened.own_address
            opened.close()

    run(work())


def test_nobody_answers() -> None:
    """A host without an address, and one where nothing listens, are errors of the operating system's kind."""

    async def work() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with pytest.raises(OSError, match=r"refused|failed"):
            await wire.connect("127.0.0.1", port, 5)

    run(work())
