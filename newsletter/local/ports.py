"""Say which port is taken before a server stumbles over it in its own words."""

import errno
import socket

from newsletter.errors import EmbeddedError

_LARGEST_PORT = 65_535


def check_free(host: str, port: int, setting: str) -> None:
    """Raise EmbeddedError unless this process could listen on ``host:port``; ``setting`` names the port's.

    The port is opened and closed again at once, so another process may still take it in between.
    """
    try:
        if not 1 <= port <= _LARGEST_PORT:
            raise EmbeddedError(f"{setting} is {port}, which is no port.", f"Set {setting} to 1 to 65535.")
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as opened:
            # As the servers do; without it, connections of a server just ended would keep the port taken.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
            opened.listen(1)
    except OSError as error:
        raise EmbeddedError(*_explain(error, host, port, setting)) from error


def answers(host: str, port: int) -> bool:
    """Return whether something accepts connections on ``host:port``."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 — compared
    try:
        with socket.create_connection((reachable, port), timeout=1):
            return True
    except OSError:
        return False


def _explain(error: OSError, host: str, port: int, setting: str) -> tuple[str, str]:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use.", f"Stop what uses it, or set {setting}."
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} needs more rights than this account has.", f"Set {setting} above 1023."
    return (
        f"Port {port} on {host} cannot be opened: {error.strerror or error}.",
        f"{host} must be an address of this machine; see {setting.replace('PORT', 'HOST')} and {setting}.",
    )
