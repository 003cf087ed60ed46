"""An installation of the benchmark's own: servers, schema and worker in a folder that is gone afterwards."""

import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from kombu.exceptions import OperationalError

from newsletter.broker import QUEUES, create_broker
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.errors import EmbeddedError
from newsletter.local.commands import COMMANDS, Part
from newsletter.local.launch import Child, tail
from newsletter.local.stack import LocalStack
from newsletter.schema import migrate
from newsletter.services import Services

_SECRET = "only-for-the-benchmark-0123456789abcdef"  # noqa: S105 — its links lead nowhere
_WORKER_PATIENCE = 60.0
_LOOK = 0.1


@dataclass(frozen=True, slots=True)
class Installation:
    """What is running, and where its files are."""

    stack: LocalStack
    services: Services
    folder: Path

    @property
    def log(self) -> Path:
        """The worker's log."""
        return self.folder / "logs" / "worker.log"

    def pid_of(self, part: Part) -> int:
        """Return the first process of a part. Raises EmbeddedError when it did not survive."""
        status = next(each for each in self.stack.status() if each.name == part.value)
        if not status.alive or status.restarts:
            raise EmbeddedError(f"The {part.value} ended during the benchmark.\n{tail(self.log)}")
        return status.pid


@contextmanager
def installed(
    relay: str, parts: Collection[Part], *, workers: int = 1, profiled: bool = False
) -> Iterator[Installation]:
    """Start PostgreSQL and Valkey, and where wanted a worker of this many children; leave nothing behind.

    Everything else is as the environment says, so that any setting can be measured. Raises EmbeddedError when a
    part does not start, SettingsError for a setting that cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-", ignore_cleanup_errors=True) as folder:
        settings = Settings.from_environment(
            database_url="",
            redis_url="",
            smtp_url=relay,
            secret_key=_SECRET,
            public_url="https://news.lantern.example",
            data_dir=Path(folder),
            templates_dir=None,
            sample=False,
            mailbox_dir=None,
            log_level="WARNING",
        )

        def worker(_settings: Settings) -> Child:
            return _worker(workers, "newsletter.bench.profiled" if profiled else "worker")

        commands = {**COMMANDS, Part.WORKER: worker}
        with LocalStack(settings, {Part.SERVERS, *parts}, _migrate, commands=commands) as stack:
            services = Services(stack.settings)
            try:
                installation = Installation(stack, services, Path(folder))
                if Part.WORKER in parts:
                    _wait_for_worker(installation)
                yield installation
            finally:
                services.close()


def _worker(children: int, app: str) -> Child:
    words = ("-A", app, "worker", "--pool", "prefork", "--concurrency", str(children), "-l", "WARNING")
    return Child(
        Part.WORKER.value,
        "celery",
        (*words, "--hostname", "bench@%h", "--queues", ",".join(QUEUES)),
        grace=timedelta(seconds=15),
    )


def _migrate(settings: Settings) -> None:
    Services(settings).check()
    database = Database(settings.database_url.get_secret_value())
    try:
        migrate(database)
    finally:
        database.close()


def _wait_for_worker(installation: Installation) -> None:
    broker = create_broker(installation.stack.settings.redis_url.get_secret_value())
    deadline = time.monotonic() + _WORKER_PATIENCE
    while time.monotonic() < deadline:
        installation.pid_of(Part.WORKER)
        try:
            if broker.control.ping(timeout=0.5):
                return
        except (OperationalError, OSError):
            time.sleep(_LOOK)
    raise EmbeddedError(f"The worker did not answer.\n{tail(installation.log)}", "Try again on a quieter machine.")
