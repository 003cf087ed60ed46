"""``newsletter readers``: add a reader on the operator's word, show one."""

from typing import Annotated

import typer

from newsletter.cli.arguments import Address, NewsletterName
from newsletter.cli.run_edition import add_addresses
from newsletter.cli.session import DataDir, open_services
from newsletter.errors import NotFoundError
from newsletter.insight.figures import reader_history
from newsletter.publication.newsletters import get_newsletter
from newsletter.readers.store import find_reader, set_zone
from newsletter.readers.tables import SubscriptionState

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    newsletter: NewsletterName,
    address: Address,
    zone: Annotated[
        str | None,
        typer.Option(
            help="The reader's own IANA time zone, for newsletters with reader_hours; '' = the newsletter's."
        ),
    ] = None,
    data: DataDir = None,
) -> None:
    """Put a reader who agreed on a newsletter; one who unsubscribed stays unsubscribed."""
    with open_services(data) as services, services.database.transaction() as connection:
        (subscription_id,) = add_addresses(connection, get_newsletter(connection, newsletter).id, [address])
        if zone is not None:
            set_zone(connection, subscription_id, zone)
        standing = dict(find_reader(connection, address))
        for slug, state in standing.items():
            typer.echo(f"{slug}: {state}")
        if standing[newsletter] not in {SubscriptionState.ACTIVE, SubscriptionState.PAUSED}:
            where = f"{services.settings.public_url.rstrip('/')}/"
            typer.echo(
                f"They left {newsletter}, and were not added: only they can come back, with the form at {where} "
                "and the mail that it sends them."
            )


@app.command()
def show(address: Address, data: DataDir = None) -> None:
    """Show where a reader stands with each newsletter, and what became of the latest editions for them."""
    with open_services(data) as services, services.database.transaction() as connection:
        found = find_reader(connection, address)
        history = reader_history(connection, address)
    if not found:
        raise NotFoundError("No reader has this address.", "`newsletter readers add` adds one.")
    for slug, state in found:
        typer.echo(f"{slug}: {state}")
    for each in history:
        typer.echo(f"  {each.newsletter}/{each.key}: {each.outcome}  {each.reply}".rstrip())
