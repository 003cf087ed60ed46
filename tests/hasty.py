"""A client in a hurry: the last of its TLS handshake and its first command leave in one segment.

A relay must hear the command although nothing more comes that would wake it (RFC 8446 §2 lets a client speak right
behind its Finished).
"""

import socket
import ssl

_LARGE = 65_536


def greet_hastily(connection: socket.socket, command: bytes) -> bytes:
    """Start TLS on a session of which nothing was read yet, and return the reply to the first command in it.

    The reply's lines end with the one that has a blank behind its code (RFC 5321 §4.2.1). Raises TimeoutError
    where the relay never answers.
    """
    _read_line(connection)
    connection.sendall(b"STARTTLS\r\n")
    _read_line(connection)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = _context().wrap_bio(incoming, outgoing)
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            incoming.write(connection.recv(_LARGE))
    tls.write(command)
    connection.sendall(outgoing.read())
    reply = b""
    while not any(line[3:4] == b" " for line in reply.splitlines()) or not reply.endswith(b"\r\n"):
        try:
            reply += tls.read(_LARGE)
        except ssl.SSLWantReadError:
            incoming.write(connection.recv(_LARGE))
    return reply


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # In TLS 1.2 the relay has the last word of the handshake, so that no client can be this hasty.
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _read_line(connection: socket.socket) -> None:
    said = b""
    while not said.endswith(b"\r\n"):
        said += connection.recv(_LARGE)
