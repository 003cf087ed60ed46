"""The local mailbox: a relay that keeps all mail on this machine.

It makes a first day safe: whatever the service submits lands in a folder, one file a message, and nothing
reaches a reader.
"""

import asyncio
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from newsletter.errors import EmbeddedError
from newsletter.local.ports import check_free

LARGEST_MESSAGE = 30_000_000
"""Bytes; above the 25 MB that large mailbox hosts take, so that this relay is never the first to refuse."""
NAME_TIME = "%Y%m%dT%H%M%S%fZ"


class LocalMailbox:
    """Listens on ``host:port`` in a thread and stores every message in ``folder``.

    Takes 8BITMIME and SMTPUTF8 (RFC 6152, RFC 6531) and messages up to 30 MB. A context manager that stops
    on leaving. ``start`` raises EmbeddedError when the port is in use or the folder cannot be written.
    """

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self.folder = folder
        self.host = host
        self.port = port
        self._controller: Controller | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to listen."""
        check_free(self.host, self.port, "MAILBOX_PORT")
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            controller = Controller(
                _Keeper(self.folder),
                hostname=self.host,
                port=self.port,
                data_size_limit=LARGEST_MESSAGE,
                enable_SMTPUTF8=True,
                decode_data=False,
            )
            controller.start()
        except (OSError, TimeoutError) as error:
            raise EmbeddedError(
                f"The local mailbox did not start on {self.host}:{self.port} with {self.folder}: {error}.",
                "Set MAILBOX_PORT or DATA_DIR, or set SMTP_URL to a relay of your own.",
            ) from error
        self._controller = controller

    def stop(self) -> None:
        """Stop listening; what has been stored stays."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


def store(folder: Path, envelope_from: str, envelope_to: list[str], source: bytes, now: datetime) -> Path:
    """Write a message with its envelope in two headers before its own, and return the file.

    The file appears under its name only when it is whole. ``now`` is in UTC. Raises OSError.
    """
    path = folder / f"{now.strftime(NAME_TIME)}-{secrets.token_hex(4)}.eml"
    envelope = f"X-Envelope-From: {_line(envelope_from)}\r\nX-Envelope-To: {_line(', '.join(envelope_to))}\r\n"
    unfinished = path.with_suffix(".part")
    try:
        unfinished.write_bytes(envelope.encode("utf-8", "surrogateescape") + source)
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise
    return path


def _line(value: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", "", value)


class _Keeper:
    """aiosmtpd's handler; its method's name and arguments are aiosmtpd's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 — aiosmtpd's hook
        source = envelope.content
        assert isinstance(source, bytes)
        try:
            path = await asyncio.to_thread(
                store,
                self._folder,
                envelope.mail_from or "",
                [str(address) for address in envelope.rcpt_tos],
                source,
                datetime.now(UTC),
            )
        except OSError as error:
            return f"452 4.3.1 Cannot store the message: {error.strerror}"
        return f"250 2.0.0 Kept as {path.name}"
