"""The parts of a stack and the command that runs each."""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from newsletter.broker import QUEUES
from newsletter.config import Settings
from newsletter.local.launch import Child


class Part(Enum):
    """What one machine needs to run the product."""

    SERVERS = "servers"
    MAILBOX = "mailbox"
    WORKER = "worker"
    BEAT = "beat"
    WEB = "web"
    LMTP = "lmtp"
    """Taking in what comes back by mail; only where INBOUND_DOMAIN is set."""


Command = Callable[[Settings], Child]
"""Names the child that runs a part under settings that are complete."""


def servers(data: Path, sockets: Path, without: list[str]) -> Child:
    """Return PostgreSQL and Valkey, less those in ``without``; see ``newsletter.embedded``."""
    left_out = [word for name in without for word in ("--without", name)]
    return Child(
        Part.SERVERS.value,
        "newsletter.embedded",
        ("--data", str(data), "--sockets", str(sockets), *left_out),
        # A database that is killed while it writes to disk makes the next start slow.
        grace=timedelta(seconds=60),
        answers=data / "logs" / "servers.json",
    )


def worker(_settings: Settings) -> Child:
    """Return the Celery worker; it may finish the messages in hand before it ends."""
    return Child(
        Part.WORKER.value,
        "celery",
        (
            *("-A", "worker", "worker", "--concurrency", "4"),
            *("--hostname", f"local-{os.getpid()}@%h", "--queues", ",".join(QUEUES), "-l", "WARNING"),
        ),
        grace=timedelta(seconds=15),
    )


def beat(settings: Settings) -> Child:
    """Return Celery's clock; the data directory's lock stands in for its pid file."""
    schedule = settings.data_dir / "beat" / "schedule"
    schedule.parent.mkdir(mode=0o700, exist_ok=True)
    return Child(
        Part.BEAT.value,
        "celery",
        ("-A", "worker", "beat", "--schedule", str(schedule), "--pidfile=", "-l", "WARNING"),
    )


def web(settings: Settings) -> Child:
    """Return the web server."""
    return Child(
        Part.WEB.value,
        "uvicorn",
        (
            *("newsletter.web.app:from_environment", "--factory", "--host", settings.web_host),
            *("--port", str(settings.web_port), "--log-level", "warning"),
            # TRUSTED_PROXIES alone says whom to believe.
            "--no-proxy-headers",
        ),
    )


def lmtp(_settings: Settings) -> Child:
    """Return the door for mail that comes back."""
    return Child(Part.LMTP.value, "newsletter.cli.lmtp")


COMMANDS: Mapping[Part, Command] = MappingProxyType(
    {Part.WORKER: worker, Part.BEAT: beat, Part.WEB: web, Part.LMTP: lmtp}
)
