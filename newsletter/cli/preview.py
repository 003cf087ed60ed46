"""``newsletter preview``: exactly what a reader would get."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from newsletter.cli.arguments import EditionName, read_mailable
from newsletter.cli.session import DataDir, open_services
from newsletter.delivery.messages.composer import Copy, compose_copy, load_copy, personal_values
from newsletter.delivery.plan import wish_for
from newsletter.edition import store
from newsletter.edition.rendering.slots import fill_html, fill_text
from newsletter.edition.store import Edition, Wish
from newsletter.errors import NotFoundError, SettingsError
from newsletter.readers.store import find_subscription_id
from newsletter.services import Services


class Format(StrEnum):
    """What to write."""

    HTML = "html"
    TEXT = "text"
    EML = "eml"
    PDF = "pdf"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(preview)


def preview(
    edition: EditionName,
    kind: Annotated[Format, typer.Option("--format", help="The part, the whole message, or a PDF.")] = Format.HTML,
    to: Annotated[
        str,
        typer.Option(parser=read_mailable, metavar="ADDRESS", help="The reader; a stranger's links lead nowhere."),
    ] = "reader@example.org",
    language: Annotated[
        str | None, typer.Option(help="One of the languages it is written in; the reader's own without it.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output without it.")] = None,
    data: DataDir = None,
) -> None:
    """Write what a reader gets of an edition that is ready or sent."""
    with open_services(data) as services:
        with services.database.transaction() as connection:
            found = store.find_edition(connection, edition)
            subscription_id = find_subscription_id(connection, found.newsletter_id, to) or 0
            chosen = _wish(connection, found, subscription_id, language)
        written = _written(services, load_copy(services.post, found.id, chosen), (subscription_id, to), kind)
    if out is None:
        sys.stdout.buffer.write(written)
        return
    try:
        out.write_bytes(written)
    except OSError as error:
        raise SettingsError(f"{out} cannot be written: {error.strerror}.", "Choose another --out.") from None
    typer.echo(f"{found.name} is in {out}.", err=True)


def _wish(connection: sa.Connection, edition: Edition, subscription_id: int, asked: str | None) -> Wish:
    """Return which content to show. Raises NotFoundError where it is not written in the language asked for."""
    written_in = [each.language for each in store.get_contents(connection, edition.id)]
    wish = wish_for(connection, edition, subscription_id)
    if asked is None:
        return wish
    if asked not in written_in:
        raise NotFoundError(
            f"{edition.name} is not written in {asked!r}.", f"Choose one of: {', '.join(written_in)}."
        )
    return wish._replace(language=asked)


def _written(services: Services, copy: Copy, reader: tuple[int, str], kind: Format) -> bytes:
    content = copy.content
    values = personal_values(services.post, copy, *reader)
    match kind:
        case Format.TEXT:
            return fill_text(content.text, content.marker, values).encode()
        case Format.EML:
            return compose_copy(services.post, copy, *reader)
        case Format.HTML:
            return fill_html(content.html, content.marker, values).encode()
        case Format.PDF:
            return _pressed(services, fill_html(content.html, content.marker, values))


def _pressed(services: Services, html: str) -> bytes:
    from newsletter.edition.printing.pdf import as_pdf
    from newsletter.edition.printing.pictures import stored_pictures

    settings = services.settings
    return as_pdf(html, stored_pictures(services.database, settings.public_url, settings.template_folders))
