"""``newsletter preview``: exactly what a reader would get."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.arguments import EditionName, read_mailable
from newsletter.cli.session import DataDir, open_services
from newsletter.delivery.messages.composer import compose_copy, load_copy, personal_values
from newsletter.edition import store
from newsletter.edition.rendering.slots import fill_html, fill_text
from newsletter.errors import SettingsError
from newsletter.readers.store import find_subscription_id


class Format(StrEnum):
    """What to write."""

    HTML = "html"
    TEXT = "text"
    EML = "eml"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(preview)


def preview(
    edition: EditionName,
    kind: Annotated[Format, typer.Option("--format", help="The part, or the whole message.")] = Format.HTML,
    to: Annotated[
        str,
        typer.Option(parser=read_mailable, metavar="ADDRESS", help="The reader; a stranger's links lead nowhere."),
    ] = "reader@example.org",
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output without it.")] = None,
    data: DataDir = None,
) -> None:
    """Write what a reader gets of an edition that is ready or sent."""
    with open_services(data) as services:
        with services.database.transaction() as connection:
            found = store.find_edition(connection, edition)
            subscription_id = find_subscription_id(connection, found.newsletter_id, to) or 0
        copy = load_copy(services.post, found.id)
        content = copy.content
        values = personal_values(services.post, copy, subscription_id, to)
        match kind:
            case Format.HTML:
                written = fill_html(content.html, content.marker, values).encode()
            case Format.TEXT:
                written = fill_text(content.text, content.marker, values).encode()
            case Format.EML:
                written = compose_copy(services.post, copy, subscription_id, to)
    if out is None:
        sys.stdout.buffer.write(written)
        return
    try:
        out.write_bytes(written)
    except OSError as error:
        raise SettingsError(f"{out} cannot be written: {error.strerror}.", "Choose another --out.") from None
    typer.echo(f"{found.name} is in {out}.", err=True)
