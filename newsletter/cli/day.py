"""``newsletter day``: one whole digest now, from gathering to the receipt."""

import json
from datetime import timedelta
from typing import Annotated

import typer

from newsletter.cli.arguments import EditionDate, NewsletterName, Wait, date_of, read_mailable
from newsletter.cli.first_run import add_sample_readers, find_or_seed
from newsletter.cli.receipt import is_settled, print_receipt
from newsletter.cli.run_edition import Watch, add_addresses, put_feeds, run_edition
from newsletter.cli.session import AsJson, DataDir, open_mailing
from newsletter.edition.plan import EditionRequest
from newsletter.schedule.request import request_edition
from newsletter.services import now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(day)


def day(
    newsletter: NewsletterName,
    feed: Annotated[list[str], typer.Option(help="Gather from this address or file only; repeatable.")] = [],
    to: Annotated[
        list[str],
        typer.Option(
            parser=read_mailable,
            metavar="ADDRESS",
            help="Subscribe this address, on your word, and send to it only; repeatable.",
        ),
    ] = [],
    date: EditionDate = None,
    wait: Wait = 300,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Gather, choose, render and send one edition now, and print its receipt.

    The edition of a date is made once: asked for again, it goes only to readers who joined since. Exits with 0
    only if every delivery settled, or there was rightly nothing to send.
    """
    with open_mailing(data, needs_site=not feed) as services:
        with services.database.transaction() as connection:
            found, is_seeded = find_or_seed(connection, newsletter, feed, services.settings)
            if is_seeded and not to:
                add_sample_readers(connection, found.id, services.settings, now())
            request = EditionRequest(
                newsletter_id=found.id,
                edition_on=date_of(found, date, now()),
                due_at=now(),
                requested_by="command line",
                source_ids=put_feeds(connection, feed) if feed else None,
                subscription_ids=add_addresses(connection, services.tokens, found.id, to) if to else None,
            )
        watch = Watch(timedelta(seconds=wait), lambda line: typer.echo(line, err=True))
        told = run_edition(services, lambda connection: request_edition(connection, request, now()), watch)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        print_receipt(told)
    raise typer.Exit(0 if is_settled(told) else 1)
