"""``newsletter suppressions``: whom we never mail, and why."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.arguments import Address
from newsletter.cli.readers_exchange import InFile, OutFile, opened
from newsletter.cli.session import AsJson, DataDir, open_services
from newsletter.errors import NotFoundError
from newsletter.readers.exchange.refusals import open_refusals
from newsletter.readers.exchange.suppression_files import export_suppressions, import_suppressions
from newsletter.readers.suppressions import lift, list_suppressions, suppress
from newsletter.readers.tables import SuppressionReason
from newsletter.services import now

app = typer.Typer(no_args_is_help=True)


class Reason(StrEnum):
    """Why an operator may suppress an address."""

    MANUAL = "manual"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


Why = Annotated[Reason, typer.Option("--reason", help="Why they are not mailed.")]
Detail = Annotated[str, typer.Option("--detail", help="What was said, for whoever looks at it later.")]
Rejected = Annotated[
    Path | None, typer.Option("--rejected", help="Write the lines not taken there, with reasons.")
]


@app.command("list")
def list_all(data: DataDir = None, as_json: AsJson = False) -> None:
    """List whom we never mail; of erased readers only that there is one."""
    with open_services(data) as services, services.database.transaction() as connection:
        for each in list_suppressions(connection):
            ends = each.expires_at.isoformat() if each.expires_at else None
            row = {
                "address": each.canonical_address,
                "reason": each.reason,
                "detail": each.detail,
                "since": each.created_at.isoformat(),
                "until": ends,
            }
            if as_json:
                typer.echo(json.dumps(row, ensure_ascii=False))
            else:
                until = f", until {each.expires_at:%Y-%m-%d}" if each.expires_at else ""
                said = f"  {each.detail}" if each.detail else ""
                typer.echo(f"{each.told}: {each.reason} since {each.created_at:%Y-%m-%d}{until}{said}")


@app.command()
def add(address: Address, reason: Why = Reason.MANUAL, detail: Detail = "", data: DataDir = None) -> None:
    """Never mail an address again."""
    with open_services(data) as services, services.database.transaction() as connection:
        is_news = suppress(connection, address, SuppressionReason(reason), detail, now())
    typer.echo(f"{address} is not mailed any more." if is_news else f"{address} was suppressed already.")


@app.command("lift")
def lift_one(address: Address, data: DataDir = None) -> None:
    """Let an address be mailed again, also one whose reader was erased."""
    with open_services(data) as services, services.database.transaction() as connection:
        if not lift(connection, services.tokens, address):
            raise NotFoundError(f"{address} is not suppressed.", "`newsletter suppressions list` shows who is.")
    typer.echo(f"{address} may be mailed again.")


@app.command("import")
def import_file(
    file: InFile,
    reason: Why = Reason.MANUAL,
    rejected: Rejected = None,
    data: DataDir = None,
) -> None:
    """Suppress every address of a CSV file; a reason, detail, created_at or expires_at in it is kept."""
    with open_services(data) as services, open_refusals(rejected, 0) as refusals:
        count = import_suppressions(services.database, file, SuppressionReason(reason), refusals, now())
    typer.echo(f"{count} lines were taken in.")
    for each in refusals.examples:
        typer.echo(f"line {each.line}: {each.address} {each.reason}")


@app.command("export")
def export_file(out: OutFile = None, data: DataDir = None) -> None:
    """Write whom we never mail as CSV; erased readers by their keyed hash."""
    with open_services(data) as services, services.database.transaction() as connection, opened(out) as file:
        count = export_suppressions(connection, file)
    typer.echo(f"{count} suppressions.", err=True)
