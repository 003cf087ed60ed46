"""``newsletter admin``: who may work in the console."""

import sys
from typing import Annotated

import typer

from newsletter.admins.password import SHORTEST
from newsletter.cli.session import DataDir, open_services

app = typer.Typer(help="Who may work in the console.", no_args_is_help=True)


@app.callback()
def admin() -> None:
    """Who may work in the console."""


@app.command()
def create(
    address: Annotated[str, typer.Argument(help="The address to log in with.")],
    data: DataDir = None,
    *,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from the first line of input.")] = False,
) -> None:
    """Create an admin; the password is asked for twice and not shown."""
    from newsletter.admins.store import create_admin

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _ask()
    with open_services(data) as services, services.database.transaction() as connection:
        create_admin(connection, address, password)
    typer.echo(f"{address} may log in at {services.settings.public_url.rstrip('/')}/console")


def _ask() -> str:
    question = f"Password (at least {SHORTEST} characters)"
    return str(typer.prompt(question, hide_input=True, confirmation_prompt=True))
