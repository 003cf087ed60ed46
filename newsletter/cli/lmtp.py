"""``newsletter lmtp``: the door for mail that comes back, where it runs apart from ``newsletter up``."""

import signal
import threading

import typer

from newsletter import log
from newsletter.cli.session import DataDir, open_services
from newsletter.config import Settings
from newsletter.errors import NewsletterError, SettingsError
from newsletter.inbound.door.lmtp import Porter, listening
from newsletter.services import Services, now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(lmtp)


def lmtp(data: DataDir = None) -> None:
    """Take in mail for INBOUND_DOMAIN over LMTP, on LMTP_HOST and LMTP_PORT, until Ctrl-C."""
    with open_services(data) as services:
        serve(services)


def serve(services: Services) -> None:
    """Take in mail until this process is told to end. Raises SettingsError where it cannot listen."""
    settings = services.settings
    if not settings.inbound_domain:
        raise SettingsError("INBOUND_DOMAIN is not set.", "Set it to the domain whose mail comes back to us.")
    porter = Porter(services.database, services.ringer, settings.inbound_domain, now)
    ends = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ends.set())
    with listening(porter, settings.lmtp_host, settings.lmtp_port):
        typer.echo(f"Taking in mail for {settings.inbound_domain} on {settings.lmtp_host}:{settings.lmtp_port}.")
        ends.wait()


def serve_environment() -> None:
    """Take in mail under the environment's settings alone; for `newsletter up`, whose part this is."""
    try:
        settings = Settings.from_environment()
        log.set_up(settings.log_level, as_json=settings.log_json)
        serve(Services(settings))
    except NewsletterError as error:
        raise SystemExit(f"newsletter: {error}") from None


if __name__ == "__main__":
    serve_environment()
