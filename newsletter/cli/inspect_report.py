"""`newsletter inspect report`: what we read in messages that came back, without storing anything."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from newsletter.cli.inspected import Look, show, titled_table
from newsletter.errors import NewsletterError
from newsletter.inbound.mail.mime import MOST_BYTES
from newsletter.inbound.report.reading import read_report
from newsletter.inbound.report.reported import Reported


def inspect_report(
    files: Annotated[list[Path], typer.Argument(metavar="FILE.eml...", help="Messages as they came.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Read bounces and complaints and show what each says of whom; a message that is neither shows nothing.

    One that cannot be read shows its error and the rest go on; exits with 1 if none could be read.
    """
    show({str(file): _read(file) for file in files}, Look(_as_json, _table), prints_json=as_json)


def _read(file: Path) -> list[Reported] | NewsletterError:
    try:
        with file.open("rb") as opened:
            return read_report(opened.read(MOST_BYTES + 1))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return NewsletterError(f"{file} cannot be read: {reason}.", "Check the name.")


def _as_json(reports: list[Reported]) -> list[dict[str, Any]]:
    return [
        {
            "recipient": each.recipient or None,
            "action": each.action.value if each.action else None,
            "status": each.status or None,
            "kind": each.kind.value,
            "reason": each.reason.value,
            "diagnostic": each.diagnostic or None,
        }
        for each in reports
    ]


def _table(origin: str, reports: list[Reported]) -> Table:
    title = origin if reports else f"{origin}: neither a bounce nor a complaint"
    table = titled_table(title, ("Recipient", "Action", "Status", "Kind", "Reason", "Diagnostic"))
    for row in _as_json(reports):
        table.add_row(*("–" if value is None else escape(value) for value in row.values()))
    return table
