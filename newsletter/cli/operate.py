"""Operations: bring the schema up to date, ring the tick by hand."""

import typer

from newsletter.cli.session import DataDir, open_services
from newsletter.schedule.tick import tick as look
from newsletter.services import now


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(migrate)
    app.command()(tick)


def migrate(data: DataDir = None) -> None:
    """Bring the database's schema to this version; does nothing where it is."""
    with open_services(data):
        typer.echo("The schema is up to date.")


def tick(data: DataDir = None) -> None:
    """Do once what beat rings for every half minute: create what is due, and ring for all that waits."""
    with open_services(data) as services:
        with services.database.transaction() as connection:
            bells = look(connection, now())
        services.ringer.ring(bells)
        typer.echo(f"{len(bells)} bell{'' if len(bells) == 1 else 's'} rung.")
