"""A socket of our own to a relay, with exact knowledge of how much of it the kernel has taken.

asyncio's transports keep a buffer that cannot be looked into. Whether a final dot has been handed over decides
between a message that may be repeated and one that may have arrived, so the octets are counted here.
"""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LARGEST_READ = 16_384
"""Octets read at once: a whole TLS record (RFC 8446 §5.1), so that none is left inside OpenSSL unannounced."""

_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that each step may take (RFC 5321 §4.5.3.2).

    ``final`` is the answer to the dot: giving up on it sooner is how copies are made.
    """

    connect: float = 30
    command: float = 60
    text: float = 180
    final: float = 600
    farewell: float = 5

    @property
    def beat(self) -> float:
        """How often the others are looked at."""
        return min(1.0, min(self.connect, self.command, self.text, self.final) / 4)


class Wire:
    """A connected, non-blocking socket on the running loop, in clear or under TLS.

    ``queued`` counts the octets given to :meth:`send`, and ``handed`` those the kernel has taken; under TLS an
    octet is taken when the whole record it is in has been.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._file = sock.fileno()
        self._buffer = bytearray(LARGEST_READ)
        self._view = memoryview(self._buffer)
        self._rest: deque[bytes | memoryview] = deque()
        self._on_octets: Callable[[bytes], None] = _ignore
        self._on_end: Callable[[str], None] = _ignore
        self._on_handed: Callable[[], None] = _nothing
        self._is_broken = False
        self.queued = 0
        self.handed = 0
        self.encrypted = False
        self.closed = False

    def listen(
        self,
        on_octets: Callable[[bytes], None],
        on_end: Callable[[str], None],
        on_handed: Callable[[], None] = lambda: None,
    ) -> None:
        """Choose who hears what arrives, why it ended, and that the kernel has taken all that was left over."""
        self._on_octets, self._on_end, self._on_handed = on_octets, on_end, on_handed
        self._loop.add_reader(self._file, self._readable)

    @property
    def own_address(self) -> str:
        """Our end's address, as text."""
        return str(self._sock.getsockname()[0])

    def send(self, buffers: Sequence[bytes]) -> None:
        """Hand over as much as the kernel takes now, without joining the buffers; keep the rest for later.

        Never raises: a connection that is gone says so to ``on_end``, after what the relay said last.
        """
        for buffer in buffers:
            self.queued += len(buffer)
        if self.closed or self._is_broken:
            return
        if self._rest:
            self._rest.extend(buffers)
            return
        if self.encrypted:
            # A record apiece for the dot and the commands behind it would cost more than joining them.
            self._rest.extend((buffers[0], b"".join(buffers[1:])) if len(buffers) > 1 else buffers)
            self._hand_over_encrypted()
        else:
            handed = self._hand_over(buffers)
            if self.handed != self.queued and not self._is_broken:
                self._rest.extend(_without(buffers, handed))
        if self._rest:
            self._loop.add_writer(self._file, self._writable)

    async def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        """Encrypt everything from here on. Raises OSError, of which ssl.SSLError is one.

        ``name`` is what the certificate must be for, where the context verifies it.
        """
        self._loop.remove_reader(self._file)
        encrypted = context.wrap_socket(self._sock, do_handshake_on_connect=False, server_hostname=name)
        self._sock = encrypted
        while True:
            try:
                encrypted.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._turn(self._loop.add_reader, self._loop.remove_reader)
            except ssl.SSLWantWriteError:
                await self._turn(self._loop.add_writer, self._loop.remove_writer)
        self.encrypted = True
        self._loop.add_reader(self._file, self._readable)

    def close(self) -> None:
        """Close the socket at once; what the kernel has not taken never leaves."""
        if not self.closed:
            self.closed = True
            self._loop.remove_reader(self._file)
            self._loop.remove_writer(self._file)
            self._rest.clear()
            self._on_octets = self._on_end = _ignore
            self._on_handed = _nothing
            self._sock.close()

    async def _turn(self, add: Callable[..., None], remove: Callable[[int], bool]) -> None:
        ready: asyncio.Future[None] = self._loop.create_future()
        add(self._file, _finish, ready)
        try:
            await ready
        finally:
            remove(self._file)

    def _readable(self) -> None:
        try:
            count = self._sock.recv_into(self._buffer)
        except _NOT_NOW:
            count = -1
        except OSError as error:
            self._on_end(str(error))
            return
        if count > 0:
            self._on_octets(bytes(self._view[:count]))
        elif count == 0:
            self._on_end("it closed the connection")
        if self._rest and self.encrypted:
            # What OpenSSL could not write it may have had to read for first.
            self._writable()

    def _writable(self) -> None:
        if self.encrypted:
            self._hand_over_encrypted()
        else:
            handed = self._hand_over(list(self._rest))
            while handed and self._rest:
                size = len(self._rest[0])
                if size > handed:
                    self._rest[0] = memoryview(self._rest[0])[handed:]
                    break
                self._rest.popleft()
                handed -= size
        if not self._rest and not self.closed:
            self._loop.remove_writer(self._file)
            if not self._is_broken:
                self._on_handed()

    def _hand_over(self, buffers: Sequence[bytes | memoryview]) -> int:
        try:
            handed = self._sock.sendmsg(buffers)
        except _NOT_NOW:
            return 0
        except OSError:
            self._break()
            return 0
        self.handed += handed
        return handed

    def _hand_over_encrypted(self) -> None:
        # OpenSSL writes one record after another and says after which it had to stop.
        rest = self._rest
        try:
            while rest:
                first = rest[0]
                handed = self._sock.send(first)
                self.handed += handed
                if handed == len(first):
                    rest.popleft()
                else:
                    rest[0] = memoryview(first)[handed:]
        except _NOT_NOW:
            return
        except OSError:
            self._break()

    def _break(self) -> None:
        """Write no more; reading goes on up to the end, because the relay may have said why."""
        self._is_broken = True
        self._rest.clear()


async def connect(host: str, port: int, seconds: float) -> Wire:
    """Open a connection to the first address of ``host`` that answers. Raises OSError, TimeoutError being one."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(seconds):
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    last: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            # The one small write at the end of an exchange must not wait for an acknowledgement (RFC 896).
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(seconds / len(found)):
                await loop.sock_connect(sock, address)
            return Wire(sock)
        except TimeoutError:
            sock.close()
            last = TimeoutError(f"no answer within {seconds:g} s")
        except OSError as error:
            sock.close()
            last = error
        except BaseException:
            sock.close()
            raise
    raise last


def _without(buffers: Sequence[bytes], handed: int) -> list[bytes | memoryview]:
    rest: list[bytes | memoryview] = []
    for buffer in buffers:
        if handed < len(buffer):
            rest.append(memoryview(buffer)[handed:] if handed else buffer)
        handed = max(0, handed - len(buffer))
    return rest


def _finish(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


def _ignore(_: object) -> None:
    """Hear nothing."""


def _nothing() -> None:
    """Do nothing."""
