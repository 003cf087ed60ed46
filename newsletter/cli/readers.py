"""``newsletter readers``: add a reader on the operator's word, show one."""

from typing import Annotated

import typer

from newsletter.cli.run_edition import add_addresses
from newsletter.cli.session import DataDir, open_services
from newsletter.cli.steps import NewsletterName
from newsletter.errors import NotFoundError
from newsletter.insight.figures import reader_history
from newsletter.publication.newsletters import get_newsletter
from newsletter.readers.address import read_address
from newsletter.readers.store import find_reader

app = typer.Typer(no_args_is_help=True)

Address = Annotated[str, typer.Argument(help="The reader's address.")]


@app.command()
def add(newsletter: NewsletterName, address: Address, data: DataDir = None) -> None:
    """Put a reader who agreed on a newsletter; one who unsubscribed stays unsubscribed."""
    with open_services(data) as services, services.database.transaction() as connection:
        add_addresses(connection, get_newsletter(connection, newsletter).id, [address])
        for slug, state in find_reader(connection, read_address(address)):
            typer.echo(f"{slug}: {state}")


@app.command()
def show(address: Address, data: DataDir = None) -> None:
    """Show where a reader stands with each newsletter, and what became of the latest editions for them."""
    with open_services(data) as services, services.database.transaction() as connection:
        found = find_reader(connection, read_address(address))
        history = reader_history(connection, read_address(address))
    if not found:
        raise NotFoundError("No reader has this address.", "`newsletter readers add` adds one.")
    for slug, state in found:
        typer.echo(f"{slug}: {state}")
    for each in history:
        typer.echo(f"  {each.newsletter}/{each.key}: {each.outcome}  {each.reply}".rstrip())
