"""``newsletter readers erase``: forget all that we know of an address."""

import json
from typing import Annotated

import typer

from newsletter.cli.arguments import Address
from newsletter.cli.session import AsJson, DataDir, open_services
from newsletter.errors import ConflictError
from newsletter.insight.erasure import erase_reader
from newsletter.readers.address import canonical_address
from newsletter.services import now

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for the address once more.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(erase)


def erase(address: Address, yes: Yes = False, data: DataDir = None, as_json: AsJson = False) -> None:
    """Erase every row that tells of a reader; a keyed hash stays, so that nobody else puts them back."""
    if not yes:
        _ask(address)
    with open_services(data) as services, services.database.transaction() as connection:
        gone = erase_reader(connection, services.tokens, address, now())
    if as_json:
        typer.echo(json.dumps(gone))
        return
    for table, count in gone.items():
        typer.echo(f"{table}: {count}")
    typer.echo(
        "Erased. Backups still hold what they held: erase again after restoring one. Only the reader can come "
        "back, with the form."
    )


def _ask(address: str) -> None:
    """Let the operator type the address again. Raises ConflictError when it is another."""
    typed = typer.prompt(f"This erases all that is known of {address}, for ever. Type the address", err=True)
    if canonical_address(typed.strip()) != canonical_address(address):
        raise ConflictError("That is another address; nothing was erased.", "Type it again, or use --yes.")
