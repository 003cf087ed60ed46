"""``newsletter readers import`` and ``export``: readers in and out as CSV."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from newsletter.cli.arguments import read_slug
from newsletter.cli.session import AsJson, DataDir, open_services
from newsletter.errors import SettingsError
from newsletter.publication.newsletters import get_newsletter
from newsletter.readers.exchange.exporting import export_readers
from newsletter.readers.exchange.importing import Import, ImportOrder, Measured, begin, measure
from newsletter.readers.exchange.refusals import open_refusals
from newsletter.readers.exchange.taking_in import Terms
from newsletter.readers.tables import SubscriptionState
from newsletter.services import Services, now

_LONGEST_SOURCE = 200


class Format(StrEnum):
    """Which program a file is from."""

    AUTO = "auto"
    CSV = "csv"
    LISTMONK = "listmonk"
    MAILCHIMP = "mailchimp"
    GHOST = "ghost"


class Taken(StrEnum):
    """As what readers are taken whose line does not say."""

    ACTIVE = "active"
    UNCONFIRMED = "unconfirmed"


Into = Annotated[
    str, typer.Option("--newsletter", parser=read_slug, metavar="NEWSLETTER", help="The newsletter they read.")
]
Of = Annotated[
    str | None,
    typer.Option("--newsletter", parser=read_slug, metavar="NEWSLETTER", help="Only this newsletter's readers."),
]
InFile = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file with a heading, in UTF-8.")]
OutFile = Annotated[
    Path | None, typer.Option("--out", help="Write there, readable by you alone; else standard output.")
]
Source = Annotated[
    str, typer.Option("--source", help="Where their consent is from, as you would tell them: kept with each.")
]
Maps = Annotated[
    list[str] | None,
    typer.Option(
        "--map", metavar="COLUMN=FIELD", help="Which field a column is; with no field, none. Repeatable."
    ),
]
Shape = Annotated[
    Format, typer.Option("--format", help="The program that wrote the file; auto looks at its heading.")
]
As = Annotated[
    Taken,
    typer.Option(
        "--state",
        help="active: they agreed, and you can show it; unconfirmed: each is mailed and asked to confirm.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")]
Rejected = Annotated[
    Path | None, typer.Option("--rejected", help="Write the lines not taken there, with reasons.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("import")(import_file)
    app.command("export")(export_file)


def import_file(
    file: InFile,
    newsletter: Into,
    source: Source,
    columns: Maps = None,
    shape: Shape = Format.AUTO,
    state: As = Taken.ACTIVE,
    dry_run: DryRun = False,
    rejected: Rejected = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take readers in from a file; nobody who left, is suppressed or was erased comes back by it."""
    given = read_columns(columns or [])
    consent = read_source(source)
    with open_services(data) as services:
        with services.database.transaction() as connection:
            found = get_newsletter(connection, newsletter)
        asks = _apart(services) if state is Taken.UNCONFIRMED else None
        terms = Terms(found.id, consent, now(), asks, is_trial=dry_run)
        order = ImportOrder(file, found, terms, shape.value, given, SubscriptionState(state.value))
        told = _run(services, order, rejected)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _tell(told, rejected)


def export_file(newsletter: Of = None, out: OutFile = None, data: DataDir = None) -> None:
    """Write readers and what they chose as CSV; no spreadsheet takes it for formulas, and import reads it."""
    with open_services(data) as services, services.database.transaction() as connection:
        newsletter_id = get_newsletter(connection, newsletter).id if newsletter else None
        with opened(out) as file:
            count = export_readers(connection, file, newsletter_id)
    typer.echo(f"{count} subscriptions.", err=True)


def read_columns(given: list[str]) -> dict[str, str]:
    """Return which column is which field. Raises BadParameter for what has no equals sign."""
    pairs = [each.rpartition("=") for each in given]
    wrong = [each for each, (column, _, _) in zip(given, pairs, strict=True) if not column.strip()]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r}: write --map 'Their column=address'.")
    return {column.strip(): field.strip() for column, _, field in pairs}


def read_source(given: str) -> str:
    """Return where consent is from. Raises SettingsError for nothing, for too much, and for more than one line."""
    source = given.strip()
    if not source or len(source) > _LONGEST_SOURCE or not source.isprintable():
        raise SettingsError(
            f"--source must say on one line, in at most {_LONGEST_SOURCE} characters, where consent is from.",
            "For example: --source 'Mailchimp audience Daily, form at example.org/news, since 2019'.",
        )
    return source


@contextmanager
def opened(out: Path | None) -> Iterator[TextIO]:
    """Open a file for addresses, which only its owner can read, or standard output. Raises SettingsError."""
    if out is None:
        yield sys.stdout
        return
    try:
        number = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise SettingsError(f"{out} cannot be written: {error.strerror}.", "Check --out.") from None


def _apart(services: Services) -> timedelta:
    """Return the time between two confirmations: half of the hour's places stay free for whoever comes by."""
    return timedelta(hours=1) / max(1, services.settings.confirmations_per_hour // 2)


def _run(services: Services, order: ImportOrder, rejected: Path | None) -> dict[str, Any]:
    """Take the file in with a bar of how far it is, and return what became of it."""
    measured = measure(order)
    standing = begin(services.database, order, measured)
    began_at = standing.position
    with _bar(measured) as bar, open_refusals(rejected, standing.octets) as refusals:
        task = bar.add_task(order.path.name, total=measured.lines, completed=standing.position)
        try:
            for each in Import(services.database, services.tokens, order, standing, refusals).run():
                bar.update(task, completed=each.position)
        except KeyboardInterrupt:
            typer.echo("Stopped between two slices. The same command goes on from there.", err=True)
            raise typer.Exit(130) from None
        bar.update(task, completed=measured.lines)
    return {
        "newsletter": order.newsletter.slug,
        "dry_run": order.terms.is_trial,
        "continued_after_line": began_at,
        "lines": dict(standing.counts),
        "examples": [each._asdict() for each in refusals.examples],
    }


def _bar(measured: Measured) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not measured.lines)


def _tell(told: dict[str, Any], rejected: Path | None) -> None:
    if told["dry_run"]:
        typer.echo("Nothing was changed; this is what would be.")
    if told["continued_after_line"]:
        typer.echo(f"It had ended early, and went on behind line {told['continued_after_line']}.")
    for name, count in told["lines"].items():
        typer.echo(f"{name}: {count}")
    for each in told["examples"]:
        where = ", ".join(filter(None, (f"line {each['line']}", each["address"])))
        typer.echo(f"  {where}: {each['reason']}")
    if told["examples"] and rejected:
        typer.echo(f"All of these lines are in {rejected}.")
    if told["examples"] and not rejected:
        typer.echo("`--rejected FILE` writes all of these lines down.")
