"""``newsletter preflight``: look at an edition, or at a message in a file, as is done before every sending."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from newsletter.bell import Bell, TaskName
from newsletter.cli.arguments import read_edition
from newsletter.cli.inspected import titled_table
from newsletter.cli.session import AsJson, DataDir, open_services
from newsletter.config import Settings
from newsletter.edition import store
from newsletter.errors import SettingsError
from newsletter.gather.http.network import FetchPolicy
from newsletter.preflight.alive import Scout
from newsletter.preflight.check import preflight_edition
from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, Outcome, by_severity, worst
from newsletter.preflight.inspect import inspect
from newsletter.services import now

_MOST_BYTES = 30_000_000
_STYLES = {Outcome.PASS: "green", Outcome.WARN: "yellow", Outcome.BLOCK: "red"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(preflight)


def read_what(text: str) -> str | Path:
    """Return the file of a message, or an edition's name. Raises BadParameter for what is neither."""
    path = Path(text)
    return path if path.suffix.lower() == ".eml" or path.is_file() else read_edition(text)


def preflight(
    what: Annotated[
        str,
        typer.Argument(
            parser=read_what, metavar="EDITION_OR_FILE", help="An edition, or the .eml file of a message."
        ),
    ],
    offline: Annotated[
        bool, typer.Option("--offline", help="Of a file: do not ask whether links and pictures are there.")
    ] = False,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Check what readers would get, and say how to mend it. Exits with 1 if something blocks a sending.

    A file is looked at without any database; what is found of an edition is kept, and it goes on if it was held.
    """
    findings = _of_file(what, asks=not offline) if isinstance(what, Path) else _of_edition(str(what), data)
    if as_json:
        told = {"outcome": worst(findings), "findings": [each.as_json() for each in findings]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        _print(str(what), findings)
    raise typer.Exit(1 if worst(findings) is Outcome.BLOCK else 0)


def _of_file(path: Path, *, asks: bool) -> Sequence[Finding]:
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= _MOST_BYTES else b""
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.", "Name the file of a message.") from None
    if not raw:
        what = "is empty" if not size else f"has {size:,} bytes, which is no mail"
        raise SettingsError(f"{path} {what}.", "Name the file of a message.")
    settings = Settings.from_environment()
    # Whose message it is nobody says: it is judged as one for the world.
    scout = Scout(FetchPolicy.from_settings(settings)) if asks else None
    return inspect(raw, Expected(), scout)


def _of_edition(name: str, data: Path | None) -> Sequence[Finding]:
    with open_services(data) as services:
        with services.database.transaction() as connection:
            found = store.find_edition(connection, name)
        policy = services.manners.policy
        checked = preflight_edition(services.post, policy, found.id, now, again=True)
        services.ringer.ring([Bell(TaskName.ADVANCE_EDITION, found.id)])
    return checked.findings if checked else ()


def _print(name: str, findings: Sequence[Finding]) -> None:
    table = titled_table(name, ("", "Check", "What", "How to mend it"))
    for each in by_severity(findings):
        where = f"\n[dim]{escape(each.where)}[/dim]" if each.where else ""
        check = f"{each.check} ({each.language})" if each.language else each.check
        colour = _STYLES[each.outcome]
        table.add_row(
            f"[{colour}]{each.outcome}[/{colour}]", escape(check), f"{escape(each.what)}{where}", escape(each.mend)
        )
    Console().print(table)
