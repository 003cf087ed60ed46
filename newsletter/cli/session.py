"""How a command reaches the installation: the operator's servers, a running ``newsletter up``, or its own.

A command never asks which: it opens services, works, and leaves things running or stopped as it found them.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from kombu.exceptions import OperationalError

from newsletter import log
from newsletter.broker import create_broker
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery.throttling.operator import read_nameserver
from newsletter.errors import SettingsError
from newsletter.local.environment import changed, completed_by
from newsletter.local.stack import LocalStack, Part
from newsletter.schema import migrate
from newsletter.services import Services

DataDir = Annotated[
    Path | None,
    typer.Option("--data", file_okay=False, help="Where the embedded servers keep their data.", envvar="DATA_DIR"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print machine-readable output and nothing else.")]


_OURS = {
    "DATABASE_URL": "postgresql://127.0.0.1/newsletter",
    "REDIS_URL": "redis://127.0.0.1",
    "SECRET_KEY": "made when the stack is opened, and kept",
}
"""What a stack of our own provides, in a form that is good enough to be looked at."""


def read_settings(data: Path | None) -> Settings:
    """Read the environment, with ``--data`` over it, and start logging."""
    settings = Settings.from_environment(**({"data_dir": data} if data else {}))
    log.set_up(settings.log_level, as_json=settings.log_json)
    if not settings.database_url.get_secret_value() and "sample" not in settings.model_fields_set:
        # A database of our own may hold the sample publication; it is served as long as it may.
        # Only that is filled in: what nobody set must stay open for the stack that is joined.
        settings = completed_by(settings, {"SAMPLE": "true"})
    return settings


def check_given(settings: Settings) -> None:
    """Look at all that the operator gave before anything is started; what we provide ourselves is not given.

    Raises SettingsError naming what cannot be used.
    """
    ours = {name: value for name, value in _OURS.items() if not getattr(settings, name.lower()).get_secret_value()}
    services = Services(changed(settings, ours))
    try:
        services.check()
        read_nameserver(settings.operator_dns)
        if settings.journal and settings.journal != "redis":
            # Asking for the folder's number makes the folder, and shows that it can be written.
            assert services.journals.identity
    finally:
        services.close()


@contextmanager
def open_stack(settings: Settings, parts: Collection[Part]) -> Iterator[LocalStack]:
    """Join the stack that runs on the data directory, or start these parts for the length of the block."""
    with LocalStack(settings, parts, migrate_database, join=True) as stack:
        yield stack


@contextmanager
def open_services(data: Path | None = None) -> Iterator[Services]:
    """Open the installation's services for one command that needs no worker."""
    with open_stack(read_settings(data), {Part.SERVERS}) as stack:
        services = Services(stack.settings)
        try:
            yield services
        finally:
            services.close()


@contextmanager
def open_mailing(data: Path | None = None, *, needs_site: bool = False) -> Iterator[Services]:
    """Open the services with a worker behind them: one that answers on the broker, or one of our own."""
    settings = read_settings(data)
    check_given(settings)
    parts = {Part.SERVERS, Part.MAILBOX}
    redis_url = settings.redis_url.get_secret_value()
    if not redis_url or not _worker_answers(redis_url):
        parts.add(Part.WORKER)
    if needs_site and settings.sample:
        parts.add(Part.WEB)
    with open_stack(settings, parts) as stack:
        services = Services(stack.settings)
        try:
            yield services
        finally:
            services.close()


def _worker_answers(redis_url: str) -> bool:
    """Whether a worker is there. Raises SettingsError when the broker itself is not."""
    try:
        return bool(create_broker(redis_url).control.ping(timeout=1.0))
    except (OperationalError, OSError) as error:
        raise SettingsError(
            f"The broker cannot be reached: {str(error).rstrip('.')}.",
            "Check REDIS_URL and that the server is running.",
        ) from None


def migrate_database(settings: Settings) -> None:
    """Bring the schema up to date before anything uses it."""
    database = Database(settings.database_url.get_secret_value())
    try:
        migrate(database)
    finally:
        database.close()
