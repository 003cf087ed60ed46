"""Messages that the pipeline really sent, kept as files, so that every contender submits the very same octets."""

import json
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.relays import free_port

KEPT = 64


class _Keeper:
    """Keeps each message as a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.count = 0

    async def handle_DATA(self, _relay: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 — its name
        content = envelope.content
        assert isinstance(content, bytes)
        (self._folder / f"{self.count:03}.eml").write_bytes(content)
        self.count += 1
        return "250 2.0.0 kept"


def keep_messages(folder: Path) -> int:
    """Let the pipeline send its edition to a few readers, keep their messages, and return the size of one."""
    folder.mkdir()
    keeper = _Keeper(folder)
    port = free_port()
    relay = Controller(keeper, hostname="127.0.0.1", port=port, server_kwargs={"data_size_limit": None})
    relay.start()
    try:
        words = ["bench", "send", "--recipients", str(KEPT), "--relay", f"smtp://127.0.0.1:{port}", "--json"]
        subprocess.run([sys.executable, "-m", "newsletter", *words], check=True, stdout=subprocess.DEVNULL)
    finally:
        relay.stop()
    files = sorted(folder.glob("*.eml"))
    (folder / "parts.json").write_text(json.dumps([_parts(file.read_bytes()) for file in files]))
    return files[0].stat().st_size


def _parts(content: bytes) -> dict[str, Any]:
    """Return what a library that composes messages itself is told of one."""
    message = message_from_bytes(content, policy=policy.SMTP)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    own = ("list-id", "list-unsubscribe", "list-unsubscribe-post", "list-archive", "feedback-id", "precedence")
    return {
        "from": str(message["From"]),
        "to": str(message["To"]),
        "subject": str(message["Subject"]),
        "messageId": str(message["Message-ID"]),
        "headers": {name: str(message[name]) for name in own if message[name]},
        "text": text.get_content(),
        "html": html.get_content(),
    }
