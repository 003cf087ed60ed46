"""``pause``, ``resume`` and ``cancel``: they act on running workers within one message."""

from typing import Annotated

import typer

from newsletter.bell import Bell, TaskName
from newsletter.cli.arguments import EditionName
from newsletter.cli.session import DataDir, open_services
from newsletter.delivery import control
from newsletter.edition import store
from newsletter.services import now

Reason = Annotated[str, typer.Option(help="Kept with the edition and shown to everybody.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(pause)
    app.command()(resume)
    app.command()(cancel)


def pause(edition: EditionName, reason: Reason = "Paused by the operator.", data: DataDir = None) -> None:
    """Begin no further message of an edition that is being sent."""
    with open_services(data) as services, services.database.transaction() as connection:
        found = store.find_edition(connection, edition)
        control.pause(connection, found.id, reason)
        typer.echo(f"{found.name} is paused. `newsletter resume {found.name}` goes on.")


def resume(edition: EditionName, data: DataDir = None) -> None:
    """Go on with a paused edition."""
    with open_services(data) as services:
        with services.database.transaction() as connection:
            found = store.find_edition(connection, edition)
            control.resume(connection, found.id)
        services.ringer.ring([Bell(TaskName.ADVANCE_EDITION, found.id)])
        typer.echo(f"{found.name} goes on.")


def cancel(edition: EditionName, reason: Reason = "Cancelled by the operator.", data: DataDir = None) -> None:
    """End an edition for good: what was not begun is never sent."""
    with open_services(data) as services, services.database.transaction() as connection:
        found = store.find_edition(connection, edition)
        control.cancel(connection, found.id, reason, now())
        typer.echo(f"{found.name} is cancelled.")
