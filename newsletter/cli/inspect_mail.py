"""`newsletter inspect mail`: a message that came back, as it is kept, and what the desk reads in it."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from newsletter.cli.inspected import Look, show, titled_table
from newsletter.cli.receipt import plain
from newsletter.cli.session import DataDir, open_services
from newsletter.errors import NewsletterError, NotFoundError
from newsletter.inbound.desk.commands import read_commands
from newsletter.inbound.desk.loops import why_not_answer
from newsletter.inbound.door.store import Kept, find_kept
from newsletter.inbound.mail.lines import text_of
from newsletter.inbound.mail.mime import read_letter


def inspect_mail(
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", help="As `newsletter status` names them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    data: DataDir = None,
) -> None:
    """Show mail that was received: its envelope, what became of it, and what we read in it. Nothing is changed.

    It names its writer: show it to nobody who need not know. Exits with 1 if none of it is there.
    """
    with open_services(data) as services, services.database.transaction() as connection:
        kept = {str(number): find_kept(connection, number) or _gone(number) for number in numbers}
    show(kept, Look(_as_json, _table), prints_json=as_json)


def _gone(number: int) -> NewsletterError:
    return NotFoundError(f"There is no mail {number}.", "Mail is kept for a week.")


def _as_json(kept: Kept) -> dict[str, Any]:
    received, letter = kept.received, read_letter(kept.received.octets)
    told = {
        "state": kept.state,
        "attempts": kept.attempts,
        "outcome": kept.outcome or None,
        "received_at": received.received_at,
        "source": received.source,
        "envelope_from": received.envelope_from,
        "envelope_to": received.envelope_to,
        "size": len(received.octets),
        "subject": letter.headers["subject"] or None,
        "commands": [each.verb for each in read_commands(letter.headers["subject"], text_of(letter))],
        "left_alone": why_not_answer(letter.headers, received.envelope_from, is_ours=False) or None,
    }
    return dict(plain(told))


def _table(origin: str, kept: Kept) -> Table:
    table = titled_table(f"Mail {origin}", ("", ""))
    for name, value in _as_json(kept).items():
        said = ", ".join(value) if isinstance(value, list) else str(value)
        table.add_row(name.replace("_", " "), "–" if value in (None, []) else escape(said))
    return table
