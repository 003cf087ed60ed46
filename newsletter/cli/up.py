"""``newsletter up``: everything on this machine, and the first edition at once."""

import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, NoReturn

import sqlalchemy as sa
import typer

from newsletter.admins.store import ensure_admin
from newsletter.cli.arguments import read_mailable
from newsletter.cli.first_run import DEFAULT_SLUG, add_sample_readers, find_or_seed, follow_site
from newsletter.cli.receipt import print_receipt
from newsletter.cli.run_edition import Watch, add_addresses, put_feeds, run_edition
from newsletter.cli.session import DataDir, check_given, migrate_database, read_settings
from newsletter.config import Settings
from newsletter.edition.plan import EditionRequest
from newsletter.edition.store import list_editions
from newsletter.gather.polling.sources import attach_source
from newsletter.local.folder import write_private
from newsletter.local.stack import LocalStack, Part
from newsletter.publication.newsletters import Newsletter, list_newsletters
from newsletter.schedule.request import request_edition
from newsletter.schedule.verdict import VerdictKind
from newsletter.services import Services, now

ADMIN = "admin@example.org"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(up)


def up(
    feed: Annotated[list[str], typer.Option(help="Gather from this address too; repeatable.")] = [],
    to: Annotated[
        list[str],
        typer.Option(parser=read_mailable, metavar="ADDRESS", help="Subscribe this address; repeatable."),
    ] = [],
    data: DataDir = None,
) -> None:
    """Start servers, worker, beat, web and mailbox; send the first edition; stop it all with Ctrl-C."""
    settings = read_settings(data)
    check_given(settings)
    with _interrupted_by_signals(), LocalStack(settings, set(Part), migrate_database) as stack:
        services = Services(stack.settings)
        try:
            _welcome(services)
            _first_edition(services, feed, to)
            typer.echo("Running. Ctrl-C stops everything.")
            while True:
                signal.pause()
        except KeyboardInterrupt:
            typer.echo("\nStopping.")
        finally:
            services.close()


def _welcome(services: Services) -> None:
    settings = services.settings
    site = settings.public_url.rstrip("/")
    typer.echo(f"Newsletter is up at {site}/ (data in {settings.data_dir}).")
    password = secrets.token_urlsafe(12)
    kept = settings.data_dir / "console-password"
    with services.database.transaction() as connection:
        if ensure_admin(connection, ADMIN, password):
            write_private(kept, f"{password}\n")
    if kept.is_file():
        typer.echo(f"  Console:  {site}/console  as {ADMIN}, password {kept.read_text().strip()}")
    if settings.mailbox_dir:
        typer.echo(f"  Mailbox:  {site}/mailbox  (all mail stays on this machine)")
    if settings.inbound_domain:
        typer.echo(f"  LMTP:     {settings.lmtp_host}:{settings.lmtp_port}  (mail to {settings.inbound_domain})")


def _first_edition(services: Services, feeds: list[str], addresses: list[str]) -> None:
    """Send the first edition where mail stays on this machine, and to those named by ``--to`` anywhere."""
    with services.database.transaction() as connection:
        found, is_seeded = _choose_newsletter(connection, feeds, services.settings)
        if found is None:
            typer.echo("No newsletter yet: `newsletter newsletters add`, then `newsletter sources add`.")
            return
        follow_site(connection, services.settings)
        for source_id in put_feeds(connection, feeds):
            attach_source(connection, found.id, source_id)
        add_addresses(connection, services.tokens, found.id, addresses)
        if is_seeded and not addresses:
            add_sample_readers(connection, found.id, services.settings, now())
        is_first = not list_editions(connection, limit=1)
    if not addresses and not (is_first and services.settings.mailbox_dir):
        return
    request = EditionRequest(
        newsletter_id=found.id,
        edition_on=now().astimezone(found.timezone).date(),
        due_at=now(),
        requested_by="newsletter up",
    )
    watch = Watch(timedelta(minutes=5), lambda line: typer.echo(f"  {line}"))
    told = run_edition(services, lambda connection: request_edition(connection, request, now()), watch)
    print_receipt(told)
    if told["verdict"] == VerdictKind.SENT:
        _say_where(services.settings, told["deliveries"].get("accepted", 0), is_first=is_first)


def _choose_newsletter(
    connection: sa.Connection, feeds: list[str], settings: Settings
) -> tuple[Newsletter | None, bool]:
    """Return the newsletter to start with, if any, and whether it was made for that."""
    known = list_newsletters(connection)
    if not known and not feeds and not settings.sample:
        return None, False
    if known and DEFAULT_SLUG not in {each.slug for each in known}:
        return known[0], False
    return find_or_seed(connection, DEFAULT_SLUG, feeds, settings)


def _say_where(settings: Settings, accepted: int, *, is_first: bool) -> None:
    which = "The first edition" if is_first else "Today's edition"
    readers = "1 reader" if accepted == 1 else f"{accepted} readers"
    typer.echo(f"\n{which} was accepted for {readers}.")
    if settings.mailbox_dir:
        typer.echo(f"Read it: {settings.public_url.rstrip('/')}/mailbox")


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Let a service manager's SIGTERM and a closed terminal stop us in the same order as Ctrl-C.

    SIGINT is named too, because a shell starts what it puts in the background with SIGINT ignored.
    """

    def interrupt(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    yield
