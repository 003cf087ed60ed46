"""A whole installation for a test: ``newsletter up`` on ports and a data directory of its own."""

import contextlib
import email
import email.policy
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

PATIENCE = 120.0
_TOMORROW = """<?xml version="1.0"?><rss version="2.0"><channel><title>Tomorrow's paper</title>
<link>https://tomorrow.example/</link><description>x</description>
{}</channel></rss>"""
_ARTICLE = "<item><title>{0}</title><link>https://tomorrow.example/{1}</link><guid>{1}</guid></item>"
_HEADLINES = ("Rain is coming from the west", "Markets close early", "Mayor opens the new bridge")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Installation:
    """A running ``newsletter up``: its address, its data directory, and the commands beside it."""

    url: str
    data: Path
    environment: dict[str, str]
    process: subprocess.Popen[str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a ``newsletter`` command in another process, as another terminal would."""
        command = [sys.executable, "-m", "newsletter", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def run_json(self, *arguments: str) -> Any:
        """Run a command that must succeed and return what it printed."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def send_tomorrows(self) -> Any:
        """Send the edition of tomorrow already, made of three new articles; return what is told of it."""
        feed = self.data / "tomorrow.xml"
        feed.write_text(_TOMORROW.format("".join(_ARTICLE.format(each, n) for n, each in enumerate(_HEADLINES))))
        tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
        told = self.run_json("day", "daily", "--date", tomorrow, "--feed", str(feed))
        assert "sent" == told["verdict"]
        return told

    def mail_to(self, address: str, *, subject: str = "") -> list[EmailMessage]:
        """Return the messages to an address whose subject contains some words, oldest first."""
        found = []
        for path in sorted((self.data / "mailbox").glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            if address in str(message["To"]) and subject in str(message["Subject"]):
                found.append(message)
        return found

    def wait_for_mail(self, address: str, *, subject: str = "") -> EmailMessage:
        """Return the first such message once it is there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := self.mail_to(address, subject=subject):
                return found[0]
            time.sleep(0.1)
        raise AssertionError(f"no mail to {address} about {subject!r}")


@contextlib.contextmanager
def installation(data: Path, **settings: str) -> Iterator[Installation]:
    """Start ``newsletter up`` under some settings, wait until it says that it runs, and stop it with Ctrl-C."""
    web, mailbox = free_port(), free_port()
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    own = {"DATA_DIR": str(data), "WEB_PORT": str(web), "MAILBOX_PORT": str(mailbox)}
    environment = {**kept, **own, **settings}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "newsletter", "up"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    told: list[str] = []
    try:
        for line in process.stdout:
            told.append(line)
            if line.startswith("Running."):
                break
        else:
            raise AssertionError("".join(told))
        yield Installation(f"http://localhost:{web}", data, environment, process)
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE)
        sys.stdout.write("".join([*told, rest]))
